/**
 * Users and chats that are put into the database at once: to register them would cost 0.2 s of hashing each, and to
 * write their texts a request each. Their passwords are cheap to verify, so that logins race.
 */
import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
import type { Database } from "../../lib/database/database.ts";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import * as members from "../../lib/models/members.ts";
import * as sessions from "../../lib/models/sessions.ts";
import * as users from "../../lib/models/users.ts";
import type { StoredEvent } from "../../lib/protocol/events.ts";
import type { ChatId, Cid, SessionId, UserId } from "../../lib/protocol/fields.ts";
import { randomName, tokenHash } from "../../lib/service/ids.ts";
import { PASSWORD } from "../kit/server.ts";

export interface Person {
  readonly id: UserId;
  readonly name: string;
  readonly personal: ChatId;
}

const SALT = "c2FsdA";
/** What service/passwords.ts stores, with the least of parameters. */
export const CHEAP = ["scrypt", 2, 1, 1, SALT, cheapKey()].join("$");

function cheapKey(): string {
  return scryptSync(PASSWORD, Buffer.from(SALT, "base64url"), 32, { N: 2, r: 1, p: 1 }).toString("base64url");
}

/** An account with `PASSWORD`, and nothing else. */
export function insertUser(database: Database, name: string): Promise<Person> {
  return database.transaction(async (tx) => {
    const id = await users.insert(tx, name, CHEAP, await chats.now(tx));
    const personal = await chats.insertPersonal(tx);
    await members.insert(tx, personal, id, "owner");
    await users.setPersonalChat(tx, id, personal);
    return { id, name, personal };
  });
}

/** A session that nobody is connected with. */
export async function insertSession(
  database: Database,
  { id }: Person,
): Promise<{ session: SessionId; token: string }> {
  const token = randomName(24);
  const now = await chats.now(database);
  return { session: await sessions.insert(database, id, tokenHash(token), "", now), token };
}

/** A group in which the first of its members has said `texts`. */
export function insertGroup(
  database: Database,
  people: readonly Person[],
  texts: readonly string[],
): Promise<ChatId> {
  const from = people[0]!.id;
  return database.transaction(async (tx) => {
    const chat = await chats.insertGroup(tx);
    for (const { id } of people) await members.insert(tx, chat, id, id === from ? "owner" : "member");
    await chats.countMembers(tx, chat, people.length);
    const time = await chats.now(tx);
    const stored = texts.map((text, i): StoredEvent => ({
      chat,
      seq: i + 1,
      kind: "text",
      from,
      cid: `${chat}-${i}` as Cid,
      time,
      body: JSON.stringify({ text }),
    }));
    if (stored.length > 0) await events.insert(tx, stored);
    await chats.storeHeads(tx, [[chat, texts.length]]);
    return chat;
  });
}
