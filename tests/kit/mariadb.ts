/**
 * A private MariaDB that flushes at each commit, as a real one does.
 *
 * What `mariadb-install-db` makes is made once for each machine and user, and copied.
 */

import { run } from "./program.ts";
import { Service } from "./service.ts";

/** Small files are copied and recovered fast. */
const SIZES = [
  "--innodb-log-file-size=16M",
  "--innodb-buffer-pool-size=64M",
  "--innodb-autoextend-increment=1",
];

export class Mariadb extends Service {
  readonly #args: readonly string[];
  #databases = 0;

  private constructor(args: readonly string[]) {
    super();
    this.#args = args;
  }

  static async start(args: readonly string[]): Promise<Mariadb> {
    const mariadb = await new Mariadb(args).start();
    try {
      await mariadb.createDatabase();
    } catch (error) {
      await mariadb[Symbol.asyncDispose]();
      throw error;
    }
    return mariadb;
  }

  /** The address of the database that is there from the start. */
  get url(): string {
    return this.#url("chat1");
  }

  /** Makes an empty database and returns its address: one MariaDB serves many tests. */
  async createDatabase(): Promise<string> {
    const name = `chat${++this.#databases}`;
    await this.query(`CREATE DATABASE ${name}`);
    return this.#url(name);
  }

  /** Runs one statement on a connection of its own and returns its rows. */
  async query(sql: string, url = this.#url("")): Promise<Record<string, unknown>[]> {
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection(url);
    try {
      const [rows] = await connection.query(sql);
      return rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  }

  protected override async prepare(): Promise<void> {
    await run("cp", "-a", await installedData(), `${this.folder}/data`);
  }

  protected override command(): [string, ...string[]] {
    return [
      "mariadbd",
      "--no-defaults",
      ...asRoot(),
      `--datadir=${this.folder}/data`,
      `--socket=${this.folder}/socket`,
      "--bind-address=127.0.0.1",
      `--port=${this.port}`,
      "--skip-name-resolve",
      "--performance-schema=OFF",
      "--max-connections=500",
      "--innodb-flush-log-at-trx-commit=1",
      ...SIZES,
      ...this.#args,
    ];
  }

  protected override async probe(): Promise<void> {
    const [row] = await this.query("SELECT @@datadir AS folder");
    if (row?.folder !== `${this.folder}/data/`) throw new Error("the port is another MariaDB's");
  }

  #url(database: string): string {
    return `mysql://root@127.0.0.1:${this.port}/${database}`;
  }
}

/** The folder with a new, empty installation. */
async function installedData(): Promise<string> {
  const version = (await run("mariadbd", "--no-defaults", "--version")).match(/Ver (\S+)/)?.[1];
  const temporary = await Deno.makeTempDir({ prefix: "clusterchat-install-" });
  const parent = temporary.slice(0, temporary.lastIndexOf("/"));
  const data = `${parent}/clusterchat-mariadb-${version}-${Deno.uid()}`;
  try {
    if (await isFolder(data)) return data;
    await run(
      "mariadb-install-db",
      "--no-defaults",
      ...asRoot(),
      `--datadir=${temporary}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      ...SIZES,
    );
    // Tests in parallel all install the first time; a rename is whole or not at all, and the first one counts.
    await Deno.rename(temporary, data).catch(async (error) => {
      if (!await isFolder(data)) throw error;
    });
    return data;
  } finally {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}

/** MariaDB refuses to run as root unless told to. */
function asRoot(): string[] {
  return Deno.uid() === 0 ? ["--user=root"] : [];
}
