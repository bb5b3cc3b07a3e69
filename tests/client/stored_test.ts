/** The client program and what it keeps between its runs. */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Folder } from "../kit/folder.ts";
import { Process } from "../kit/process.ts";
import { PASSWORD, startServer, type TestServer } from "../kit/server.ts";
import { ServerProcess } from "../kit/server_process.ts";
import { freePort, serviceTest } from "../kit/services.ts";
import { CLIENT, run, SCRIPT, start } from "./client_process.ts";

/** A user's state folder, for several runs. */
class Home implements AsyncDisposable {
  readonly env: Record<string, string>;
  readonly #folder: Folder;

  private constructor(folder: Folder) {
    this.#folder = folder;
    this.env = { CHAT_STATE_DIR: folder.file("state") };
  }

  static async make(): Promise<Home> {
    return new Home(await Folder.make());
  }

  get path(): string {
    return this.env.CHAT_STATE_DIR!;
  }

  run(args: readonly (string | number)[], input: readonly string[] = []) {
    return run(args, input, this.env);
  }

  start(args: readonly (string | number)[]): Process {
    return start(args, this.env);
  }

  async register(port: number, name: string): Promise<void> {
    const outcome = await this.run([port, "--register", ...SCRIPT, name, "--exec", "/whoami"], [PASSWORD]);
    equal([outcome.code, outcome.stderr], [0, []]);
  }

  /** Adds drafts of an account, as a client that was killed leaves them. */
  leave(account: string, ...drafts: { cid: string; user?: number; chat?: number; text: string }[]): void {
    using db = new DatabaseSync(`${this.path}/client.db`);
    const { server, epoch } = db.prepare("SELECT server, epoch FROM sessions WHERE account = ?").get(
      account,
    )!;
    const sql =
      "INSERT INTO drafts (server, account, epoch, cid, type, fields) VALUES (?, ?, ?, ?, 'send', ?)";
    for (const draft of drafts) {
      db.prepare(sql).run(server!, account, epoch!, draft.cid, JSON.stringify(draft));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

async function textsOf(server: TestServer, name: string, token: string): Promise<string[]> {
  await using wire = await server.connect();
  const { user, chats } = await wire.request("resume", { token });
  equal(user.name, name);
  const { chat } = chats[0]!;
  const { events } = await wire.request("history", { chat, limit: 200 });
  return events.flatMap(({ kind, text }) => kind === "text" ? [text as string] : []);
}

serviceTest("a stored session goes on without a password: by name, or the one used last", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  await home.register(server.port, "ann");
  await home.register(server.port, "bob");

  const named = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([named.code, named.stdout, named.stderr], [0, ["@1  ann"], []]);
  const last = await home.run([server.port, "--exec", "/whoami"]);
  equal([last.stdout, last.stderr], [["@1  ann"], [
    "chat-client: going on as ann, used last; --name takes bob",
  ]]);

  const counted = await home.run([server.port, "--name", "ANN", "--json", "--exec", "/sessions"]);
  equal(JSON.parse(counted.stdout[0]!).sessions.length, 1, "scripts pile up no sessions");

  const left = await home.run([server.port, "--name", "ann", "--exec", "/logout"]);
  equal(left.code, 0);
  const asked = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([asked.code, asked.stdout], [2, []]);
  match(asked.stderr.join(), /no password/);
});

serviceTest(
  "a session that was ended elsewhere is said to be over, and the password is asked for",
  async () => {
    await using server = await startServer();
    await using home = await Home.make();
    await home.register(server.port, "ann");
    await using ann = await server.login("ann");
    const { sessions } = await ann.wire.request("sessions", {});
    for (const { session, current } of sessions) if (!current) await ann.wire.request("revoke", { session });
    home.leave("ann", { cid: "kept", user: ann.id, text: "kept" });
    const again = await home.run([server.port, ...SCRIPT, "ann", "--exec", "/whoami"], [PASSWORD]);
    equal([again.code, again.stderr], [0, [
      "chat-client: the stored session of ann is over: log in again",
      "chat-client: sending 1 text that an earlier run left",
    ]]);
    await ann.wire.take("event", ({ text }) => text === "kept");
  },
);

serviceTest(
  "two clients of one account at once: a session each, and a dead one's is free again",
  async () => {
    await using server = await startServer();
    await using home = await Home.make();
    await home.register(server.port, "bob");
    const args = [server.port, "--follow", "--json", "--exec", "/whoami"];
    await using first = home.start([...args, "--name", "bob"]);
    await first.stdout.match(/"whoami"/);

    const refused = await home.run([server.port, "--name", "bob", "--exec", "/whoami"]);
    equal(refused.code, 2);
    equal(refused.stderr[0], "chat-client: stored, but in use by another client: the session of bob");
    await using second = home.start([...args, ...SCRIPT, "bob"]);
    await second.write(`${PASSWORD}\n`);
    await second.stdout.match(/"whoami"/);

    await using ann = await server.user("ann");
    const { users: [bob] } = await ann.wire.request("find_user", { name: "bob" });
    await ann.wire.request("send", { user: bob!.id, cid: "1", text: "to both" });
    for (const client of [first, second]) await client.stdout.match(/"text":"to both"/);

    first.kill("SIGKILL");
    await first.status;
    const third = await home.run([server.port, "--name", "bob", "--exec", "/whoami"]);
    equal([third.code, third.stderr], [0, []]);
    second.kill("SIGTERM");
    equal((await second.status).code, 0);
  },
);

serviceTest("clients that start at once, on a folder that is not there yet, all run", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  const names = ["ann", "bob", "cleo", "dan", "eve", "fay"];
  await Promise.all(names.map((name) => home.register(server.port, name)));
  await Promise.all(names.map(async (name) => {
    const { code, stderr } = await home.run([server.port, "--name", name, "--exec", "/whoami"]);
    equal([code, stderr], [0, []]);
  }));
});

serviceTest("--no-store keeps nothing and makes no file", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  const args = [server.port, "--no-store", "--register", ...SCRIPT, "ann", "--exec", "/send ann hi"];
  equal((await home.run(args, [PASSWORD])).code, 0);
  const exists = await Deno.stat(home.path).then(() => true, () => false);
  equal(exists, false);
});

serviceTest("CHAT_TOKEN is not stored, texts are all the same", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  await using ann = await server.user("ann");
  const env = { ...home.env, CHAT_TOKEN: ann.token };
  const { code, stderr } = await run([server.port, "--exec", "/send ann hi"], [], env);
  equal([code, stderr], [0, []]);
  using db = new DatabaseSync(`${home.path}/client.db`, { readOnly: true });
  equal(db.prepare("SELECT count(*) AS n FROM sessions").get()!.n, 0);
});

serviceTest("a store that is broken, or cannot be made: exit code 1, and what to do", async () => {
  await using home = await Home.make();
  const advice = /; mend or remove it, name another folder by CHAT_STATE_DIR, or go without by --no-store$/;
  Deno.mkdirSync(home.path);
  Deno.writeTextFileSync(`${home.path}/client.db`, "this is no database, ".repeat(50));
  const broken = await home.run([freePort(), "--exec", "/ping"]);
  equal([broken.code, broken.stdout, broken.stderr.length], [1, [], 1]);
  match(broken.stderr[0]!, /^chat-client: cannot open the store .*client\.db: it is no SQLite database/);
  match(broken.stderr[0]!, advice);
  const noFolder = await run([freePort(), "--exec", "/ping"], [], {
    CHAT_STATE_DIR: `${home.path}/client.db/x`,
  });
  equal([noFolder.code, noFolder.stderr.length], [1, 1]);
  match(noFolder.stderr[0]!, advice);
});

serviceTest("texts that cannot be kept are not sent, and it is said", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  await home.register(server.port, "ann");
  // No file may grow beyond what they have: what the system says then is what a full disk says.
  const kilobytes = Math.ceil((await Deno.stat(`${home.path}/client.db`)).size / 1024) + 64;
  const limited = `trap '' XFSZ; ulimit -f ${kilobytes * 2}; exec "$@"`;
  const args = [...CLIENT, String(server.port), "--name", "ann"];
  await using client = new Process("sh", ["-c", limited, "sh", Deno.execPath(), ...args], { env: home.env });
  const texts = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat(5_000)}`);
  await client.write(texts.map((text) => `/send ann ${text}\n`).join("")).catch(() => {});
  await client.closeInput().catch(() => {});
  equal((await client.status).code, 1);
  const failed = client.stderr.here.filter((line) => line.includes("cannot write the store"));
  ok(failed.length > 0, `${client.stderr}`);
  await using ann = await server.login("ann");
  const stored = await textsOf(server, "ann", ann.token);
  equal(stored.length + failed.length, texts.length, "each is stored or said not to be");
  const again = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([again.code, again.stdout], [0, ["@1  ann"]]);
});

serviceTest("a start without a server keeps what is left, says so, and the next one sends it", async () => {
  await using folder = await Folder.make();
  await using home = await Home.make();
  const address = ["127.0.0.1", String(freePort())];
  const args = ["--db", folder.file("chat.db")];
  {
    await using server = await ServerProcess.start(args, { address });
    await home.register(server.port, "ann");
    equal(await server.stop(), 0);
  }
  home.leave("ann", { cid: "a", user: 1, text: "one" }, { cid: "b", user: 1, text: "two" });
  const offline = await home.run([address[1]!, "--exec", "/whoami"]);
  equal([offline.code, offline.stderr[1]], [
    1,
    "chat-client: 2 texts of an earlier run are kept, and sent when the server can be reached",
  ]);
  await using server = await ServerProcess.start(args, { address });
  for (const [note, count] of [[["chat-client: sending 2 texts that an earlier run left"], 2], [[], 2]]) {
    const next = await home.run([server.port, "--name", "ann", "--json", "--exec", "/history ann"]);
    equal([next.code, next.stderr], [0, note]);
    await using ann = await server.login("ann");
    const { events } = await ann.wire.request("history", { chat: ann.personal });
    equal(events.filter(({ kind }) => kind === "text").length, count);
  }
});

serviceTest("a database with a new epoch: positions are dropped, texts are sent", async () => {
  await using folder = await Folder.make();
  await using home = await Home.make();
  const address = ["127.0.0.1", String(freePort())];
  const args = ["--db", folder.file("chat.db")];
  const follow = [address[1]!, "--name", "ann", "--follow", "--json", "--exec", "/whoami"];
  {
    await using server = await ServerProcess.start(args, { address });
    await home.register(server.port, "ann");
    await using client = home.start(follow);
    await client.stdout.match(/"whoami"/);
    client.kill("SIGTERM");
    await client.status;
    equal(await server.stop(), 0);
  }
  const positions = () => {
    using db = new DatabaseSync(`${home.path}/client.db`);
    return db.prepare("SELECT chat, seq, epoch FROM positions JOIN sessions ON id = session").all();
  };
  const [before] = positions();
  home.leave("ann", { cid: "a", user: 1, text: "kept" });
  {
    using db = new DatabaseSync(folder.file("chat.db"));
    db.exec("UPDATE meta SET value = 'another' WHERE name = 'epoch'");
  }
  await using server = await ServerProcess.start(args, { address });
  const { code } = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([code, positions()], [0, []]);
  await using client = home.start(follow);
  await client.stdout.match(/"whoami"/);
  client.kill("SIGTERM");
  await client.status;
  const [after] = positions();
  equal([before!.epoch === after!.epoch, after!.epoch], [false, "another"]);
  ok(Number(after!.seq) > Number(before!.seq), "it begins at the head, behind the text");
});

serviceTest(
  "a server with quite another database: nothing is sent to whoever has the numbers now",
  async () => {
    await using home = await Home.make();
    const port = freePort();
    const address = ["127.0.0.1", String(port)];
    {
      await using server = await ServerProcess.start(["--db", ":memory:"], { address });
      await home.register(server.port, "ann");
    }
    home.leave("ann", { cid: "a", user: 2, text: "for bob" });
    await using server = await ServerProcess.start(["--db", ":memory:"], { address });
    await using _ann = await server.user("ann");
    await using eve = await server.user("eve");
    const { code, stderr } = await home.run([port, ...SCRIPT, "ann", "--exec", "/whoami"], [PASSWORD]);
    equal([code, stderr], [1, [
      "chat-client: the stored session of ann is over: log in again",
      'chat-client: not stored, of an earlier run: send "for bob": ' +
      "the server has another database than the one for which it was written",
    ]]);
    equal((await eve.wire.request("chats", {})).chats.length, 1);
    const next = await home.run([port, "--name", "ann", "--exec", "/whoami"]);
    equal([next.code, next.stderr], [0, []]);
  },
);

serviceTest("a text of an earlier run that is refused for good is said, once", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  await home.register(server.port, "ann");
  home.leave("ann", { cid: "a", chat: 999, text: "to nobody\u001b[2J" });
  const { code, stderr } = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([code, stderr.length], [1, 2]);
  match(stderr[1]!, /^chat-client: not stored, of an earlier run: send "to nobody␛\[2J": .* \(not_found\)$/);
  const next = await home.run([server.port, "--name", "ann", "--exec", "/whoami"]);
  equal([next.code, next.stderr], [0, []]);
});

serviceTest("on a terminal: the next start needs no password, and shows what was missed", async () => {
  await using server = await startServer();
  await using home = await Home.make();
  const terminal = (args: string) => {
    const command = [Deno.execPath(), ...CLIENT, String(server.port), args].join(" ");
    return new Process("script", ["-qefc", command, "/dev/null"], { env: { TERM: "xterm", ...home.env } });
  };
  {
    await using first = terminal("--register --name bob");
    await first.stdout.match(/connected to/);
    await first.write(`${PASSWORD}\r${PASSWORD}\r`);
    await first.stdout.match(/you are bob/);
    await first.write("\x04");
    equal((await first.status).code, 0);
  }
  await using ann = await server.user("ann");
  const { users: [bob] } = await ann.wire.request("find_user", { name: "bob" });
  await ann.wire.request("send", { user: bob!.id, cid: "1", text: "while you were away" });
  await using next = terminal("");
  await next.stdout.match(/going on as bob/);
  await next.stdout.match(/ann: while you were away/);
  next.kill("SIGKILL");
  await next.status;
});
