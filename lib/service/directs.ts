/** Direct chats: the one log that two users share. */
import { type Database, DatabaseError } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import type { ChatRow } from "../models/chats.ts";
import * as members from "../models/members.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";

/** The direct chat of two users; made, in a transaction of its own, if there is none. It is hidden while empty. */
export async function openDirect(database: Database, a: UserId, b: UserId): Promise<ChatId> {
  const [low, high] = a < b ? [a, b] : [b, a];
  const before = await chats.direct(database, low, high);
  if (before) return before.id;
  try {
    return await database.transaction(async (tx) => {
      const chat = await chats.insertDirect(tx, low, high);
      await members.insert(tx, chat, low, "member");
      await members.insert(tx, chat, high, "member");
      return chat;
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.fault !== "duplicate") throw error;
    return (await chats.direct(database, low, high))!.id;
  }
}

/** The other one of a direct chat. */
export function otherOf({ low_user, high_user }: ChatRow, user: UserId): UserId {
  return low_user === user ? high_user! : low_user!;
}
