/** What reading the logs costs the database, in queries and rows. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { Database } from "../../lib/database/database.ts";
import { migrate } from "../../lib/database/migrations.ts";
import { openSqlite } from "../../lib/database/sqlite.ts";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import * as members from "../../lib/models/members.ts";
import type { StoredEvent } from "../../lib/protocol/events.ts";
import type { ChatId, Cid, UserId } from "../../lib/protocol/fields.ts";
import { LogReader } from "../../lib/service/log_reader.ts";
import { startServer } from "../kit/server.ts";
import { serviceTest } from "../kit/services.ts";
import { until } from "../kit/until.ts";

/** A group of one member with a log of its own. */
async function group(database: Database, user: UserId, count: number, text: string): Promise<ChatId> {
  const chat = await chats.insertGroup(database);
  await members.insert(database, chat, user, "owner");
  await chats.countMembers(database, chat, 1);
  const stored = Array.from({ length: count }, (_, i): StoredEvent => ({
    chat,
    seq: i + 1,
    kind: "text",
    from: user,
    cid: `${chat}-${i}` as Cid,
    time: 0,
    body: JSON.stringify({ text }),
  }));
  await events.insert(database, stored);
  await chats.storeHeads(database, [[chat, count]]);
  return chat;
}

/** Counts the pages that are read for members, and the rows in them. */
function countPages(database: Database, before: () => Promise<void> = () => Promise.resolve()) {
  const counts = { pages: 0, rows: 0 };
  const query = database.query.bind(database);
  database.query = async (sql, values) => {
    const text = typeof sql === "string" ? sql : sql.sqlite;
    if (!text.includes("FROM members m JOIN events e")) return await query(sql, values);
    counts.pages++;
    await before();
    const rows = await query(sql, values);
    counts.rows += rows.length;
    return rows as never;
  };
  return counts;
}

Deno.test("reads of who is gone cost no query, and a Feed's hole waits for none of them", async () => {
  await using stack = new AsyncDisposableStack();
  const database = stack.adopt(await openSqlite(":memory:"), (database) => database.close());
  await migrate(database);
  const user = 1 as UserId;
  const chat = await group(database, user, 3, "x");
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const reader = stack.adopt(new LogReader(database, log), (reader) => reader.close());
  const answered = Promise.withResolvers<void>();
  const counts = countPages(database, () => answered.promise);
  const gone = new AbortController();
  const reads = Array.from({ length: 1_000 }, () => reader.visibleAbove(chat, user, 0, gone.signal));
  const hole = reader.above(chat, 0);
  equal((await hole).map(({ seq }) => seq), [1, 2, 3]);
  await until(() => ok(counts.pages > 0));
  const { pages } = counts;
  ok(pages < 1_000, "some at a time");
  gone.abort();
  answered.resolve();
  await Promise.all(reads);
  equal(counts.pages, pages);
});

serviceTest("a resume with many chats reads each event about once, however slowly it is taken", async () => {
  await using server = await startServer();
  const ann = await server.user("ann");
  await ann[Symbol.asyncDispose]();
  const [count, each] = [40, 60];
  const have: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    have[await group(server.database, ann.id as UserId, each, "x".repeat(8_000))] = 0;
  }
  const counts = countPages(server.database);
  await using wire = await server.connect();
  await wire.request("resume", { token: ann.token, have });
  for (let i = 0; i < count * each; i++) await wire.take("event", ({ kind }) => kind === "text");
  ok(
    counts.rows >= count * each && counts.rows < 2 * count * each,
    `${counts.rows} rows for ${count * each} events`,
  );
});
