/** meta: what is true of the whole database. The migrations make its rows. */
import type { Queryable } from "../database/database.ts";

/** `epoch`: which history of the log this is. `secret`: the key of digests. */
export async function read(db: Queryable, name: "epoch" | "secret"): Promise<string> {
  const [row] = await db.query<{ value: string }>("SELECT value FROM meta WHERE name = ?", [name]);
  if (!row) throw new Error(`the database has no '${name}' in its table meta`);
  return row.value;
}
