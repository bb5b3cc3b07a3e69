/** The servers under load, each a process of its own, on databases that hold a population already. */
import { openMysql } from "../../lib/database/mysql.ts";
import { openSqlite } from "../../lib/database/sqlite.ts";
import type { Database } from "../../lib/database/database.ts";
import { Service } from "../../tests/kit/service.ts";
import { type Mariadb, type Redis, startMariadb, startRedis } from "../../tests/kit/services.ts";
import type { Population } from "./population.ts";
import { seed, type Seeded } from "./seed.ts";

export interface Deployment extends AsyncDisposable {
  readonly seeded: Seeded;
  readonly servers: readonly ServerProcess[];
}

export interface Backend extends AsyncDisposable {
  readonly about: string;
  /** A new database with this population, and its servers. */
  start(population: Population): Promise<Deployment>;
}

const ROOT = new URL("../../", import.meta.url).pathname;

/** A server on a free port, in a folder of its own. */
export class ServerProcess extends Service {
  readonly #args: readonly string[];
  readonly #prepare: (folder: string) => Promise<void>;

  private constructor(args: readonly string[], prepare: (folder: string) => Promise<void>) {
    super();
    this.#args = args;
    this.#prepare = prepare;
  }

  /** `prepare` makes what must be in its folder, which is its current folder. */
  static start(args: readonly string[], prepare = async (_folder: string) => {}): Promise<ServerProcess> {
    return new ServerProcess(args, prepare).start();
  }

  protected override prepare(): Promise<void> {
    return this.#prepare(this.folder);
  }

  protected override command(): [string, ...string[]] {
    const deno = ["run", "-q", `--config=${ROOT}deno.json`, "-P=server", "--no-prompt", `${ROOT}server.ts`];
    return [Deno.execPath(), ...deno, "127.0.0.1", String(this.port), "--log-level", "warn", ...this.#args];
  }

  protected override async probe(): Promise<void> {
    (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
  }
}

/** One server, and a new file for each run. */
export function sqliteBackend(): Backend {
  return {
    about: "one server, SQLite",
    async start(population) {
      let seeded: Seeded | undefined;
      const server = await ServerProcess.start(["--db", "chat.db"], async (folder) => {
        seeded = await fill(await openSqlite(`${folder}/chat.db`), population);
      });
      return {
        seeded: seeded!,
        servers: [server],
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Two servers on a new database of one MariaDB, which flushes at each commit, and one Redis. */
export async function clusterBackend(): Promise<Backend> {
  await using started = new AsyncDisposableStack();
  const mariadb: Mariadb = started.use(
    await startMariadb("--innodb-log-file-size=256M", "--innodb-buffer-pool-size=512M"),
  );
  const redis: Redis = started.use(await startRedis());
  const all = started.move();
  return {
    about: "two servers, MariaDB and Redis",
    async start(population) {
      const url = await mariadb.createDatabase();
      const seeded = await fill(await openMysql(url), population);
      await using servers = new AsyncDisposableStack();
      const start = async () =>
        servers.use(await ServerProcess.start(["--mysql", url, "--redis", redis.url]));
      const both = [await start(), await start()];
      const running = servers.move();
      return { seeded, servers: both, [Symbol.asyncDispose]: () => running.disposeAsync() };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function fill(database: Database, population: Population): Promise<Seeded> {
  try {
    return await seed(database, population);
  } finally {
    await database.close();
  }
}
