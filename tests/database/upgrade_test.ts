/** What an earlier release has stored is there for every later one: `fixtures/` has their databases. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";
import { Folder } from "../kit/folder.ts";
import { startServer } from "../kit/server.ts";
import {
  type Dialect,
  goesOn,
  isUnchanged,
  loadMysql,
  loadSqlite,
  readRecord,
  RELEASES,
} from "./released.ts";

const mariadb = shared(() => startMariadb());

/** Returns where the database is, for a server. */
const LOAD: Record<Dialect, (release: string, folder: Folder) => Promise<string>> = {
  async sqlite(release, folder) {
    const file = folder.file(`${crypto.randomUUID()}.db`);
    await loadSqlite(release, file);
    return file;
  },
  mysql: (release) => loadMysql(release, mariadb()),
};

/** What an earlier release may have done to it: a statement without values. */
const RUN: Record<Dialect, (sql: string, database: string) => Promise<unknown>> = {
  sqlite(sql, database) {
    using db = new DatabaseSync(database);
    return Promise.resolve(db.exec(sql));
  },
  mysql: (sql, database) => mariadb().query(sql, database),
};

for (const dialect of ["sqlite", "mysql"] as const) {
  for (const release of RELEASES) {
    const test = (name: string, fn: (database: string) => Promise<void>) =>
      serviceTest(`${dialect}, made by ${release}: ${name}`, async () => {
        await using folder = await Folder.make();
        await fn(await LOAD[dialect](release, folder));
      });

    test("its users go on where they were", async (database) => {
      const record = await readRecord(release, dialect);
      await using server = await startServer({ database });
      await isUnchanged(() => server.connect(), record);
      await goesOn(() => server.connect(), record, "dan");
    });
  }

  serviceTest(`${dialect}, made by 0.1.0: names with a capital sharp s are found again`, async () => {
    await using folder = await Folder.make();
    const database = await LOAD[dialect]("0.1.0", folder);
    const { users: [ann, bob, carol] } = await readRecord("0.1.0", dialect);
    // That release had three names where there are two.
    const names = [[ann, "GROẞ", "groß"], [bob, "Straẞe", "straße"], [carol, "strasse", "strasse"]] as const;
    for (const [user, name, key] of names) {
      const sql = `UPDATE users SET name = '${name}', name_key = '${key}' WHERE id = ${user!.id}`;
      await RUN[dialect](sql, database);
    }
    await using server = await startServer({ database });
    const login = async (who: object, password: string) => {
      await using wire = await server.connect();
      return (await wire.request("login", { ...who, password })).user.id;
    };
    equal(await login({ name: "gross" }, ann!.password), ann!.id);
    equal(await login({ name: "STRAẞE" }, carol!.password), carol!.id);
    equal(await login({ user: bob!.id }, bob!.password), bob!.id);
  });
}
