/** users: accounts. `name_key` is the name regardless of case and Unicode form, and unique. */
import type { Queryable } from "../database/database.ts";
import type { ChatId, User, UserId } from "../protocol/fields.ts";
import { canonicalName, nameKey } from "../protocol/names.ts";

export type UserRow = {
  id: UserId;
  name: string;
  /** Hash, salt and parameters in one string: see service/passwords.ts. */
  password: string;
  /** The chat that holds what the server tells this user, and the user's notes. */
  personal_chat: ChatId;
};

const COLUMNS = "id, name, password, personal_chat";

/** Throws DatabaseError `duplicate` when the name is taken. */
export async function insert(
  tx: Queryable,
  name: string,
  password: string,
  created: number,
): Promise<UserId> {
  const { lastId } = await tx.execute(
    "INSERT INTO users (name, name_key, password, created) VALUES (?, ?, ?, ?)",
    [canonicalName(name), nameKey(name), password, created],
  );
  return lastId as UserId;
}

export async function setPersonalChat(tx: Queryable, user: UserId, chat: ChatId): Promise<void> {
  await tx.execute("UPDATE users SET personal_chat = ? WHERE id = ?", [chat, user]);
}

export async function byId(db: Queryable, id: UserId): Promise<UserRow | undefined> {
  return (await db.query<UserRow>(`SELECT ${COLUMNS} FROM users WHERE id = ?`, [id]))[0];
}

export async function byName(db: Queryable, name: string): Promise<UserRow | undefined> {
  return (await db.query<UserRow>(`SELECT ${COLUMNS} FROM users WHERE name_key = ?`, [nameKey(name)]))[0];
}

/** Users whose name begins so, by name; a range, because LIKE uses no index in SQLite. */
export function byPrefix(db: Queryable, prefix: string, limit: number): Promise<User[]> {
  const key = nameKey(prefix);
  return db.query<User>(
    "SELECT id, name FROM users WHERE name_key >= ? AND name_key < ? ORDER BY name_key LIMIT ?",
    [key, `${key}\u{10FFFF}`, limit],
  );
}

export async function setPassword(tx: Queryable, user: UserId, password: string): Promise<void> {
  await tx.execute("UPDATE users SET password = ? WHERE id = ?", [password, user]);
}

/** Throws DatabaseError `duplicate` when the name is taken by another. */
export async function rename(tx: Queryable, user: UserId, name: string): Promise<void> {
  await tx.execute("UPDATE users SET name = ?, name_key = ? WHERE id = ?", [
    canonicalName(name),
    nameKey(name),
    user,
  ]);
}
