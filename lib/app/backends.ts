/**
 * What the server keeps its data in and reaches other servers by. MySQL's and Redis' drivers are loaded only where
 * they are wanted: a server on SQLite starts in a fifth of the time.
 */
import type { Bus } from "../bus/bus.ts";
import type { PresenceDirectory } from "../bus/presence.ts";
import type { Database } from "../database/database.ts";
import { migrate } from "../database/migrations.ts";
import * as meta from "../models/meta.ts";
import type { Config } from "./config.ts";

export interface Backends {
  readonly database: Database;
  readonly bus: Bus;
  readonly directory: PresenceDirectory;
  /** For people: where the data is. */
  readonly where: string;
  close(): Promise<void>;
}

/** Opens what the configuration names, the database migrated. Throws with one clear line; leaves nothing open then. */
export async function openBackends(config: Config, serverId: string): Promise<Backends> {
  await using opened = new AsyncDisposableStack();
  const database = opened.adopt(await openDatabase(config), (database) => database.close());
  await migrate(database);
  const { bus, directory } = await openBus(config, serverId, database, opened);
  const all = opened.move();
  return { database, bus, directory, where: describe(config), close: () => all.disposeAsync() };
}

async function openDatabase(config: Config): Promise<Database> {
  if (config.mysql) {
    const { openMysql } = await import("../database/mysql.ts");
    return await openMysql(config.mysql, { allowUnsafe: config.unsafeMysql });
  }
  const { openSqlite } = await import("../database/sqlite.ts");
  return await openSqlite(config.db);
}

async function openBus(config: Config, serverId: string, database: Database, opened: AsyncDisposableStack) {
  if (config.redis) {
    const { openRedis } = await import("../bus/redis.ts");
    const prefix = `clusterchat:${await meta.read(database, "epoch")}:`;
    const redis = await openRedis(config.redis, { server: serverId, prefix });
    opened.defer(() => redis.bus.close());
    opened.defer(() => redis.presence.close());
    return { bus: redis.bus, directory: redis.presence };
  }
  const { LocalHub } = await import("../bus/local.ts");
  const hub = new LocalHub();
  return { bus: hub.bus(), directory: hub.presence() };
}

function describe({ mysql, redis, db }: Config): string {
  if (!mysql) return db === ":memory:" ? "memory, and forgets it at the end" : `${db} (SQLite)`;
  const host = (url: string) => new URL(url).host;
  return redis
    ? `MySQL at ${host(mysql)}, with Redis at ${host(redis)}`
    : `MySQL at ${host(mysql)}; without --redis, presence and typing cover the users of this server only`;
}
