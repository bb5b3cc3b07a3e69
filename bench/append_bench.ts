/** What a durable text costs: entries → one transaction on a SQLite file → flushed. */
import { openSqlite } from "../lib/database/sqlite.ts";
import type { Cid } from "../lib/protocol/fields.ts";
import { Appender } from "../lib/service/appender.ts";
import { draft, type Entry } from "../lib/service/entry.ts";
import { newCid } from "../lib/service/ids.ts";
import type { Population } from "./load/population.ts";
import { seed } from "./load/seed.ts";

const CHATS = 32;
const TEXTS = 64;
const population: Population = {
  users: 2 * CHATS,
  chats: Array.from({ length: CHATS }, (_, i) => ({ kind: "direct", members: [2 * i, 2 * i + 1] })),
};

const folder = await Deno.makeTempDir({ prefix: "clusterchat-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const database = await openSqlite(`${folder}/chat.db`);
const { users, chats } = await seed(database, population);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const appender = new Appender({ database, serverId: "bench", secret: "", log: silent, onStored() {} });

const text = "Shall we meet at the station at nine? " + "Bring a coat, ".repeat(4);
const prefix = newCid();
let count = 0;

function textOf(user: number): Entry {
  const chat = chats[user >> 1]!;
  return {
    chats: [chat],
    sender: users[user]!,
    cid: `${prefix}-${++count}` as Cid,
    kind: "text",
    request: { text },
    endsGroup: false,
    act: () => [draft(chat, "text", { text })],
  };
}

Deno.bench("append one text", { group: "append", baseline: true }, async () => {
  await appender.append(textOf(0));
});
Deno.bench(`append ${TEXTS} texts in ${CHATS} chats together`, { group: "append" }, async () => {
  await Promise.all(Array.from({ length: TEXTS }, (_, i) => appender.append(textOf(i))));
});
