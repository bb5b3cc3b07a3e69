/** Databases of earlier releases, and what must hold on them as their users see it: nothing here knows of tables. */
import { deepStrictEqual as equal, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Mariadb } from "../kit/services.ts";
import type { Message, Wire } from "../kit/wire.ts";
import { type Answer, historyOf, type ReleaseRecord, type UserRecord } from "./fixtures/record.ts";

/** Those of `fixtures/`. */
export const RELEASES = ["0.1.0"] as const;

export type Dialect = "sqlite" | "mysql";
type Connect = () => Promise<Wire>;

function read(release: string, file: string): Promise<string> {
  return Deno.readTextFile(new URL(`./fixtures/${release}/${file}`, import.meta.url));
}

export async function readRecord(release: string, dialect: Dialect): Promise<ReleaseRecord> {
  return JSON.parse(await read(release, `${dialect}.json`));
}

/** Makes this SQLite file. */
export async function loadSqlite(release: string, file: string): Promise<void> {
  const db = new DatabaseSync(file);
  db.exec(await read(release, "sqlite.sql"));
  db.close();
}

/** Returns the address of a new database. */
export async function loadMysql(release: string, mariadb: Mariadb): Promise<string> {
  const url = await mariadb.createDatabase();
  await mariadb.query(await read(release, "mysql.sql"), `${url}?multipleStatements=true&charset=utf8mb4`);
  return url;
}

/** Whoever was logged in goes on, with everything as it was. Adds nothing to any log, so that it can be asked again. */
export async function isUnchanged(connect: Connect, record: ReleaseRecord): Promise<void> {
  for (const user of record.users) {
    await resumes(connect, user, record.epoch);
    await repeats(connect, user, record);
  }
  await using guest = await connect();
  equal(await guest.refused("resume", { token: record.endedToken }), "bad_token");
}

/** What came while the user was away comes now, byte for byte as it was; and so is the rest. */
async function resumes(connect: Connect, user: UserRecord, epoch: string): Promise<void> {
  const missed = new Map(user.chats.map(({ chat, seq }) => [Number(chat), Math.ceil(Number(seq) / 2)]));
  await using wire = await connect();
  const have = Object.fromEntries([...missed].map(([chat, count]) => [chat, headOf(user, chat) - count]));
  const reply = await wire.request("resume", { token: user.token, epoch, have });
  equal([reply.user, reply.epoch, reply.reset], [{ id: user.id, name: user.name }, epoch, undefined]);
  for (const [chat, count] of missed) {
    const expected = user.history[chat]!.filter(({ seq }) => Number(seq) > headOf(user, chat) - count);
    const events: unknown[] = [];
    while (events.length < expected.length) {
      events.push(await wire.take("event", (event) => event.chat === chat));
    }
    isSame(events, expected);
    isSame(await historyOf(wire, chat), user.history[chat]!);
  }
  has((await wire.ask({ type: "chats" })).chats, user.chats);
  has((await wire.ask({ type: "contacts" })).contacts, user.contacts.map(({ online: _, ...rest }) => rest));
}

/** A client that never got its answers gets them now: also for a text that is deleted, or in a chat that it has left. */
async function repeats(connect: Connect, user: UserRecord, { repeatable }: ReleaseRecord): Promise<void> {
  await using wire = await connect();
  await wire.request("resume", { token: user.token });
  for (const { request, answer } of repeatable.filter((each) => each.user === user.name)) {
    has(await wire.ask(request), { type: "ok", ...answer, dup: true });
    if (request.text === undefined) continue;
    const other = await wire.ask({ ...request, text: `${request.text}!` });
    equal([other.type, other.code], ["error", "cid_conflict"]);
  }
}

/** Users log in by their passwords, write, and go on at the next number; new ones come. */
export async function goesOn(connect: Connect, { users }: ReleaseRecord, newcomer: string): Promise<void> {
  for (const { name, id, password, token } of users) {
    await using wire = await connect();
    equal(await wire.refused("login", { name, password: `${password}!` }), "wrong_login");
    const { user, chats } = await wire.request("login", { name, password });
    equal(user, { id, name });
    for (const { chat, kind, seq } of chats) {
      const cid = `${newcomer}-${chat}`;
      const answer = await wire.ask({ type: "send", chat, cid, text: `from ${name}` });
      if (kind === "direct" && answer.code === "blocked") continue;
      equal([answer.type, answer.seq], ["ok", seq + 1], JSON.stringify(answer));
      equal((await wire.take("event", (event) => event.cid === cid)).seq, seq + 1);
    }
    await using other = await connect();
    await other.request("resume", { token });
  }
  await using wire = await connect();
  const { user } = await wire.request("register", { name: newcomer, password: "correct horse battery" });
  equal(users.some(({ id }) => id === user.id), false);
  const [friend] = users;
  equal((await wire.request("send", { user: friend!.id, cid: "hello", text: "hello" })).seq, 1);
  const { chat } = await wire.request("group_create", { name: "new" });
  await wire.request("group_invite", { chat, user: friend!.id });
}

function headOf(user: UserRecord, chat: number): number {
  return Number(user.history[chat]!.at(-1)!.seq);
}

function isSame(actual: readonly unknown[], expected: readonly Message[]): void {
  const lines = (events: readonly unknown[]) => events.map((event) => JSON.stringify(event)).join("\n");
  strictEqual(lines(actual), lines(expected));
}

/** Everything that was there is there. A later version may say more. */
function has(actual: unknown, expected: Answer | readonly Answer[]): void {
  equal(pick(actual, expected), expected);
}

function pick(actual: unknown, expected: unknown): unknown {
  if (typeof actual !== "object" || actual === null) return actual;
  if (Array.isArray(actual)) return actual.map((each, i) => pick(each, (expected as unknown[])[i]));
  const fields = Object.entries(actual).filter(([name]) => Object.hasOwn(Object(expected), name));
  return Object.fromEntries(fields.map(([name, value]) => [name, pick(value, (expected as Answer)[name])]));
}
