/** A program that opens a database file, says so, and holds it until it is killed. */
import { openSqlite } from "../../lib/database/sqlite.ts";

const db = await openSqlite(Deno.args[0]!);
await db.execute("CREATE TABLE t (a INTEGER)");
await db.execute("INSERT INTO t VALUES (1)");
console.log("held");
setInterval(() => {}, 60_000);
