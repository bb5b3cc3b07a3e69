/** The client as people and scripts start it, in a process of its own. */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { Folder } from "../kit/folder.ts";
import { Process } from "../kit/process.ts";
import { PASSWORD, startServer } from "../kit/server.ts";
import { ServerProcess } from "../kit/server_process.ts";
import { freePort, serviceTest } from "../kit/services.ts";
import { CLIENT, run, SCRIPT, start } from "./client_process.ts";

serviceTest("wrong usage: exit code 2, and one line that says what is wrong", async () => {
  const { code, stdout, stderr } = await run(["--frob", 6000]);
  equal([code, stdout, stderr], [2, [], ["chat-client: there is no option --frob; --help lists them"]]);
});

serviceTest("nobody there: exit code 1, and what to do", async () => {
  const port = freePort();
  const { code, stdout, stderr } = await run([port, "--exec", "/ping"]);
  equal([code, stdout], [1, []]);
  equal(stderr, [
    `chat-client: cannot reach 127.0.0.1:${port} (connection refused): ` +
    `is the server running? start it with: deno task server ${port}`,
  ]);
});

serviceTest(
  "commands by --exec: answers, refusals, and their exit codes; without a store no session stays",
  async () => {
    await using server = await startServer();
    const port = `--no-store ${server.port}`.split(" ");
    const first = await run([...port, "--register", ...SCRIPT, "bob", "--exec", "/whoami"], [PASSWORD]);
    equal([first.code, first.stdout, first.stderr], [0, ["@1  bob"], []]);

    const args = [...port, "--register", "--json", ...SCRIPT, "ann", "--exec", "/send bob build is green"];
    const sent = await run([...args, "--exec", "/contacts"], [PASSWORD]);
    const answers = sent.stdout.map((line) => JSON.parse(line));
    equal(answers.map(({ command }) => command), ["send", "contacts"]);
    equal([sent.code, answers[0].seq, answers[1].contacts], [0, 1, []]);

    const wrong = await run([...port, ...SCRIPT, "ann", "--exec", "/chats"], ["not the password"]);
    equal([wrong.code, wrong.stdout], [3, []]);
    match(wrong.stderr.join(), /no such user with this password/);

    const stops = ["--exec", "/send nobody hi", "--exec", "/whoami"];
    const refused = await run([...port, ...SCRIPT, "ann", ...stops], [PASSWORD]);
    equal([refused.code, refused.stdout], [1, []]);
    match(refused.stderr.join(), /there is nobody and no group named nobody/);

    const usage = await run([...port, ...SCRIPT, "ann", "--exec", "/send bob"], [PASSWORD]);
    equal(usage.code, 2);
    match(usage.stderr.join(), /usage: \/send NAME TEXT…/);

    // No session is left behind by a script.
    await using ann = await server.login("ann");
    equal((await ann.wire.request("sessions", {})).sessions.length, 1);
  },
);

serviceTest("commands as lines: they go on after a failure, and its exit code counts", async () => {
  await using server = await startServer();
  const lines = [PASSWORD, "/open ann", "a note to myself", "/frob", "", "//slash", "/history"];
  const { code, stdout, stderr } = await run([server.port, "--register", ...SCRIPT, "ann"], lines);
  equal(code, 2);
  equal(stderr, ["chat-client: there is no command /frob; /help lists them"]);
  match(stdout.at(-1)!, /\^\d+ ann: \/slash$/);
  match(stdout.at(-2)!, /\^\d+ ann: a note to myself$/);
});

serviceTest("a token from the environment goes on with its session", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  const env = { CHAT_TOKEN: ann.token };
  const { code, stdout } = await run([server.port, "--exec", "/whoami"], [], env);
  equal([code, stdout], [0, ["@1  ann"]]);
  const bad = await run([server.port, "--exec", "/whoami"], [], { CHAT_TOKEN: "x".repeat(22) });
  equal(bad.code, 3);
});

serviceTest("--follow prints what comes as JSON lines, until it is told to stop", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  await using bob = start([
    server.port,
    "--register",
    ...SCRIPT,
    "bob",
    "--follow",
    "--json",
    "--exec",
    "/whoami",
  ]);
  await bob.write(`${PASSWORD}\n`);
  const { user } = JSON.parse((await bob.stdout.match(/"whoami"/)).input!);
  await ann.wire.request("send", { user: user.id, cid: "1", text: "a\u001b[2Jb" });
  const event = JSON.parse((await bob.stdout.match(/"text"/)).input!);
  equal([event.type, event.from, event.text], ["event", ann.id, "a\u001b[2Jb"]);
  bob.kill("SIGTERM");
  equal([(await bob.status).code, bob.stderr.here], [0, []]);
  ok(bob.stdout.here.every((line) => typeof JSON.parse(line) === "object"));
});

serviceTest("--follow as text names who wrote, and nothing steers the terminal", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  await using bob = await server.user("bob");
  const { chat } = await ann.wire.request("group_create", { name: "hiking" });
  await ann.wire.request("group_invite", { chat, user: bob.id });
  await using client = start([server.port, ...SCRIPT, "bob", "--follow"]);
  await client.write(`${PASSWORD}\n/whoami\n`);
  await client.stdout.match(/bob$/);
  await ann.wire.request("send", { chat, cid: "1", text: "a\u001b[2Jb" });
  await client.stdout.match(/^\d\d:\d\d \[hiking\] \^3 ann: a␛\[2Jb$/);
});

serviceTest("a server that dies meanwhile: the script goes on, nothing is lost", async () => {
  await using folder = await Folder.make();
  const args = ["--db", folder.file("chat.db")];
  const address = ["127.0.0.1", String(freePort())];
  await using server = await ServerProcess.start(args, { address });
  await using client = start([server.port, "--register", "--json", ...SCRIPT, "ann"]);
  await client.write(`${PASSWORD}\n/send ann before\n`);
  await client.stdout.match(/"send"/);
  await server.crash();
  await client.stderr.match(/connection lost/);
  await client.write("/send ann after\n/history ann\n");
  await client.closeInput();
  await using _next = await ServerProcess.start(args, { address });
  const { events } = JSON.parse((await client.stdout.match(/"history"/)).input!);
  const texts = events.flatMap(({ text }: { text?: string }) => text === undefined ? [] : [text]);
  equal(texts, ["before", "after"]);
  equal((await client.status).code, 0);
});

serviceTest("whoever stops reading its output ends it", async () => {
  await using server = await startServer();
  const command = `printf '%s\\n/help\\n/help\\n/help\\n' "$PASSWORD" | "$@" | head -n 1; echo "over"`;
  const client = [
    Deno.execPath(),
    ...CLIENT,
    String(server.port),
    "--register",
    ...SCRIPT,
    "ann",
    "--follow",
  ];
  await using bob = await server.user("bob");
  await using shell = new Process("sh", ["-c", command, "sh", ...client], { env: { PASSWORD } });
  let isOver = false;
  const status = shell.status.finally(() => isOver = true);
  // A program learns that its reader is gone when it has something to say.
  for (let i = 0; !isOver; i++) {
    const [ann] = (await bob.wire.request("find_user", { name: "ann" })).users;
    if (ann) await bob.wire.request("send", { user: ann.id, cid: `${i}`, text: "still there?" });
  }
  equal((await status).code, 0);
  const said = await shell.stdout.all;
  equal([said.length, said.at(-1), await shell.stderr.all], [2, "over", []]);
});

/** The client on a terminal, where Ann has just registered. */
async function registerOnTerminal(port: number): Promise<Process> {
  const args = [...CLIENT, "--register", "--name", "ann", String(port)];
  const command = [Deno.execPath(), ...args].join(" ");
  await using stack = new AsyncDisposableStack();
  const env = { TERM: "xterm" };
  const terminal = stack.use(new Process("script", ["-qefc", command, "/dev/null"], { env }));
  await terminal.stdout.match(/connected to 127\.0\.0\.1/);
  await terminal.write(`${PASSWORD}\r${PASSWORD}\r`);
  await terminal.stdout.match(/you are ann/);
  stack.move();
  return terminal;
}

serviceTest("on a terminal: a prompt, a password that is not shown, a text, Ctrl-D", async () => {
  await using server = await startServer();
  await using terminal = await registerOnTerminal(server.port);
  await terminal.write("/open ann\rmilk and honey\r");
  await terminal.stdout.match(/\^\d+ ann: milk and honey/);
  await terminal.write("\x04");
  equal((await terminal.status).code, 0);
  ok(!terminal.stdout.toString().includes(PASSWORD.slice(0, 7)));
});

serviceTest("on a terminal: what was typed before /quit is sent", async () => {
  await using server = await startServer();
  await using terminal = await registerOnTerminal(server.port);
  await terminal.write("/open ann\rone\rtwo\rthree\r/quit\r");
  equal((await terminal.status).code, 0);
  await using ann = await server.login("ann");
  const { events } = await ann.wire.request("history", { chat: ann.personal });
  equal(events.flatMap(({ kind, text }) => kind === "text" ? [text] : []), ["one", "two", "three"]);
});
