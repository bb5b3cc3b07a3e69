/**
 * A version that takes the schema further, on a database that an earlier one has filled: also when it dies on the way,
 * and while an older server runs beside it. What it adds is what may be added: older servers bear it.
 */
import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { LocalHub } from "../../lib/bus/local.ts";
import type { Database, Queryable } from "../../lib/database/database.ts";
import { migrate } from "../../lib/database/migrations.ts";
import { openMysql } from "../../lib/database/mysql.ts";
import { schema, type SchemaFile } from "../../lib/database/schema.ts";
import { openSqlite } from "../../lib/database/sqlite.ts";
import { Folder } from "../kit/folder.ts";
import { checkLog, readLog, Writer } from "../kit/load.ts";
import { startServer } from "../kit/server.ts";
import { runServer } from "../kit/server_process.ts";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";
import { goesOn, isUnchanged, loadMysql, loadSqlite, readRecord, RELEASES } from "./released.ts";

const mariadb = shared(() => startMariadb());
const [FIRST] = RELEASES;

/** A column with a default, a change of data, a table and an index, in the SQL of both. */
const NEXT: SchemaFile = {
  name: "9999_next",
  text: `
ALTER TABLE users ADD COLUMN badge VARCHAR(16) NOT NULL DEFAULT 'none';
UPDATE users SET badge = 'first' WHERE id = 1 AND badge = 'none';
CREATE TABLE stars (chat_id BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (chat_id, seq));
INSERT INTO stars (chat_id, seq)
  SELECT chat_id, seq FROM events WHERE kind = 'text' AND NOT EXISTS (SELECT 1 FROM stars);
ALTER TABLE events ADD COLUMN stars INT NOT NULL DEFAULT 0;
CREATE INDEX stars_seq ON stars (seq);
`,
};
const NEWER = (dialect: "sqlite" | "mysql") => [...schema[dialect], NEXT];

/** Whether all of NEXT has been done, each once. */
async function hasNext(database: Database): Promise<void> {
  const badges = await database.query("SELECT id FROM users WHERE badge = 'first'");
  const [texts] = await database.query("SELECT COUNT(*) AS n FROM events WHERE kind = 'text' AND stars = 0");
  const [stars] = await database.query("SELECT COUNT(*) AS n FROM stars");
  equal([badges.map(({ id }) => id), stars?.n], [[1], texts?.n]);
}

/** A database whose migration dies before its next statement, once it has done this many. */
function dyingAfter(statements: number, database: Database): Database {
  let left = statements;
  const dying = (session: Queryable): Queryable => ({
    dialect: session.dialect,
    query: (sql, values) => session.query(sql, values),
    insertMany: (sql, rows) => session.insertMany(sql, rows),
    execute(sql, values) {
      if (left-- <= 0) throw new Error("died");
      return session.execute(sql, values);
    },
  });
  const migration: Database["migration"] = (work) => database.migration((session) => work(dying(session)));
  return { dialect: database.dialect, migration } as Database;
}

for (
  const [dialect, load, open] of [
    ["sqlite", async (folder: Folder) => {
      const file = folder.file(`${crypto.randomUUID()}.db`);
      await loadSqlite(FIRST, file);
      return file;
    }, openSqlite],
    ["mysql", () => loadMysql(FIRST, mariadb()), (url: string) => openMysql(url)],
  ] as const
) {
  serviceTest(`${dialect}: a newer version takes the first one's database further`, async () => {
    await using folder = await Folder.make();
    const database = await load(folder);
    const record = await readRecord(FIRST, dialect);
    await using server = await startServer({ database, schema: NEWER(dialect) });
    await isUnchanged(() => server.connect(), record);
    await hasNext(server.database);
    await goesOn(() => server.connect(), record, "dan");
  });

  serviceTest(`${dialect}: whatever a newer version dies between, it is carried on from`, async () => {
    await using folder = await Folder.make();
    const record = await readRecord(FIRST, dialect);
    let died = true;
    for (let statements = 0; died; statements++) {
      const place = await load(folder);
      const database = await open(place);
      died = await migrate(dyingAfter(statements, database), { files: NEWER(dialect) }).then(
        () => false,
        (error) => /died/.test(String(error)) || Promise.reject(error),
      );
      await database.close();
      await using server = await startServer({ database: place, schema: NEWER(dialect) });
      await hasNext(server.database);
      await isUnchanged(() => server.connect(), record);
    }
  });

  serviceTest(`${dialect}: an older server does not start on a newer version's database`, async () => {
    await using folder = await Folder.make();
    const place = await load(folder);
    const database = await open(place);
    await migrate(database, { files: NEWER(dialect), version: "98.7.6" });
    await database.close();
    const flag = dialect === "sqlite" ? "--db" : "--mysql";
    const { code, stdout, stderr } = await runServer([flag, place, "127.0.0.1", "0"]);
    equal([code, stdout, stderr.length], [1, [], 1], stderr.join("\n"));
    match(
      stderr[0]!,
      /^chat-server: \S.*: the database has the schema of version 98\.7\.6 of this program \(9999_next, statement 6\), and this is version \d+\.\d+\.\d+, which knows the schema up to \d+_\w+: start version 98\.7\.6 here, too, or name another database$/,
    );
    // It is left as it was.
    await using server = await startServer({ database: place, schema: NEWER(dialect) });
    await isUnchanged(() => server.connect(), await readRecord(FIRST, dialect));
  });
}

serviceTest(
  "mysql: an older server goes on under load while a newer one takes the schema further",
  async () => {
    const database = await loadMysql(FIRST, mariadb());
    const record = await readRecord(FIRST, "mysql");
    const bus = new LocalHub();
    await using older = await startServer({ database, bus, name: "older" });
    await using reader = await older.user("writer");
    const { chat } = await reader.wire.request("group_create", { name: "load" });
    using writer = await Writer.login(older.port, "writer");
    writer.start(chat);
    await writer.written(50);
    // Tables that are copied, too, which every transaction of the older one meets.
    const rebuilt = { name: "9999_rebuilt", text: "ALTER TABLE events FORCE;\nALTER TABLE chats FORCE;\n" };
    await using newer = await startServer({
      database,
      bus,
      name: "newer",
      schema: [...NEWER("mysql"), rebuilt],
    });
    await writer.written(50);
    await writer.stop();
    const log = await readLog(reader.wire, chat);
    await writer.saw(log.at(-1)!.seq);
    checkLog(log, [writer]);
    for (const server of [older, newer]) {
      await isUnchanged(() => server.connect(), record);
      equal(server.logged.filter(({ level }) => level === "error"), []);
    }
  },
);

serviceTest("mysql: two versions in one cluster serve each other's users", async () => {
  const database = await loadMysql(FIRST, mariadb());
  const record = await readRecord(FIRST, "mysql");
  const bus = new LocalHub();
  await using older = await startServer({ database, bus, name: "older" });
  await using before = await older.login("bob");
  await using newer = await startServer({ database, bus, name: "newer", schema: NEWER("mysql") });
  await rejects(startServer({ database, bus }), /has the schema of a newer version of this program/);
  await using after = await newer.login("ann");
  for (const [from, to, cid] of [[after, before, "from-newer"], [before, after, "from-older"]] as const) {
    const { chat, seq } = await from.wire.request("send", { user: to.id, cid, text: cid });
    const event = await to.wire.take("event", (event) => event.chat === chat && event.seq === seq);
    equal(event.text, cid);
  }
  await goesOn(() => older.connect(), record, "dan");
  await goesOn(() => newer.connect(), record, "eve");
});
