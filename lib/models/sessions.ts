/** sessions: logins that live. A token is known only by its hash; a row that is gone is a session that ended. */
import { type Database, placeholders, type Queryable } from "../database/database.ts";
import type { SessionId, UserId } from "../protocol/fields.ts";
import { NOW } from "./chats.ts";

export type SessionRow = { id: SessionId; user_id: UserId; device: string; created: number; used: number };

const COLUMNS = "id, user_id, device, created, used";

export async function insert(
  tx: Queryable,
  user: UserId,
  tokenHash: string,
  device: string,
  now: number,
): Promise<SessionId> {
  const { lastId } = await tx.execute(
    "INSERT INTO sessions (user_id, token_hash, device, created, used) VALUES (?, ?, ?, ?, ?)",
    [user, tokenHash, device, now, now],
  );
  return lastId as SessionId;
}

export async function byTokenHash(db: Queryable, tokenHash: string): Promise<SessionRow | undefined> {
  return (await db.query<SessionRow>(`SELECT ${COLUMNS} FROM sessions WHERE token_hash = ?`, [tokenHash]))[0];
}

/** Oldest first. */
export function ofUser(db: Queryable, user: UserId): Promise<SessionRow[]> {
  return db.query<SessionRow>(`SELECT ${COLUMNS} FROM sessions WHERE user_id = ? ORDER BY id`, [user]);
}

/**
 * Marks the session as used, and returns when it was: above all times that it returned before, whatever the clock
 * says, so that of two connections of one session the later one is known. Undefined if the session has ended.
 */
export function touch(db: Database, session: SessionId): Promise<number | undefined> {
  return db.transaction(async (tx) => {
    const sql = {
      mysql: `UPDATE sessions SET used = GREATEST(used + 1, ${NOW.mysql}) WHERE id = ?`,
      sqlite: `UPDATE sessions SET used = MAX(used + 1, ${NOW.sqlite}) WHERE id = ?`,
    };
    if ((await tx.execute(sql, [session])).changes === 0) return undefined;
    return (await tx.query<{ used: number }>("SELECT used FROM sessions WHERE id = ?", [session]))[0]!.used;
  });
}

/** Whether it has not ended. */
export async function lives(db: Queryable, session: SessionId): Promise<boolean> {
  return (await db.query("SELECT id FROM sessions WHERE id = ?", [session])).length > 0;
}

export async function remove(tx: Queryable, sessions: readonly SessionId[]): Promise<void> {
  if (sessions.length === 0) return;
  await tx.execute(`DELETE FROM sessions WHERE id IN (${placeholders(sessions.length)})`, sessions);
}
