/** What both databases must do alike: the guarantees of lib/database/database.ts, each shown once. */
import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import {
  type Database,
  DatabaseError,
  type DatabaseFault,
  placeholders,
} from "../../lib/database/database.ts";

const THINGS = {
  mysql: `CREATE TABLE things (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
    number BIGINT,
    bytes MEDIUMBLOB
  ) ENGINE=InnoDB`,
  sqlite: `CREATE TABLE things (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    number INTEGER,
    bytes BLOB
  )`,
};
const ADD = "INSERT INTO things (name, number) VALUES (?, ?)";

export function isFault(fault: DatabaseFault): (error: unknown) => boolean {
  return (error) => error instanceof DatabaseError && error.fault === fault;
}

async function names(db: Database): Promise<unknown[]> {
  return (await db.query("SELECT name FROM things ORDER BY id")).map((row) => row.name);
}

/** Registers the suite; `open` opens an empty database. */
export function databaseSuite(
  what: string,
  register: (name: string, fn: () => Promise<void>) => void,
  open: () => Promise<Database>,
): void {
  const test = (name: string, fn: (db: Database) => Promise<void>) =>
    register(`${what}: ${name}`, async () => {
      const db = await open();
      try {
        await db.execute(THINGS);
        await fn(db);
      } finally {
        await db.close();
      }
    });

  test("values come back as they went in", async (db) => {
    const texts = ["", 'it\'s "quoted" \\ ` ; -- /* ? */', "line\nline\r\t", "ünï 😀 日本", "\u2028%_"];
    for (const text of texts) {
      equal({ ...(await db.query("SELECT ? AS v", [text]))[0] }, { v: text });
    }
    for (const number of [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1]) {
      await db.execute(ADD, [`number ${number}`, number]);
      const [row] = await db.query("SELECT number FROM things WHERE number = ?", [number]);
      equal(row?.number, number);
    }
    const bytes = new Uint8Array([0, 39, 92, 255, 63]);
    await db.execute("INSERT INTO things (name, number, bytes) VALUES (?, ?, ?)", ["bytes", null, bytes]);
    const [row] = await db.query("SELECT number, bytes FROM things WHERE name = ?", ["bytes"]);
    equal([row?.number, new Uint8Array(row?.bytes as Uint8Array)], [null, bytes]);
    equal((await db.query("SELECT SUM(id) AS sum, COUNT(*) AS n FROM things WHERE id <= 2"))[0]?.sum, 3);
  });

  test("what is no value is refused, whatever a cast lets in", async (db) => {
    for (
      const value of [
        undefined,
        NaN,
        Infinity,
        true,
        {},
        { toString: () => "1" },
        ["a", "b"],
        new Date(),
      ]
    ) {
      await rejects(db.query("SELECT ? AS v", [value as unknown as string]), isFault("other"));
    }
  });

  test("a text's second statement is never run", async (db) => {
    await db.execute(ADD, ["a", 1]);
    await db.execute("UPDATE things SET number = 2; DELETE FROM things").catch(() => {});
    equal(await names(db), ["a"]);
  });

  test("each dialect gets its own text", async (db) => {
    const [row] = await db.query({ mysql: "SELECT 'mysql' AS v", sqlite: "SELECT 'sqlite' AS v" });
    equal(row?.v, db.dialect);
  });

  test("changes counts what was matched, lastId is the new row's", async (db) => {
    equal(await db.execute(ADD, ["a", 1]), { changes: 1, lastId: 1 });
    equal(await db.execute(ADD, ["b", 1]), { changes: 1, lastId: 2 });
    equal((await db.execute("UPDATE things SET number = 1")).changes, 2);
    equal((await db.execute("UPDATE things SET number = 2 WHERE id = 7")).changes, 0);
    equal((await db.execute(`DELETE FROM things WHERE id IN (${placeholders(3)})`, [1, 2, 3])).changes, 2);
  });

  test("faults have their names", async (db) => {
    await db.execute(ADD, ["a", 1]);
    await rejects(db.execute(ADD, ["a", 2]), isFault("duplicate"));
    await rejects(db.execute("INSERT INTO things (id, name) VALUES (1, 'b')"), isFault("duplicate"));
    await rejects(db.execute(ADD, [null, 2]), isFault("other"));
    await rejects(db.query("SELECT * FROM nothing"), isFault("other"));
    await rejects(db.query("SELEC"), isFault("other"));
  });

  test("insertMany writes all rows or none", async (db) => {
    await db.insertMany(ADD, []);
    await db.insertMany(ADD, [["a", 1], ["b", 2]]);
    await rejects(db.insertMany(ADD, [["c", 3], ["a", 4]]), isFault("duplicate"));
    equal(await names(db), ["a", "b"]);
    const bytes = new Uint8Array(400_000).fill(39);
    const big = Array.from({ length: 9 }, (_, i) => [`big ${i}`, i, bytes]);
    const sql = "INSERT INTO things (name, number, bytes) VALUES (?, ?, ?)";
    await rejects(db.insertMany(sql, [...big, ["a", 4, null]]), isFault("duplicate"));
    equal(await names(db), ["a", "b"]);
    await db.transaction((tx) => tx.insertMany(sql, big));
    equal(await names(db), ["a", "b", ...big.map(([name]) => name)]);
  });

  test("a transaction is whole", async (db) => {
    const result = await db.transaction(async (tx) => {
      await tx.execute(ADD, ["a", 1]);
      return (await tx.query("SELECT name FROM things")).length;
    });
    equal(result, 1);
    const failing = db.transaction(async (tx) => {
      await tx.execute(ADD, ["b", 1]);
      throw new RangeError("ours");
    });
    await rejects(failing, RangeError);
    equal(await names(db), ["a"]);
  });

  test("a statement that fails ends its transaction, even if its error is caught", async (db) => {
    await db.execute(ADD, ["a", 1]);
    const swallowing = db.transaction(async (tx) => {
      await tx.execute(ADD, ["b", 1]);
      await tx.execute(ADD, ["a", 2]).catch(() => {});
      await rejects(tx.execute(ADD, ["c", 1]), isFault("duplicate"));
    });
    await rejects(swallowing, isFault("duplicate"));
    equal(await names(db), ["a"]);
    await db.execute(ADD, ["d", 1]);
    equal(await names(db), ["a", "d"]);
  });

  test("a transaction takes nothing after its end", async (db) => {
    const tx = await db.transaction((tx) => Promise.resolve(tx));
    await rejects(tx.execute(ADD, ["late", 1]), isFault("other"));
    equal(await names(db), []);
  });

  test("nobody reads what is not committed", async (db) => {
    let outside: Promise<unknown[]> | undefined;
    const rolledBack = db.transaction(async (tx) => {
      await tx.execute(ADD, ["a", 1]);
      outside = names(db);
      await tx.query("SELECT 1");
      throw new RangeError("ours");
    });
    await rejects(rolledBack, RangeError);
    equal(await outside, []);
  });

  test("transactions that meet lose nothing, on any lane", async (db) => {
    await db.execute(ADD, ["counter", 0]);
    const read = {
      mysql: "SELECT number FROM things WHERE name = 'counter' FOR UPDATE",
      sqlite: "SELECT number FROM things WHERE name = 'counter'",
    };
    const lanes = ["general", "append", "contended"] as const;
    await Promise.all(Array.from({ length: 30 }, (_, i) =>
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ number: number }>(read);
        await tx.execute("UPDATE things SET number = ? WHERE name = 'counter'", [row!.number + 1]);
      }, lanes[i % 3])));
    const [row] = await db.query("SELECT number FROM things");
    equal(row?.number, 30);
    ok(db.appendLanes >= 1);
  });

  test("one migration runs at a time", async (db) => {
    let running = 0;
    const migrations = [1, 2, 3].map(() =>
      db.migration(async (session) => {
        equal(++running, 1);
        const [row] = await session.query<{ n: number }>("SELECT COUNT(*) AS n FROM things");
        await session.execute(ADD, [`migration ${row!.n}`, null]);
        running--;
      })
    );
    await Promise.all(migrations);
    equal(await names(db), ["migration 0", "migration 1", "migration 2"]);
  });

  test("after close nothing is answered, and closing again is nothing", async (db) => {
    const last = db.execute(ADD, ["last", 1]);
    await db.close();
    equal((await last).changes, 1);
    await rejects(db.query("SELECT 1"), isFault("other"));
    await rejects(db.transaction(() => Promise.resolve()), isFault("other"));
    await db.close();
  });
}
