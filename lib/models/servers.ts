/**
 * servers: one row for each running server of a cluster. Committing to it makes durable whatever this server has
 * read before: InnoDB shows commits to others before their redo is flushed, and flushes in order (delivery rule 9).
 */
import type { Queryable } from "../database/database.ts";
import { NOW } from "./chats.ts";

export async function enter(db: Queryable, id: string, name: string): Promise<void> {
  await db.execute({
    mysql: `INSERT INTO servers (id, name, flushes, seen) VALUES (?, ?, 0, ${NOW.mysql})`,
    sqlite: `INSERT INTO servers (id, name, flushes, seen) VALUES (?, ?, 0, ${NOW.sqlite})`,
  }, [id, name]);
}

/** Writes the row even if somebody has taken it away: an UPDATE that finds nothing flushes nothing. */
export async function flush(db: Queryable, id: string): Promise<void> {
  const row = "INSERT INTO servers (id, name, flushes, seen) VALUES";
  await db.execute({
    mysql:
      `${row} (?, '', 1, ${NOW.mysql}) ON DUPLICATE KEY UPDATE flushes = flushes + 1, seen = VALUES(seen)`,
    sqlite: `${row} (?, '', 1, ${NOW.sqlite})
             ON CONFLICT DO UPDATE SET flushes = flushes + 1, seen = excluded.seen`,
  }, [id]);
}

/** Takes away this server's row, and those that nobody has renewed for a day. */
export async function leave(db: Queryable, id: string): Promise<void> {
  const day = 86_400_000;
  await db.execute({
    mysql: `DELETE FROM servers WHERE id = ? OR seen < ${NOW.mysql} - ${day}`,
    sqlite: `DELETE FROM servers WHERE id = ? OR seen < ${NOW.sqlite} - ${day}`,
  }, [id]);
}
