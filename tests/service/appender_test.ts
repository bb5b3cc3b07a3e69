/** The Appender by the rules of its transaction, on a real MariaDB where locks, crashes and servers matter. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { ChatId, Cid } from "../../lib/protocol/fields.ts";
import { draft, type Entry } from "../../lib/service/entry.ts";
import { AppendQueue } from "../../lib/service/append_queue.ts";
import { scenario, startCluster } from "../kit/scenario.ts";
import { startServer, type TestServer, type User } from "../kit/server.ts";
import { serviceTest, startMariadb } from "../kit/services.ts";
import { Refused } from "../kit/wire.ts";

function entry(chats: number[], options: Partial<Entry> = {}): Entry {
  return {
    chats: chats as [ChatId, ...ChatId[]],
    sender: 1 as Entry["sender"],
    cid: crypto.randomUUID() as Cid,
    kind: "text",
    request: {},
    endsGroup: false,
    act: () => [],
    ...options,
  };
}

Deno.test("a chat is in one group at a time, and keeps its order", () => {
  const queue = new AppendQueue(256);
  const [a1, b1, a2, ab] = [entry([1]), entry([2]), entry([1]), entry([1, 2])];
  for (const e of [a1, b1, a2]) queue.push(e);
  equal(queue.takeGroup(), [a1, b1, a2]);
  for (const e of [ab, entry([2])]) queue.push(e);
  const c = entry([3]);
  queue.push(c);
  equal(queue.takeGroup(), [c]);
  queue.release([a1, b1, a2], []);
  equal(queue.takeGroup().length, 2);
});

Deno.test("what changes rights ends its chats' part of the group", () => {
  const queue = new AppendQueue(256);
  const kick = entry([1, 9], { endsGroup: true });
  const [before, after, other, note] = [entry([1]), entry([1]), entry([2]), entry([9])];
  for (const e of [before, kick, after, other, note]) queue.push(e);
  equal(queue.takeGroup(), [before, kick, other]);
  equal(queue.takeGroup(), []);
  queue.release([before, kick, other], []);
  equal(queue.takeGroup(), [after, note]);
});

Deno.test("chats that another server holds go on lanes that wait, one lock each", () => {
  const queue = new AppendQueue(256);
  const [a, b, c, a2] = [entry([1]), entry([2]), entry([3]), entry([1])];
  for (const e of [a, b, c]) queue.push(e);
  const group = queue.takeGroup();
  queue.push(a2);
  queue.release(group, [a, b]);
  equal(queue.takeGroup(), []);
  equal(queue.takeContended(), [a, a2]);
  equal(queue.takeContended(), [b]);
  queue.release([a, a2], []);
  const late = entry([1]);
  queue.push(late);
  equal(queue.takeGroup(), [late]);
});

Deno.test("who waits for a chat of another server is not overtaken by those who come to wait", () => {
  const queue = new AppendQueue(256);
  const [a, b, c] = [entry([1]), entry([2]), entry([3])];
  for (const e of [a, b]) queue.push(e);
  queue.release(queue.takeGroup(), [a, b]);
  queue.push(c);
  queue.release(queue.takeGroup(), [c]);
  equal([queue.takeContended(), queue.takeContended(), queue.takeContended()], [[a], [b], [c]]);
});

Deno.test("a group is bounded in entries and in size", () => {
  const queue = new AppendQueue(256);
  for (let i = 0; i < 300; i++) queue.push(entry([i + 1]));
  equal(queue.takeGroup().length, 256);
  equal(queue.takeGroup().length, 44);
  for (let i = 0; i < 300; i++) queue.push(entry([1_000 + i], { chars: 8_000 }));
  ok(queue.takeGroup().length < 200);
});

/** Ann's chats with some others, on two servers over one MariaDB. */
async function holders(
  server: TestServer,
  names: readonly string[],
): Promise<{ ann: User; chats: number[] }> {
  const ann = await server.user("ann");
  const chats: number[] = [];
  for (const name of names) {
    await using other = await server.user(name);
    chats.push((await ann.wire.request("send", { user: other.id, cid: name, text: "hi" })).chat);
  }
  return { ann, chats };
}

serviceTest("a chat that another server holds stops nobody else's", async () => {
  await using cluster = await startCluster();
  const [a, b] = cluster.servers as [TestServer, TestServer];
  const { ann, chats: [held, free] } = await holders(a, ["bob", "cid"]);
  await using _ann = ann;
  const isHeld = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const holding = b.database.transaction(async (tx) => {
    await tx.query("SELECT id FROM chats WHERE id = ? FOR UPDATE", [held!]);
    isHeld.resolve();
    await letGo.promise;
  });
  await isHeld.promise;
  let isStored = false;
  const waiting = ann.wire.request("send", { chat: held!, cid: "held", text: "held" }).then((answer) => {
    isStored = true;
    return answer;
  });
  for (let i = 0; i < 50; i++) await ann.wire.request("send", { chat: free!, cid: `free${i}`, text: "free" });
  equal(isStored, false);
  letGo.resolve();
  await holding;
  equal((await waiting).seq, 2);
});

serviceTest("a chat that stays held refuses all who wait for it at once", async () => {
  await using stack = new AsyncDisposableStack();
  const mariadb = stack.use(await startMariadb());
  const url = await mariadb.createDatabase();
  const server = stack.use(await startServer({ database: url }));
  const ann = stack.use(await server.user("ann"));
  const { openMysql } = await import("../../lib/database/mysql.ts");
  // It holds the row for longer than a server would.
  const holder = stack.adopt(await openMysql(url, { timeoutMs: 120_000 }), (database) => database.close());
  const isHeld = Promise.withResolvers<void>();
  let isOver = false;
  const holding = holder.transaction(async (tx) => {
    await tx.query("SELECT id FROM chats WHERE id = ? FOR UPDATE", [ann.personal]);
    isHeld.resolve();
    while (!isOver) await tx.query("SELECT SLEEP(0.1)"); // one that is idle is ended
  });
  await isHeld.promise;
  let tries = 0;
  const { database } = server;
  const transaction = database.transaction.bind(database);
  database.transaction = (work, lane) => {
    if (lane === "contended") tries++;
    return transaction(work, lane);
  };
  const answers = Array.from({ length: 5 }, () => server.chat.appender.append(entry([ann.personal])));
  await Promise.race(answers).catch(() => {});
  const triesOfFirst = tries;
  const codes = (await Promise.allSettled(answers)).map((answer) =>
    answer.status === "rejected" ? answer.reason.code : "stored"
  );
  isOver = true;
  await holding;
  equal(codes, Array(5).fill("busy"));
  equal(tries, triesOfFirst);
});

serviceTest("one entry that fails does not fail its neighbours", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  const { appender } = server.chat;
  const personal = ann.personal as ChatId;
  const note = (text: string, fails = false) =>
    entry([personal], {
      sender: ann.id as Entry["sender"],
      request: { text },
      act: () => {
        if (fails) throw new Error("a bug in one entry");
        return [draft(personal, "text", { text })];
      },
    });
  const results = await Promise.allSettled(
    [note("a"), note("b", true), note("c")].map((e) => appender.append(e)),
  );
  equal(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  equal((results[1] as PromiseRejectedResult).reason.code, "internal");
  await ann.wire.event(ann.personal, "text");
  await ann.wire.event(ann.personal, "text");
  equal(server.logged.filter(({ level }) => level === "error").length, 1);
});

serviceTest(
  "when the database dies under load, what was refused was refused in order, and nothing is lost",
  async () => {
    await using mariadb = await startMariadb();
    await using server = await startServer({ database: await mariadb.createDatabase() });
    await using ann = await server.user("ann");
    const chat = ann.personal;
    const count = 400;
    const killAt = 100;
    const acked = new Map<number, number>();
    const retry = new Set<number>();
    const killed = Promise.withResolvers<void>();
    await Promise.all(Array.from({ length: count }, async (_, i) => {
      try {
        const { seq } = await ann.wire.request("send", { chat, cid: `${i}`, text: `${i}` });
        acked.set(i, seq);
        if (acked.size === killAt) {
          mariadb.kill().then(() => mariadb.restart()).then(killed.resolve, killed.reject);
        }
      } catch (error) {
        ok((error as Refused).refusal.retry, `${error}`);
        retry.add(i);
      }
    }));
    await killed.promise;
    while (retry.size > 0) {
      for (const i of [...retry].sort((a, b) => a - b)) {
        try {
          acked.set(i, (await ann.wire.request("send", { chat, cid: `${i}`, text: `${i}` })).seq);
          retry.delete(i);
        } catch (error) {
          ok((error as Refused).refusal.retry, `${error}`);
          break;
        }
      }
    }
    const order = [...acked].sort(([, a], [, b]) => a - b).map(([i]) => i);
    equal(order, Array.from({ length: count }, (_, i) => i));
    const { events } = await ann.wire.request("history", { chat, limit: 500, after: 1 });
    equal(events.map(({ seq }) => seq), Array.from({ length: count }, (_, i) => i + 2));
  },
);

scenario("what races on one chat over all servers is one log", async (deployment) => {
  const users = await Promise.all(["ann", "bob", "cid", "dan"].map((name) => deployment.user(name)));
  try {
    const [ann] = users;
    const { chat } = await ann!.wire.request("group_create", { name: "race", public: true });
    for (const user of users.slice(1)) await user.wire.request("group_join", { chat });
    const count = 100;
    await Promise.all(
      users.flatMap((user) =>
        Array.from(
          { length: count },
          (_, i) => user.wire.request("send", { chat, cid: `r${i}`, text: `${i}` }),
        )
      ),
    );
    const head = 4 + users.length * count;
    const logs = await Promise.all(users.map(async ({ wire }) => {
      const log: string[] = [];
      for (let seq = 0; seq < head;) {
        const event = await wire.take("event", (event) => event.chat === chat);
        if (seq > 0) equal(event.seq, seq + 1);
        seq = event.seq;
        if (event.kind === "text") log.push(`${event.from} ${event.text}`);
      }
      return log;
    }));
    for (const log of logs) equal(log, logs[0]);
    for (const user of users) {
      const own = logs[0]!.filter((line) => line.startsWith(`${user.id} `));
      equal(own, Array.from({ length: count }, (_, i) => `${user.id} ${i}`));
    }
  } finally {
    await Promise.all(users.map((user) => user[Symbol.asyncDispose]()));
  }
});
