/** How the server ends, asked to or not, and what is there when it starts again. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Folder } from "../kit/folder.ts";
import { checkLog, readLog, Writer } from "../kit/load.ts";
import { Process } from "../kit/process.ts";
import { ROOT, RUN, ServerProcess, TASK } from "../kit/server_process.ts";
import type { User } from "../kit/server.ts";
import { freePort, serviceTest } from "../kit/services.ts";

for (const [name, way] of [["deno run", RUN], ["deno task server", TASK]] as const) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    serviceTest(`${signal} to ${name}: goodbye, exit code 0, and the data is there afterwards`, async () => {
      await using folder = await Folder.make();
      const args = ["--db", folder.file("chat.db")];
      await using server = await ServerProcess.start(args, { way });
      await using ann = await server.user("ann");
      await using guest = await server.connect();
      await ann.wire.request("send", { chat: ann.personal, cid: "note", text: "milk" });

      equal(await server.stop(signal), 0);
      for (const wire of [ann.wire, guest]) {
        const bye = await wire.take("bye");
        equal(bye.reason, "draining");
        ok(bye.retry_ms! >= 0 && bye.retry_ms! <= 3_000);
        await wire.ended();
      }
      equal(server.stderr.here.length, 1, "one line of the log: stopping");

      await using next = await ServerProcess.start(args, { way });
      await using again = await next.login("ann");
      const log = await readLog(again.wire, again.personal);
      equal(log.filter(({ kind }) => kind === "text").map(({ cid }) => cid), ["note"]);
    });
  }
}

serviceTest("Ctrl-C in a terminal reaches task and server, and is one request to stop", async () => {
  for (let i = 0; i < 5; i++) {
    await using server = await ServerProcess.start(["--db", ":memory:"], { way: TASK });
    await using ann = await server.user("ann");
    Deno.kill(-server.pid, "SIGINT");
    equal((await ann.wire.take("bye")).reason, "draining");
    equal((await server.status).code, 0);
  }
});

serviceTest("what a stopping server has accepted is answered, and it accepts no more", async () => {
  await using folder = await Folder.make();
  const args = ["--db", folder.file("chat.db")];
  await using server = await ServerProcess.start(args);
  await using ann = await server.user("ann");
  const chat = ann.personal;
  const first = Promise.withResolvers<void>();
  const answers = Array.from({ length: 2_000 }, (_, i) => {
    const answer = ann.wire.request("send", { chat, cid: `${i}`, text: `${i}` });
    void answer.then(() => first.resolve(), first.reject);
    return answer;
  });
  const settled = Promise.allSettled(answers);
  await first.promise;
  equal(await server.stop(), 0);
  equal((await ann.wire.take("bye")).reason, "draining");

  const acknowledged = (await settled).flatMap(({ status }, i) => status === "fulfilled" ? [`${i}`] : []);
  await using next = await ServerProcess.start(args);
  await using again = await next.login("ann");
  const log = (await readLog(again.wire, chat)).filter(({ kind }) => kind === "text");
  equal(log.map(({ cid }) => cid), acknowledged, "stored is what was answered, and nothing else");
});

serviceTest("kill -9: everything acknowledged is there once, and nobody seems to be online", async () => {
  await using folder = await Folder.make();
  const args = ["--db", folder.file("chat.db")];
  const address = ["127.0.0.1", String(freePort())];
  await using server = await ServerProcess.start(args, { address });
  await using ann = await server.user("ann");
  await using bob = await server.user("bob");
  await ann.wire.request("contact_add", { user: bob.id });
  await bob.wire.request("contact_add", { user: ann.id });
  await ann.wire.take("presence", ({ user, online }) => user === bob.id && online);
  await using dan = await server.user("dan");
  const { chat } = await ann.wire.request("send", { user: dan.id, cid: "first", text: "hello" });
  using writer = await Writer.login(server.port, "dan");
  writer.start(chat);
  await writer.written(200);
  await server.crash();
  await Promise.all([ann, bob, dan].map(({ wire }) => wire.ended()));

  await using next = await ServerProcess.start(args, { address });
  await using again = await next.login("ann");
  const contacts = ({ reply }: User) => reply.contacts.map(({ user, online }) => [user.id, online]);
  equal(contacts(again), [[bob.id, false]]);
  await using back = await next.login("bob");
  equal(contacts(back), [[ann.id, true]]);
  await again.wire.take("presence", ({ user, online }) => user === bob.id && online);

  await writer.written(200);
  await writer.stop();
  const log = await readLog(again.wire, chat);
  await writer.saw(log.length);
  checkLog(log, [writer]);
});

serviceTest(
  "once it listens it can neither open files nor see its environment, nor run a program",
  async () => {
    // The main of server.ts, and what the process may still do after the lines that it starts with.
    const script = `
    import { main } from ${JSON.stringify(new URL("../../lib/app/main.ts", import.meta.url))};
    const say = console.log;
    console.log = (line) => {
      say(line);
      if (!line.startsWith("connect with")) return;
      const names = ["read", "write", "env", "run", "sys", "ffi", "import", "net"];
      say("may: " + names.filter((name) => Deno.permissions.querySync({ name }).state === "granted"));
    };
    Deno.exit(await main(Deno.args));`;
    await using folder = await Folder.make();
    const [command, ...args] = RUN.with(-1, "-");
    args.push("--db", folder.file("chat.db"), "127.0.0.1", "0");
    await using server = new Process(command!, args, { cwd: ROOT });
    await server.write(script);
    await server.closeInput();
    equal((await server.stdout.match(/^may: (.*)$/))[1], "net");
    // And so it works, and ends.
    server.kill("SIGTERM");
    equal((await server.status).code, 0);
  },
);
