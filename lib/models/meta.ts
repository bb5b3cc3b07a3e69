/** meta: what is true of the whole database. The migrations make its rows. */
import type { Queryable } from "../database/database.ts";

/** `epoch`: which history of the log this is. `secret`: the key of digests. */
export async function read(db: Queryable, name: "epoch" | "secret"): Promise<string> {
  const [row] = await db.query<{ value: string }>("SELECT value FROM meta WHERE name = ?", [name]);
  if (!row) throw new Error(`the database has no '${name}' in its table meta`);
  return row.value;
}

/** Says that the log is another one than it was, unless somebody has said so since `before`. */
export async function renewEpoch(db: Queryable, before: string, epoch: string): Promise<void> {
  await db.execute("UPDATE meta SET value = ? WHERE name = 'epoch' AND value = ?", [epoch, before]);
}
