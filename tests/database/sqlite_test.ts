import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../lib/database/sqlite.ts";
import { serviceTest } from "../kit/services.ts";
import { databaseSuite, isFault } from "./database_suite.ts";

databaseSuite("sqlite in memory", Deno.test, () => openSqlite(":memory:"));

const folders: string[] = [];
databaseSuite("sqlite in a file", serviceTest, async () => {
  const folder = await Deno.makeTempDir();
  folders.push(folder);
  return await openSqlite(`${folder}/chat.db`);
});
Deno.test.afterAll(async () => {
  for (const folder of folders.splice(0)) await Deno.remove(folder, { recursive: true });
});

/** A test with a folder of its own. */
function fileTest(name: string, fn: (folder: string) => Promise<void>): void {
  serviceTest(`sqlite: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

fileTest("every commit is flushed, and administration reads meanwhile", async (folder) => {
  const db = await openSqlite(`${folder}/chat.db`);
  equal((await db.query("PRAGMA journal_mode"))[0]?.journal_mode, "wal");
  equal((await db.query("PRAGMA synchronous"))[0]?.synchronous, 2);
  await db.execute("CREATE TABLE t (a INTEGER)");
  await db.execute("INSERT INTO t VALUES (1)");
  using other = new DatabaseSync(`${folder}/chat.db`, { readOnly: true });
  equal({ ...other.prepare("SELECT a FROM t").get() }, { a: 1 });
  other.close();
  await db.close();
  equal(filesOf(folder), ["chat.db"]);
});

fileTest("one server a file", async (folder) => {
  const file = `${folder}/chat.db`;
  const first = await openSqlite(file);
  Deno.symlinkSync(file, `${folder}/link.db`);
  for (const name of [file, `${folder}/link.db`]) {
    await rejects(openSqlite(name), {
      message:
        `${name} is in use by the server with process id ${Deno.pid}: end it first, or name another file ` +
        "with --db (several servers share a database with --mysql and --redis)",
    });
  }
  await first.execute("CREATE TABLE t (a INTEGER)"); // it did not notice
  await first.close();
  await (await openSqlite(file)).close();
  equal(filesOf(folder), ["chat.db", "link.db"]);
});

fileTest("the lock dies with its process", async (folder) => {
  const file = `${folder}/chat.db`;
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", new URL("hold_sqlite.ts", import.meta.url).pathname, file],
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read(); // it says when it holds the file
  await rejects(openSqlite(file), new RegExp(`process id ${holder.pid}:`));
  holder.kill("SIGKILL");
  await holder.status;
  await reader.cancel();
  const db = await openSqlite(file);
  equal((await db.query("SELECT a FROM t")).length, 1);
  await db.close();
});

fileTest("what cannot be opened says why, and is left alone", async (folder) => {
  const text = "These are sixteen bytes and more of something else.\n".repeat(100);
  await Deno.writeTextFile(`${folder}/letter.txt`, text);
  await rejects(openSqlite(`${folder}/letter.txt`), {
    name: "DatabaseError",
    message:
      `cannot open the database ${folder}/letter.txt: it is no SQLite database (and was not changed): ` +
      "name another file with --db",
  });
  equal(await Deno.readTextFile(`${folder}/letter.txt`), text);
  await rejects(openSqlite(`${folder}/none/chat.db`), {
    message: `cannot open the database ${folder}/none/chat.db: its folder does not exist: create it, ` +
      "or name another file with --db",
  });
  await rejects(openSqlite(folder), /Is a directory.*: check the file and its folder/);
  equal(filesOf(folder), ["letter.txt"]);
});

fileTest("another program's lock is a conflict", async (folder) => {
  const db = await openSqlite(`${folder}/chat.db`);
  await db.execute("CREATE TABLE t (a INTEGER)");
  using other = new DatabaseSync(`${folder}/chat.db`);
  other.exec("BEGIN IMMEDIATE");
  await rejects(db.execute("INSERT INTO t VALUES (1)"), isFault("conflict"));
  await rejects(db.transaction((tx) => tx.execute("INSERT INTO t VALUES (1)")), isFault("conflict"));
  other.exec("ROLLBACK");
  equal((await db.execute("INSERT INTO t VALUES (1)")).changes, 1);
  other.close();
  await db.close();
});

fileTest("what is stored is for its owner's eyes alone", async (folder) => {
  const db = await openSqlite(`${folder}/chat.db`);
  await db.execute("CREATE TABLE t (a INTEGER)");
  for (const file of ["chat.db", "chat.db-wal", "chat.db-shm", "chat.db.lock"]) {
    equal([file, (await Deno.stat(`${folder}/${file}`)).mode! & 0o777], [file, 0o600]);
  }
  await db.close();
});

Deno.test("sqlite: no room is said, and what fits still goes in", async () => {
  const db = await openSqlite(":memory:");
  await db.execute("CREATE TABLE t (a TEXT)");
  await db.query("PRAGMA max_page_count = 10");
  await rejects(db.execute("INSERT INTO t VALUES (?)", ["x".repeat(100_000)]), isFault("full"));
  const filling = db.transaction(async (tx) => {
    await tx.execute("INSERT INTO t VALUES ('small')");
    await tx.execute("INSERT INTO t VALUES (?)", ["x".repeat(100_000)]);
  });
  await rejects(filling, isFault("full"));
  equal((await db.query("SELECT a FROM t")).length, 0);
  ok((await db.execute("INSERT INTO t VALUES ('small')")).changes === 1);
  await db.close();
});

Deno.test("sqlite: statements of more texts than are kept", async () => {
  const db = await openSqlite(":memory:");
  for (const round of [1, 2]) {
    for (let i = 0; i < 600; i++) equal((await db.query(`SELECT ${i} AS v, ? AS r`, [round]))[0]?.v, i);
  }
  await db.close();
});
