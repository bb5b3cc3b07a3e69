/**
 * What is tortured: one server on a SQLite file, or several servers with MariaDB, Redis and nginx. Everything is private
 * and on free ports; clients come through a proxy that can trouble their connections.
 */
import { DatabaseSync } from "node:sqlite";
import { type Mariadb, type Redis, startMariadb, startRedis } from "../kit/services.ts";
import type { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";
import { TorturedNginx } from "./nginx.ts";
import { Proxy } from "./proxy.ts";
import { TorturedServer } from "./server.ts";
import type { Query } from "./stored.ts";

export interface Deployment extends AsyncDisposable {
  readonly about: string;
  readonly servers: readonly TorturedServer[];
  /** What clients connect to. */
  readonly front: Proxy;
  /** Between each server and its database and Redis, if they are to be parted. */
  readonly back: readonly Proxy[];
  readonly cluster?: { readonly mariadb: Mariadb; readonly redis: Redis; readonly nginx: TorturedNginx };
  /** The small disk that the database is on, if it is to become full. */
  readonly disk?: Disk;
  readonly query: Query;
}

export interface Wanted {
  readonly servers: number;
  /** Whether servers can be parted from their database and Redis. */
  readonly part: boolean;
  /** Whether the database is to be on a small disk. */
  readonly disk: boolean;
  readonly dice: Dice;
}

/** In the server's folder. */
const DATA = "data";
/** Room for what a database needs at its start, and for a run's events. */
const DISK_MB = { sqlite: 64, mariadb: 512 };

export async function startSqlite({ disk: wantsDisk, dice }: Wanted): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  let disk: Disk | undefined;
  const server = stack.use(
    await TorturedServer.start("s1", ["--db", `${DATA}/chat.db`], async (folder) => {
      await Deno.mkdir(`${folder}/${DATA}`);
      if (wantsDisk) disk = await Disk.mount(`${folder}/${DATA}`, DISK_MB.sqlite);
    }),
  );
  // Later ones are disposed of first: the disk goes when the server has ended.
  stack.defer(async () => {
    await server.kill();
    await disk?.[Symbol.asyncDispose]();
  });
  const front = stack.use(new Proxy(server.port, dice.fork()));
  const query: Query = (sql) => {
    using database = new DatabaseSync(`${server.folder}/${DATA}/chat.db`, { readOnly: true });
    return Promise.resolve(database.prepare(sql).all() as Record<string, unknown>[]);
  };
  const all = stack.move();
  return {
    about: "one server on SQLite",
    servers: [server],
    front,
    back: [],
    disk,
    query,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

export async function startCluster(
  { servers: count, part, disk: wantsDisk, dice }: Wanted,
): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const mariadb = stack.use(await startMariadb());
  let disk: Disk | undefined;
  if (wantsDisk) {
    await mariadb.kill();
    disk = await Disk.mount(`${mariadb.folder}/${DATA}`, DISK_MB.mariadb);
    stack.defer(async () => {
      await mariadb.kill();
      await disk?.[Symbol.asyncDispose]();
    });
    await mariadb.restart();
  }
  const redis = stack.use(await startRedis());
  const back: Proxy[] = [];
  const through = (port: number) => {
    if (!part) return port;
    const proxy = stack.use(new Proxy(port, dice.fork()));
    back.push(proxy);
    return proxy.port;
  };
  const servers: TorturedServer[] = [];
  for (let i = 1; i <= count; i++) {
    const mysql = new URL(mariadb.url);
    mysql.port = String(through(mariadb.port));
    const args = ["--mysql", mysql.href, "--redis", `redis://127.0.0.1:${through(redis.port)}`];
    servers.push(stack.use(await TorturedServer.start(`s${i}`, args)));
  }
  const nginx = stack.use(await TorturedNginx.start(servers.map(({ port }) => port)));
  const front = stack.use(new Proxy(nginx.port, dice.fork()));
  const all = stack.move();
  return {
    about: `${count} servers with MariaDB, Redis and nginx`,
    servers,
    front,
    back,
    cluster: { mariadb, redis, nginx },
    disk,
    query: (sql) => mariadb.query(sql, mariadb.url),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
