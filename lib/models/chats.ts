/**
 * chats: one row a log. `last_seq` is the log's head, and locking this row is what orders its events; only the
 * Appender does. `last_time` is the database's clock at the last append, for the sweep.
 */
import { placeholders, type Queryable } from "../database/database.ts";
import type { ChatId, ChatKind, Group, Role, UserId } from "../protocol/fields.ts";
import { nameKey } from "../protocol/names.ts";

export type ChatRow = {
  id: ChatId;
  kind: ChatKind;
  /** Direct chats: the two users, the smaller id first. */
  low_user: UserId | null;
  high_user: UserId | null;
  name: string;
  description: string;
  public: number;
  members: number;
  last_seq: number;
};

const COLUMNS = "id, kind, low_user, high_user, name, description, public, members, last_seq";

/**
 * The database's clock in ms. Whatever is stored has its time from this one clock, whichever server stores it: a
 * server whose own clock is wrong shows nobody a wrong time, and hides nothing from the sweep.
 */
export const NOW = {
  mysql: "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)",
  sqlite: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
};

export async function insertPersonal(tx: Queryable): Promise<ChatId> {
  return (await tx.execute("INSERT INTO chats (kind, members) VALUES ('personal', 1)")).lastId as ChatId;
}

/** Throws DatabaseError `duplicate` when the two have a chat. */
export async function insertDirect(tx: Queryable, low: UserId, high: UserId): Promise<ChatId> {
  const sql = "INSERT INTO chats (kind, low_user, high_user, members) VALUES ('direct', ?, ?, 2)";
  return (await tx.execute(sql, [low, high])).lastId as ChatId;
}

export async function insertGroup(db: Queryable): Promise<ChatId> {
  return (await db.execute("INSERT INTO chats (kind) VALUES ('group')")).lastId as ChatId;
}

export type LockedChat = ChatRow & {
  /** The database's clock when the row was locked. */
  locked_at: number;
};

/** Unlike NOW, the time at which the row is read, not the statement's start: it may have waited for the lock. */
const LOCKED_AT = { mysql: NOW.mysql.replace("NOW", "SYSDATE"), sqlite: NOW.sqlite };

/**
 * The rows, locked until the transaction ends, in id order. Without `wait`, rows that another server has locked are
 * left out. Without the index hint a small table is scanned, and disjoint sets block each other.
 */
export function lock(tx: Queryable, chats: readonly ChatId[], wait: boolean): Promise<LockedChat[]> {
  const ids = placeholders(chats.length);
  return tx.query<LockedChat>({
    mysql: `SELECT ${COLUMNS}, ${LOCKED_AT.mysql} AS locked_at FROM chats FORCE INDEX (PRIMARY)
            WHERE id IN (${ids}) ORDER BY id FOR UPDATE${wait ? "" : " SKIP LOCKED"}`,
    sqlite: `SELECT ${COLUMNS}, ${LOCKED_AT.sqlite} AS locked_at FROM chats WHERE id IN (${ids}) ORDER BY id`,
  }, chats);
}

export async function storeHeads(
  tx: Queryable,
  heads: readonly (readonly [ChatId, number])[],
): Promise<void> {
  const cases = placeholders(heads.length, "WHEN ? THEN ?").replaceAll(",", " ");
  const ids = placeholders(heads.length);
  await tx.execute({
    mysql: `UPDATE chats FORCE INDEX (PRIMARY) SET last_seq = CASE id ${cases} END, last_time = ${NOW.mysql}
            WHERE id IN (${ids})`,
    sqlite:
      `UPDATE chats SET last_seq = CASE id ${cases} END, last_time = ${NOW.sqlite} WHERE id IN (${ids})`,
  }, [...heads.flat(), ...heads.map(([chat]) => chat)]);
}

export async function byId(db: Queryable, chat: ChatId): Promise<ChatRow | undefined> {
  return (await db.query<ChatRow>(`SELECT ${COLUMNS} FROM chats WHERE id = ?`, [chat]))[0];
}

export async function direct(db: Queryable, low: UserId, high: UserId): Promise<ChatRow | undefined> {
  const sql = `SELECT ${COLUMNS} FROM chats WHERE low_user = ? AND high_user = ?`;
  return (await db.query<ChatRow>(sql, [low, high]))[0];
}

export type HeadRow = {
  id: ChatId;
  last_seq: number;
  members: number;
  /** Whether somebody in this direct chat blocks the other. */
  blocked: number;
};

export async function heads(db: Queryable, chats: readonly ChatId[]): Promise<Map<ChatId, HeadRow>> {
  const found = new Map<ChatId, HeadRow>();
  if (chats.length === 0) return found;
  const rows = await db.query<HeadRow>(
    `SELECT c.id, c.last_seq, c.members, CASE WHEN c.kind = 'direct' AND EXISTS
       (SELECT 1 FROM members m WHERE m.chat_id = c.id AND m.blocked = 1) THEN 1 ELSE 0 END AS blocked
     FROM chats c WHERE c.id IN (${placeholders(chats.length)})`,
    chats,
  );
  for (const row of rows) found.set(row.id, row);
  return found;
}

export async function now(db: Queryable): Promise<number> {
  return (await db.query<{ now: number }>({
    mysql: `SELECT ${NOW.mysql} AS now`,
    sqlite: `SELECT ${NOW.sqlite} AS now`,
  }))[0]!.now;
}

/** The heads of the chats that were appended to since then, by the database's clock. */
export function moved(db: Queryable, since: number): Promise<{ id: ChatId; last_seq: number }[]> {
  return db.query("SELECT id, last_seq FROM chats WHERE last_time >= ?", [since]);
}

export type EntryRow = {
  id: ChatId;
  kind: ChatKind;
  name: string;
  last_seq: number;
  role: Role;
  read_seq: number;
  first_seq: number;
  other_id: UserId | null;
  other_name: string | null;
};

/** The chats of a user by id, above `after`; a direct chat in which nothing was said yet is hidden. */
export function ofUser(db: Queryable, user: UserId, after: number, limit: number): Promise<EntryRow[]> {
  return db.query<EntryRow>(
    `SELECT c.id, c.kind, c.name, c.last_seq, m.role, m.read_seq, m.first_seq, u.id AS other_id, u.name AS other_name
     FROM members m JOIN chats c ON c.id = m.chat_id
     LEFT JOIN users u ON u.id = CASE WHEN c.low_user = m.user_id THEN c.high_user ELSE c.low_user END
     WHERE m.user_id = ? AND m.chat_id > ? AND (c.kind <> 'direct' OR c.last_seq > 0)
     ORDER BY m.chat_id LIMIT ?`,
    [user, after, limit],
  );
}

/** Whom this user blocks, by id, above `after`. */
export function blockedBy(
  db: Queryable,
  user: UserId,
  after: number,
  limit: number,
): Promise<{ id: UserId; name: string }[]> {
  return db.query(
    `SELECT u.id, u.name FROM members m JOIN chats c ON c.id = m.chat_id
     JOIN users u ON u.id = CASE WHEN c.low_user = m.user_id THEN c.high_user ELSE c.low_user END
     WHERE m.user_id = ? AND m.blocked = 1 AND u.id > ? ORDER BY u.id LIMIT ?`,
    [user, after, limit],
  );
}

export async function describe(
  tx: Queryable,
  chat: ChatId,
  name: string,
  description: string,
  isPublic: boolean,
): Promise<void> {
  await tx.execute("UPDATE chats SET name = ?, name_key = ?, description = ?, public = ? WHERE id = ?", [
    name,
    nameKey(name),
    description,
    isPublic ? 1 : 0,
    chat,
  ]);
}

export async function countMembers(tx: Queryable, chat: ChatId, change: number): Promise<void> {
  await tx.execute("UPDATE chats SET members = members + ? WHERE id = ?", [change, chat]);
}

export function toGroup(row: ChatRow): Group {
  const { id, name, description, members } = row;
  return { chat: id, name, description, public: row.public === 1, members };
}

/** Public groups whose name begins so, by name. */
export async function publicByPrefix(db: Queryable, prefix: string, limit: number): Promise<Group[]> {
  const key = nameKey(prefix);
  const rows = await db.query<ChatRow>(
    `SELECT ${COLUMNS} FROM chats WHERE public = 1 AND name_key >= ? AND name_key < ? ORDER BY name_key, id LIMIT ?`,
    [key, `${key}\u{10FFFF}`, limit],
  );
  return rows.map(toGroup);
}
