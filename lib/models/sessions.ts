/** sessions: logins that live. A token is known only by its hash; a row that is gone is a session that ended. */
import { placeholders, type Queryable } from "../database/database.ts";
import type { SessionId, UserId } from "../protocol/fields.ts";

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

/** Whether the session lives. As a commit, it also makes durable whatever was read before it (delivery rule 9). */
export async function touch(db: Queryable, session: SessionId, now: number): Promise<boolean> {
  return (await db.execute("UPDATE sessions SET used = ? WHERE id = ?", [now, session])).changes === 1;
}

export async function remove(tx: Queryable, sessions: readonly SessionId[]): Promise<void> {
  if (sessions.length === 0) return;
  await tx.execute(`DELETE FROM sessions WHERE id IN (${placeholders(sessions.length)})`, sessions);
}
