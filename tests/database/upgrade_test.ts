/** What an earlier release has stored is there for every later one: `fixtures/` has their databases. */
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
}
