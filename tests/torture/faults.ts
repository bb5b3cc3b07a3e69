/**
 * What is done to a deployment: a table of kinds, each with the ways in which it happens. A fault is over, and what it
 * did is mended, when its promise resolves; also when it throws.
 */
import { createConnection } from "mysql2/promise";
import { pause } from "../../lib/service/pause.ts";
import type { Mariadb } from "../kit/services.ts";
import type { Service } from "../kit/service.ts";
import { until } from "../kit/until.ts";
import type { Deployment } from "./deployment.ts";
import type { Dice } from "./dice.ts";
import type { Proxy, Trouble } from "./proxy.ts";
import type { Query } from "./stored.ts";

export type FaultKind = "kill" | "stop" | "drain" | "redis" | "db" | "nginx" | "net" | "part" | "disk";

/** Whatever was killed runs again by then. */
const START_MS = 60_000;

type Act = (deployment: Deployment, dice: Dice) => Promise<void>;

export interface FaultSpec {
  readonly about: string;
  /** Whether it needs a cluster. */
  readonly cluster?: true;
  /** Whether it starts or signals servers: only one such fault happens at a time. */
  readonly servers?: true;
  readonly ways: { readonly [way: string]: Act };
}

type Cluster = NonNullable<Deployment["cluster"]>;

export const FAULTS: { readonly [kind in FaultKind]: FaultSpec } = {
  kill: {
    about: "kill -9 of servers, which start again",
    servers: true,
    ways: {
      one: ({ servers }, dice) => killed(dice.pick(servers), dice),
      all: async ({ servers }, dice) => {
        await Promise.all(servers.map((server) => killed(server, dice)));
      },
      // Nobody is there for a while: clients knock, and nginx has given all servers up when they come back.
      blackout: async ({ servers }, dice) => {
        await Promise.all(servers.map((server) => server.kill()));
        await pause(dice.between(3_000, 6_000));
        await Promise.all(servers.map((server) => until(() => server.restart(), START_MS)));
      },
    },
  },
  stop: {
    about: "SIGSTOP of a server, and SIGCONT",
    servers: true,
    ways: {
      short: ({ servers }, dice) => stopped(dice.pick(servers), dice.between(300, 3_000)),
      // Longer than the database keeps an idle transaction, and than the appender waits for an answer.
      long: ({ servers }, dice) => stopped(dice.pick(servers), dice.between(6_000, 12_000)),
      // Longer than a lease.
      endless: ({ servers }, dice) => stopped(dice.pick(servers), 17_000),
    },
  },
  drain: {
    about: "SIGTERM of the servers one after the other, each started again",
    servers: true,
    ways: {
      rolling: async ({ servers }) => {
        for (const server of servers) {
          await server.drain();
          await until(() => server.restart(), START_MS);
        }
      },
    },
  },
  redis: {
    about: "Redis killed, stopped, emptied, its connections killed, subscriptions forgotten",
    cluster: true,
    ways: {
      kill: inCluster(({ redis }, dice) => killed(redis, dice)),
      stop: inCluster(({ redis }, dice) => stopped(redis, dice.between(1_000, 8_000))),
      empty: inCluster(async ({ redis }) => void await redis.cli("flushall")),
      subscribers: inCluster(async ({ redis }) => void await redis.cli("client", "kill", "type", "pubsub")),
      clients: inCluster(async ({ redis }) => void await redis.cli("client", "kill", "type", "normal")),
      forget: async ({ cluster, amnesias }, dice) => {
        const channels = (await cluster!.redis.cli("pubsub", "channels", "*")).split("\n");
        await dice.pick(amnesias).forget(channels.filter(() => dice.chance(0.5)));
      },
    },
  },
  db: {
    about: "MariaDB killed, stopped, without free connections, its connections killed",
    cluster: true,
    ways: {
      kill: inCluster(({ mariadb }, dice) => killed(mariadb, dice)),
      stop: inCluster(({ mariadb }, dice) => stopped(mariadb, dice.between(1_000, 8_000))),
      connections: inCluster(({ mariadb }) => inDatabase(mariadb, endOthers)),
      limit: inCluster(({ mariadb }, dice) =>
        inDatabase(mariadb, async (query) => {
          const [before] = await query("SELECT @@max_connections AS count");
          await query("SET GLOBAL max_connections = 10"); // the least that it takes
          await endOthers(query);
          await pause(dice.between(1_000, 5_000));
          await query(`SET GLOBAL max_connections = ${before!.count}`);
        })
      ),
    },
  },
  nginx: {
    about: "nginx reloaded and killed; parted from a server, its connections there half-open, cut or slow",
    cluster: true,
    ways: {
      reload: inCluster(async ({ nginx }) => {
        nginx.reload();
        await pause(1_000);
      }),
      kill: inCluster(({ nginx }, dice) => killed(nginx, dice)),
      halfOpen: ({ middle }, dice) => parted(middle, "swallow", dice),
      cut: ({ middle }, dice) => parted(middle, "cut", dice),
      slow: ({ middle }, dice) => parted(middle, "delay", dice),
    },
  },
  net: {
    about: "clients' connections cut, half-open, slow, torn into small pieces",
    ways: {
      cut: async ({ front }) => {
        front.apply("cut", 0.5);
        await pause(1_000);
        front.heal();
      },
      halfOpen: ({ front }) => Promise.resolve(front.apply("swallow", 0.3)),
      slow: (deployment, dice) => troubled(deployment, "delay", dice),
      torn: (deployment, dice) => troubled(deployment, "split", dice),
    },
  },
  part: {
    about: "a server parted from its database or from Redis, its connections there half-open, cut or slow",
    cluster: true,
    ways: {
      halfOpen: ({ back }, dice) => parted(back, "swallow", dice),
      cut: ({ back }, dice) => parted(back, "cut", dice),
      slow: ({ back }, dice) => parted(back, "delay", dice),
    },
  },
  disk: {
    about: "the database's disk becomes full, and has room again",
    ways: {
      full: async ({ disk }, dice) => {
        await disk!.fill();
        await pause(dice.between(1_000, 5_000));
        await disk!.empty();
      },
    },
  },
};

function inCluster(act: (cluster: Cluster, dice: Dice) => Promise<void>): Act {
  return ({ cluster }, dice) => act(cluster!, dice);
}

async function killed(service: Service, dice: Dice): Promise<void> {
  await service.kill();
  await pause(dice.between(0, 2_000));
  // What it needs may not be there yet, where something else is done at the same time.
  await until(() => service.restart(), START_MS);
}

async function stopped(service: Service, ms: number): Promise<void> {
  service.stop();
  await pause(ms);
  service.cont();
}

async function troubled({ front }: Deployment, trouble: Trouble, dice: Dice): Promise<void> {
  front.trouble = trouble;
  front.apply(trouble, 0.7);
  await pause(dice.between(1_000, 5_000));
  front.heal();
}

async function parted(proxies: readonly Proxy[], trouble: Trouble, dice: Dice): Promise<void> {
  const proxy = dice.pick(proxies);
  proxy.trouble = trouble;
  proxy.apply(trouble);
  await pause(dice.between(1_000, 8_000));
  proxy.heal();
}

/** On one connection, which is there when no other one can be made. */
async function inDatabase(mariadb: Mariadb, act: (query: Query) => Promise<void>): Promise<void> {
  const connection = await createConnection(mariadb.url);
  try {
    await act(async (sql) => (await connection.query(sql))[0] as Record<string, unknown>[]);
  } finally {
    await connection.end();
  }
}

async function endOthers(query: Query): Promise<void> {
  const rows = await query("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()");
  for (const { id } of rows) await query(`KILL ${id}`).catch(() => {}); // it may have gone by itself
}
