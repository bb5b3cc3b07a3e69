import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import type { Database } from "../../lib/database/database.ts";
import { migrate } from "../../lib/database/migrations.ts";
import { openMysql } from "../../lib/database/mysql.ts";
import { schema, statementsOf } from "../../lib/database/schema.ts";
import { openSqlite } from "../../lib/database/sqlite.ts";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";

const mariadb = shared(() => startMariadb());
const NEXT = {
  name: "9999_next",
  text: "-- More.\nCREATE TABLE more (a INT);\nINSERT INTO more\nVALUES (1);\n",
};

async function metaOf(db: Database): Promise<Record<string, unknown>> {
  const rows = await db.query("SELECT name, value FROM meta");
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

async function stepsOf(db: Database): Promise<unknown[]> {
  const rows = await db.query("SELECT file, step, done FROM schema_steps ORDER BY file, step");
  return rows.map((row) => `${row.file} ${row.step} ${row.done}`);
}

Deno.test("migrations: a statement ends with ; at the end of a line", () => {
  const text = "-- First; not a statement.\nA 'x; y'\n  -- inside;\nB;\n\nC; D; \n;\n";
  equal(statementsOf({ name: "", text }), ["A 'x; y'\n\nB", "C; D"]);
});

Deno.test("migrations: the dialects have the same files", () => {
  equal(schema.mysql.map((file) => file.name), schema.sqlite.map((file) => file.name));
});

for (
  const [what, register, open] of [
    ["sqlite", Deno.test, () => openSqlite(":memory:")],
    ["mysql", serviceTest, async () => await openMysql(await mariadb().createDatabase())],
  ] as const
) {
  const test = (name: string, fn: (db: Database) => Promise<void>) =>
    register(`migrations, ${what}: ${name}`, async () => {
      const db = await open();
      try {
        await fn(db);
      } finally {
        await db.close();
      }
    });

  test("epoch and secret are drawn once", async (db) => {
    await migrate(db);
    const meta = await metaOf(db);
    match(String(meta.epoch), /^[A-Za-z0-9_-]{16}$/);
    match(String(meta.secret), /^[A-Za-z0-9_-]{43}$/);
    await migrate(db);
    equal(await metaOf(db), meta);
  });

  test("a new file's statements are run, each once", async (db) => {
    await migrate(db);
    const before = await stepsOf(db);
    const files = [...schema[db.dialect], NEXT];
    await migrate(db, { files });
    await migrate(db, { files });
    equal(await stepsOf(db), [...before, "9999_next 1 1", "9999_next 2 1"]);
    equal((await db.query("SELECT a FROM more")).length, 1);
  });

  test("a name whose key grows beyond its column does not stop the upgrade", async (db) => {
    await migrate(db, { files: schema[db.dialect].slice(0, 1) });
    const key = "a".repeat(162) + "ß".repeat(28);
    await db.execute("INSERT INTO users (name, name_key, password, created) VALUES ('x', ?, '', 0)", [key]);
    await db.execute("INSERT INTO chats (kind, name, name_key) VALUES ('group', 'x', ?)", [key]);
    await migrate(db);
    for (const table of ["users", "chats"]) {
      const [row] = await db.query<{ name_key: string }>(`SELECT name_key FROM ${table}`);
      match(row!.name_key, /^a{162}s{28,56}$/);
    }
  });

  test("a newer version's database is refused and left alone, and both versions are named", async (db) => {
    await migrate(db, { version: "1.0.0" });
    await migrate(db, { version: "1.1.0" }); // changes nothing of the schema
    await migrate(db, { version: "1.2.0", files: [...schema[db.dialect], NEXT] });
    const steps = await stepsOf(db);
    await rejects(
      migrate(db, { version: "1.1.0" }),
      /the schema of version 1\.2\.0 .*\(9999_next, statement 2\), .* is version 1\.1\.0, .* up to 0\d+_\w+: start version 1\.2\.0 /,
    );
    await rejects(migrate(db), /of version 1\.2\.0 .* this is an older one, .*: start version 1\.2\.0 here/);
    equal(await stepsOf(db), steps);
  });

  test("a newer schema whose version is not known is refused all the same", async (db) => {
    const files = [...schema[db.dialect], NEXT];
    await migrate(db, { files });
    await rejects(
      migrate(db, { version: "1.0.0" }),
      /of a newer version .* version 1\.0\.0, .*: start a newer/,
    );
    await migrate(db, { files, version: "1.0.0" });
    await rejects(
      migrate(db, { version: "1.0.0" }),
      /of a newer version .* version 1\.0\.0, .*: start a newer/,
    );
  });

  test("the version is known before the first of its steps is done", async (db) => {
    await migrate(db, { version: "1.0.0" });
    const files = [...schema[db.dialect], { name: "9999_next", text: "CREATE TABLE nothing;\n" }];
    await rejects(migrate(db, { version: "1.2.0", files }), /schema up to date at 9999_next, statement 1: /);
    // A transaction takes all of it back; where there is none, the step was begun.
    const message = db.dialect === "sqlite" ? undefined : /of version 1\.2\.0 .*9999_next, statement 1/;
    if (message) await rejects(migrate(db, { version: "1.0.0" }), message);
    else await migrate(db, { version: "1.0.0" });
  });

  test("another program's table is not taken for ours", async (db) => {
    await db.execute("CREATE TABLE users (a INT)");
    for (const _ of [1, 2]) {
      await rejects(migrate(db), /cannot bring the schema up to date at 0001_initial, statement 2: .*users/);
    }
    equal(await db.query("SELECT a FROM users"), []);
  });
}

serviceTest("migrations, mysql: servers that start at once make one schema", async () => {
  const url = await mariadb().createDatabase();
  const servers = await Promise.all([1, 2, 3, 4].map(() => openMysql(url)));
  try {
    await Promise.all(servers.map((db) => migrate(db)));
    const metas = await Promise.all(servers.map(metaOf));
    for (const meta of metas) equal(meta, metas[0]);
    equal((await stepsOf(servers[0]!)).length, schema.mysql.flatMap(statementsOf).length);
  } finally {
    await Promise.all(servers.map((db) => db.close()));
  }
});

serviceTest("migrations, mysql: a crash at any step is carried on from", async () => {
  const db = await openMysql(await mariadb().createDatabase());
  try {
    await migrate(db);
    const steps = await stepsOf(db);
    const meta = await metaOf(db);
    // Between a statement and its record.
    await db.execute("UPDATE schema_steps SET done = 0 WHERE step = 8");
    await migrate(db);
    equal(await stepsOf(db), steps);
    // Between the note that it begins and the statement.
    await db.execute("UPDATE schema_steps SET done = 0 WHERE step = 8");
    await db.execute("DROP TABLE servers");
    await migrate(db);
    equal(await stepsOf(db), steps);
    equal(await db.query("SELECT id FROM servers"), []);
    // Between two statements.
    await db.execute("DELETE FROM schema_steps WHERE step = 8");
    await db.execute("DROP TABLE servers");
    await migrate(db);
    equal(await stepsOf(db), steps);
    equal(await metaOf(db), meta);
  } finally {
    await db.close();
  }
});

serviceTest("migrations: both dialects have the same tables and columns", async () => {
  const mysql = await openMysql(await mariadb().createDatabase());
  const sqlite = await openSqlite(":memory:");
  try {
    await Promise.all([migrate(mysql), migrate(sqlite)]);
    const columns = await Promise.all([
      mysql.query(
        `SELECT CONCAT(table_name, '.', column_name) AS name FROM information_schema.columns
         WHERE table_schema = DATABASE()`,
      ),
      sqlite.query(
        `SELECT m.name || '.' || c.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'`,
      ),
    ]);
    const [ours, theirs] = columns.map((rows) => rows.map((row) => row.name).sort());
    equal(ours, theirs);
  } finally {
    await Promise.all([mysql.close(), sqlite.close()]);
  }
});
