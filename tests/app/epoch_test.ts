/** `--new-epoch`: whoever restores a backup says so at one start, and no client takes the new log for the old one. */
import { deepStrictEqual as equal, notEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Folder } from "../kit/folder.ts";
import { checkLog, readLog, Writer } from "../kit/load.ts";
import { run } from "../kit/program.ts";
import { ServerProcess } from "../kit/server_process.ts";
import type { User } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());
const SAID =
  /"level":"warn",.*"msg":"the database has a new epoch, as --new-epoch says: clients start afresh"/;

/** Sends texts with these numbers to the user's notes. */
async function write(user: User, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) {
    await user.wire.request("send", { chat: user.personal, cid: `n-${i}`, text: `note ${i}` });
  }
}

/** Comes back as a client that has this much of its notes. */
async function resume(server: ServerProcess, { token, personal, reply }: User, has: number) {
  const wire = await server.connect();
  const answer = await wire.request("resume", { token, epoch: reply.epoch, have: { [personal]: has } });
  return { wire, answer, [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose]() };
}

serviceTest(
  "SQLite: a restored backup is another log, and whoever was ahead of it skips nothing",
  async () => {
    await using folder = await Folder.make();
    const [file, backup] = [folder.file("chat.db"), folder.file("backup.db")];
    const args = ["--db", file];
    const server = await ServerProcess.start(args);
    const ann = await server.user("ann"); // her sign-in is event 1
    await write(ann, 2, 5);
    const shell = new DatabaseSync(file);
    shell.exec(`VACUUM INTO '${backup}'`); // while the server runs
    shell.close();
    await write(ann, 6, 8);
    await server.stop();
    await server[Symbol.asyncDispose]();
    for (const name of [file, `${file}-wal`, `${file}-shm`]) await Deno.remove(name).catch(() => {});
    await Deno.copyFile(backup, file);

    let epoch: string;
    {
      await using restored = await ServerProcess.start([...args, "--new-epoch"]);
      await restored.stderr.match(SAID);
      await using ahead = await resume(restored, ann, 8);
      epoch = ahead.answer.epoch;
      notEqual(epoch, ann.reply.epoch);
      equal([ahead.answer.reset, ahead.answer.chats[0]?.seq], [true, 5]);
      // As far as the backup goes, or behind it: no less.
      for (const has of [5, 2]) {
        await using other = await resume(restored, ann, has);
        equal(other.answer.reset, true);
        await other.wire.request("send", { chat: ann.personal, cid: `again-${has}`, text: "again" });
      }
      await restored.stop();
    }
    // At the next start the epoch is what it was.
    await using next = await ServerProcess.start(args);
    await using back = await resume(next, { ...ann, reply: { ...ann.reply, epoch } } as User, 5);
    equal([back.answer.epoch, back.answer.reset, next.stderr.here], [epoch, undefined, []]);
    const missed = [await back.wire.event(ann.personal, "text"), await back.wire.event(ann.personal, "text")];
    equal(missed.map(({ seq, cid }) => [seq, cid]), [[6, "again-5"], [7, "again-2"]]);
  },
);

serviceTest("MySQL: servers that run notice a new epoch within a second, and go on", async () => {
  const args = ["--mysql", await mariadb().createDatabase(), "--redis", redis().url];
  await using a = await ServerProcess.start(args);
  await using b = await ServerProcess.start(args);
  await using ann = await a.user("ann");
  await using bob = await b.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "1" });
  await bob.wire.event(chat, "text");
  await using c = await ServerProcess.start([...args, "--new-epoch"]);
  await c.stderr.match(SAID);
  for (const user of [ann, bob]) {
    equal((await user.wire.take("bye")).reason, "draining");
    await user.wire.ended();
  }
  const epochs = new Set<string>();
  for (const [server, user] of [[a, ann], [b, bob], [c, ann]] as const) {
    await server.stderr.match(/the database has a new epoch/);
    await using back = await comesBack(server, user);
    equal(back.answer.reset, true);
    epochs.add(back.answer.epoch);
  }
  equal([epochs.size, epochs.has(ann.reply.epoch)], [1, false]);
  await using one = await a.login("ann");
  await using two = await b.login("bob");
  await one.wire.request("send", { chat, cid: "2", text: "2" });
  equal((await two.wire.event(chat, "text")).text, "2");
});

/** A server that starts afresh has said so before it serves again. */
async function comesBack(server: ServerProcess, user: User) {
  while (true) {
    try {
      const back = await resume(server, user, 1);
      if (back.answer.epoch !== user.reply.epoch) return back;
      await back.wire.ended();
    } catch (error) {
      if (!/ended before/.test(String(error))) throw error;
    }
  }
}

serviceTest(
  "MySQL: a backup of running servers, restored, is whole, and all clients follow it",
  async () => {
    const database = await mariadb().createDatabase();
    const name = new URL(database).pathname.slice(1);
    const shell = ["--no-defaults", "--host=127.0.0.1", `--port=${mariadb().port}`, "--user=root"];
    const args = ["--mysql", database, "--redis", redis().url];
    let acknowledged: ReadonlyMap<string, number>;
    let ann: User;
    let chat: number;
    let dump: string;
    {
      await using a = await ServerProcess.start(args);
      await using b = await ServerProcess.start(args);
      ann = await a.user("ann");
      await using bob = await b.user("bob");
      chat = (await ann.wire.request("group_create", { name: "load" })).chat;
      await ann.wire.request("group_invite", { chat, user: bob.id });
      using writers = new DisposableStack();
      const [one, two] = [
        writers.use(await Writer.login(a.port, "ann")),
        writers.use(await Writer.login(b.port, "bob")),
      ] as const;
      for (const writer of [one, two]) writer.start(chat);
      await Promise.all([one.written(100), two.written(100)]);
      dump = await run("mariadb-dump", ...shell, "--single-transaction", name);
      await Promise.all([one.written(100), two.written(100)]);
      await Promise.all([one.stop(), two.stop()]);
      const log = await readLog(ann.wire, chat);
      await Promise.all([one, two].map((writer) => writer.saw(log.at(-1)!.seq)));
      checkLog(log, [one, two]);
      acknowledged = new Map([...one.acknowledged, ...two.acknowledged]);
      await Promise.all([a.stop(), b.stop()]);
    }
    await run(
      "mariadb",
      ...shell,
      "-e",
      `DROP DATABASE ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
    );
    await mariadb().query(dump, `${database}?multipleStatements=true&charset=utf8mb4`);

    await using a = await ServerProcess.start([...args, "--new-epoch"]);
    await using b = await ServerProcess.start(args);
    await using again = await b.login("ann");
    const restored = await readLog(again.wire, chat);
    checkLog(restored, []);
    const texts = restored.filter(({ kind }) => kind === "text");
    equal(
      texts.map(({ cid }) => acknowledged.get(cid)),
      texts.map(({ seq }) => seq),
      "what is there is what was",
    );
    for (const server of [a, b]) {
      await using wire = await server.connect();
      const have = { [chat]: acknowledged.size };
      const answer = await wire.request("resume", { token: ann.token, epoch: ann.reply.epoch, have });
      equal([answer.reset, answer.epoch], [true, again.reply.epoch]);
      const head = answer.chats.find((entry) => entry.chat === chat)!.seq;
      const cid = `after-${server.port}`;
      equal((await again.wire.request("send", { chat, cid, text: "after" })).seq, head + 1);
      equal((await wire.take("event", (event) => event.cid === cid)).seq, head + 1);
    }
  },
);
