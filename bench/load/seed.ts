/**
 * Fills a new database with a population: accounts, chats in which something was said already, and a session each,
 * whose token is known. To register them would cost 0.2 s of hashing each.
 */
import type { Database, Queryable } from "../../lib/database/database.ts";
import { migrate } from "../../lib/database/migrations.ts";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import * as members from "../../lib/models/members.ts";
import * as sessions from "../../lib/models/sessions.ts";
import * as users from "../../lib/models/users.ts";
import type { ChatId, Cid, UserId } from "../../lib/protocol/fields.ts";
import { tokenHash } from "../../lib/service/ids.ts";
import { Passwords } from "../../lib/service/passwords.ts";
import type { Chat, Population } from "./population.ts";
import { USUAL_TEXT } from "./texts.ts";

export interface Seeded {
  readonly users: readonly UserId[];
  /** In the order of the population. */
  readonly chats: readonly ChatId[];
}

/** Rows in one transaction: it must end within the database's deadline. */
const AT_ONCE = 200;
const NO_PASSWORD = "nobody logs in with a password";

/** What was said before the run. */
const BODY = JSON.stringify({ text: USUAL_TEXT });

export function nameOf(user: number): string {
  return `user${user}`;
}

export function tokenOf(user: number): string {
  return `token-of-user-${String(user).padStart(12, "0")}`;
}

export async function seed(database: Database, population: Population): Promise<Seeded> {
  await migrate(database);
  const { password } = population;
  const hash = password === undefined ? NO_PASSWORD : await new Passwords().hash(password);
  const numbers = Array.from({ length: population.users }, (_, i) => i);
  const ids = await inParts(database, numbers, (tx, user) => insertUser(tx, user, hash));
  const made = await inParts(
    database,
    population.chats,
    (tx, chat, number) => insertChat(tx, chat, number, ids),
  );
  return { users: ids, chats: made };
}

async function inParts<T, R>(
  database: Database,
  all: readonly T[],
  insert: (tx: Queryable, one: T, number: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    await database.transaction(async (tx) => {
      for (const one of all.slice(i, i + AT_ONCE)) results.push(await insert(tx, one, results.length));
    });
  }
  return results;
}

async function insertUser(tx: Queryable, user: number, hash: string): Promise<UserId> {
  const now = Date.now();
  const id = await users.insert(tx, nameOf(user), hash, now);
  const personal = await chats.insertPersonal(tx);
  await members.insert(tx, personal, id, "owner");
  await users.setPersonalChat(tx, id, personal);
  await sessions.insert(tx, id, tokenHash(tokenOf(user)), "bench", now);
  return id;
}

async function insertChat(
  tx: Queryable,
  { kind, members: who, texts = 1 }: Chat,
  number: number,
  ids: readonly UserId[],
): Promise<ChatId> {
  const all = who.map((user) => ids[user]!);
  const chat = kind === "direct"
    ? await chats.insertDirect(tx, all[0]!, all[1]!)
    : await chats.insertGroup(tx);
  for (const id of all) await members.insert(tx, chat, id, "member");
  if (kind === "group") {
    await chats.describe(tx, chat, "bench", "", false);
    await chats.countMembers(tx, chat, all.length);
  }
  const time = Date.now();
  // No writer of a run has numbers as small as these: their cids are never the same.
  const said = Array.from({ length: texts }, (_, i) => {
    const seq = i + 1;
    return { chat, seq, kind: "text", from: all.at(-1)!, cid: `${number}-${seq}` as Cid, time, body: BODY };
  });
  await events.insert(tx, said);
  await chats.storeHeads(tx, [[chat, texts]]);
  return chat;
}
