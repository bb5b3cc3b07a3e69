/**
 * contacts: how one user stands to another, a row for each direction: `friend` in both, or `requested` in one and
 * `incoming` in the other. A block is no contact: it stands in the direct chat's `members`.
 */
import type { Queryable } from "../database/database.ts";
import type { ContactState, UserId } from "../protocol/fields.ts";

export type ContactRow = { id: UserId; name: string; state: ContactState };

const UPSERT = {
  mysql:
    "INSERT INTO contacts (user_id, other_id, state) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE state = VALUES(state)",
  sqlite:
    "INSERT INTO contacts (user_id, other_id, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
};

export async function state(db: Queryable, user: UserId, other: UserId): Promise<ContactState> {
  const [row] = await db.query<{ state: ContactState }>(
    "SELECT state FROM contacts WHERE user_id = ? AND other_id = ?",
    [user, other],
  );
  return row?.state ?? "none";
}

/** Both directions at once. */
export async function set(
  tx: Queryable,
  user: UserId,
  other: UserId,
  mine: ContactState,
  theirs: ContactState,
): Promise<void> {
  await tx.execute(UPSERT, [user, other, mine]);
  await tx.execute(UPSERT, [other, user, theirs]);
}

export async function remove(tx: Queryable, user: UserId, other: UserId): Promise<void> {
  const sql = "DELETE FROM contacts WHERE user_id = ? AND other_id = ?";
  await tx.execute(sql, [user, other]);
  await tx.execute(sql, [other, user]);
}

/** By the other's id, above `after`. */
export function ofUser(db: Queryable, user: UserId, after: number, limit: number): Promise<ContactRow[]> {
  return db.query<ContactRow>(
    `SELECT u.id, u.name, c.state FROM contacts c JOIN users u ON u.id = c.other_id
     WHERE c.user_id = ? AND c.other_id > ? ORDER BY c.other_id LIMIT ?`,
    [user, after, limit],
  );
}

export async function friends(db: Queryable, user: UserId): Promise<UserId[]> {
  const rows = await db.query<{ other_id: UserId }>(
    "SELECT other_id FROM contacts WHERE user_id = ? AND state = 'friend'",
    [user],
  );
  return rows.map((row) => row.other_id);
}

export async function count(db: Queryable, user: UserId): Promise<number> {
  const [row] = await db.query<{ n: number }>("SELECT COUNT(*) AS n FROM contacts WHERE user_id = ?", [user]);
  return row!.n;
}
