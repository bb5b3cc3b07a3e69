/**
 * What is tortured: one server on a SQLite file, or several servers with MariaDB, Redis and nginx. Everything is private
 * and on free ports; clients come through a proxy that can trouble their connections.
 */
import { type Mariadb, type Redis, startMariadb, startRedis } from "../kit/services.ts";
import { Amnesia } from "./amnesia.ts";
import { sqliteAt } from "./attached.ts";
import type { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";
import type { FaultKind } from "./faults.ts";
import { TorturedNginx } from "./nginx.ts";
import { type Filter, Proxy } from "./proxy.ts";
import { TorturedServer } from "./server.ts";
import type { Query } from "./stored.ts";

export interface Deployment extends AsyncDisposable {
  readonly about: string;
  readonly servers: readonly TorturedServer[];
  /** What clients connect to. */
  readonly front: Proxy;
  /** Between nginx and each server, if nginx has faults. */
  readonly middle: readonly Proxy[];
  /** Between each server and its database and Redis, if they are to be parted. */
  readonly back: readonly Proxy[];
  /** What each server's Redis can be made to forget, if Redis has faults. */
  readonly amnesias: readonly Amnesia[];
  readonly cluster?: { readonly mariadb: Mariadb; readonly redis: Redis; readonly nginx: TorturedNginx };
  /** The small disk that the database is on, if it is to become full. */
  readonly disk?: Disk;
  readonly query: Query;
}

export interface Wanted {
  readonly servers: number;
  /** What will be done to it: what only some faults need is there only for them. */
  readonly faults: readonly FaultKind[];
  readonly dice: Dice;
}

/** In the server's folder. */
const DATA = "data";
/** Room for what a database needs at its start, and for a run's events. */
const DISK_MB = { sqlite: 64, mariadb: 512 };

export async function startSqlite({ faults, dice }: Wanted): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  let disk: Disk | undefined;
  const server = stack.use(
    await TorturedServer.start("s1", ["--db", `${DATA}/chat.db`], async (folder) => {
      await Deno.mkdir(`${folder}/${DATA}`);
      if (faults.includes("disk")) disk = await Disk.mount(`${folder}/${DATA}`, DISK_MB.sqlite);
    }),
  );
  // Later ones are disposed of first: the disk goes when the server has ended.
  stack.defer(async () => {
    await server.kill();
    await disk?.[Symbol.asyncDispose]();
  });
  const front = stack.use(new Proxy(server.port, dice.fork()));
  const query = sqliteAt(`${server.folder}/${DATA}/chat.db`);
  const all = stack.move();
  return {
    about: "one server on SQLite",
    servers: [server],
    front,
    middle: [],
    back: [],
    amnesias: [],
    disk,
    query,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

export async function startCluster({ servers: count, faults, dice }: Wanted): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const mariadb = stack.use(await startMariadb());
  let disk: Disk | undefined;
  if (faults.includes("disk")) {
    await mariadb.kill();
    disk = await Disk.mount(`${mariadb.folder}/${DATA}`, DISK_MB.mariadb);
    stack.defer(async () => {
      await mariadb.kill();
      await disk?.[Symbol.asyncDispose]();
    });
    await mariadb.restart();
  }
  const redis = stack.use(await startRedis());
  const proxy = (port: number, filter?: () => Filter) => stack.use(new Proxy(port, dice.fork(), filter));
  const back: Proxy[] = [];
  const amnesias: Amnesia[] = [];
  const servers: TorturedServer[] = [];
  for (let i = 1; i <= count; i++) {
    let [toDatabase, toRedis] = [mariadb.port, redis.port];
    if (faults.includes("part")) {
      const database = proxy(toDatabase);
      back.push(database);
      toDatabase = database.port;
    }
    if (faults.includes("part") || faults.includes("redis")) {
      const amnesia = new Amnesia();
      amnesias.push(amnesia);
      const bus = proxy(toRedis, () => amnesia.filter());
      if (faults.includes("part")) back.push(bus);
      toRedis = bus.port;
    }
    const mysql = new URL(mariadb.url);
    mysql.port = String(toDatabase);
    const args = ["--mysql", mysql.href, "--redis", `redis://127.0.0.1:${toRedis}`];
    servers.push(stack.use(await TorturedServer.start(`s${i}`, args)));
  }
  const middle = faults.includes("nginx") ? servers.map(({ port }) => proxy(port)) : [];
  const nginx = stack.use(
    await TorturedNginx.start((middle.length > 0 ? middle : servers).map(({ port }) => port)),
  );
  const front = stack.use(new Proxy(nginx.port, dice.fork()));
  const all = stack.move();
  return {
    about: `${count} servers with MariaDB, Redis and nginx`,
    servers,
    front,
    middle,
    back,
    amnesias,
    cluster: { mariadb, redis, nginx },
    disk,
    query: (sql) => mariadb.query(sql, mariadb.url),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
