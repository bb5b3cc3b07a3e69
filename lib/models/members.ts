/**
 * members: who is in a chat. Written only under the lock of the chat's row, but for `read_seq`.
 * `first_seq` is the first event the member may see. `blocked` (direct chats): this member blocks the other.
 */
import { placeholders, type Queryable } from "../database/database.ts";
import type { ChatId, Role, UserId } from "../protocol/fields.ts";

export type MemberRow = {
  chat_id: ChatId;
  user_id: UserId;
  role: Role;
  first_seq: number;
  read_seq: number;
  blocked: number;
};

const COLUMNS = "chat_id, user_id, role, first_seq, read_seq, blocked";

/** `first`: the first event that the member sees; `read`: up to where it counts as read. */
export async function insert(
  tx: Queryable,
  chat: ChatId,
  user: UserId,
  role: Role,
  first = 1,
  read = 0,
): Promise<void> {
  await tx.execute(
    "INSERT INTO members (chat_id, user_id, role, first_seq, read_seq) VALUES (?, ?, ?, ?, ?)",
    [
      chat,
      user,
      role,
      first,
      read,
    ],
  );
}

export async function remove(tx: Queryable, chat: ChatId, user: UserId): Promise<void> {
  await tx.execute("DELETE FROM members WHERE chat_id = ? AND user_id = ?", [chat, user]);
}

export async function get(db: Queryable, chat: ChatId, user: UserId): Promise<MemberRow | undefined> {
  const sql = `SELECT ${COLUMNS} FROM members WHERE chat_id = ? AND user_id = ?`;
  return (await db.query<MemberRow>(sql, [chat, user]))[0];
}

export function many(db: Queryable, pairs: readonly (readonly [ChatId, UserId])[]): Promise<MemberRow[]> {
  const list = placeholders(pairs.length, "(?,?)");
  return db.query<MemberRow>({
    mysql: `SELECT ${COLUMNS} FROM members WHERE (chat_id, user_id) IN (${list})`,
    sqlite: `SELECT ${COLUMNS} FROM members WHERE (chat_id, user_id) IN (VALUES ${list})`,
  }, pairs.flat());
}

export async function setRole(tx: Queryable, chat: ChatId, user: UserId, role: Role): Promise<void> {
  await tx.execute("UPDATE members SET role = ? WHERE chat_id = ? AND user_id = ?", [role, chat, user]);
}

export async function setBlocked(tx: Queryable, chat: ChatId, user: UserId, blocked: boolean): Promise<void> {
  const sql = "UPDATE members SET blocked = ? WHERE chat_id = ? AND user_id = ?";
  await tx.execute(sql, [blocked ? 1 : 0, chat, user]);
}

/** Never goes back. */
export async function setRead(tx: Queryable, chat: ChatId, user: UserId, seq: number): Promise<void> {
  const sql = "UPDATE members SET read_seq = ? WHERE chat_id = ? AND user_id = ? AND read_seq < ?";
  await tx.execute(sql, [seq, chat, user, seq]);
}

/** How many chats a user has; a direct one in which nothing was said is none yet. */
export async function chatsOf(db: Queryable, user: UserId): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM members m JOIN chats c ON c.id = m.chat_id
     WHERE m.user_id = ? AND (c.kind <> 'direct' OR c.last_seq > 0)`,
    [user],
  );
  return row!.n;
}

/** By user id, above `after`. */
export function ofChat(
  db: Queryable,
  chat: ChatId,
  after: number,
  limit: number,
): Promise<{ id: UserId; name: string; role: Role }[]> {
  return db.query(
    `SELECT u.id, u.name, m.role FROM members m JOIN users u ON u.id = m.user_id
     WHERE m.chat_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?`,
    [chat, after, limit],
  );
}

/** Who follows an owner that leaves: an admin, else who has been here longest. */
export async function successor(tx: Queryable, chat: ChatId, owner: UserId): Promise<UserId | undefined> {
  const [row] = await tx.query<{ user_id: UserId }>(
    `SELECT user_id FROM members WHERE chat_id = ? AND user_id <> ?
     ORDER BY CASE role WHEN 'admin' THEN 0 ELSE 1 END, first_seq, user_id LIMIT 1`,
    [chat, owner],
  );
  return row?.user_id;
}
