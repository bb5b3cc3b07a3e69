/**
 * What the server keeps its data in and reaches other servers by. MySQL's and Redis' drivers are loaded only where
 * they are wanted: a server on SQLite starts in a fifth of the time.
 */
import type { Bus } from "../bus/bus.ts";
import type { PresenceDirectory } from "../bus/presence.ts";
import { type Database, DatabaseError } from "../database/database.ts";
import { migrate } from "../database/migrations.ts";
import * as meta from "../models/meta.ts";
import type { Config } from "./config.ts";
import { VERSION } from "./version.ts";

/** Opens the database that the configuration names, and migrates it. Throws with one clear line. */
export async function openDatabase(config: Config): Promise<Database> {
  const database = await connect(config);
  try {
    await migrate(database, { version: VERSION });
    return database;
  } catch (error) {
    await database.close();
    if (error instanceof DatabaseError || !(error instanceof Error)) throw error; // says where
    throw new Error(`${nameOf(config)}: ${error.message}`, { cause: error });
  }
}

async function connect(config: Config): Promise<Database> {
  if (config.mysql) {
    const { openMysql } = await import("../database/mysql.ts");
    return await openMysql(config.mysql, { allowUnsafe: config.unsafeMysql });
  }
  const { openSqlite } = await import("../database/sqlite.ts");
  return await openSqlite(config.db);
}

/** The way to the other servers of this database, and who is online on them. Throws with one clear line. */
export async function openBus(
  config: Config,
  serverId: string,
  database: Database,
): Promise<{ bus: Bus; directory: PresenceDirectory }> {
  if (config.redis) {
    const { openRedis } = await import("../bus/redis.ts");
    const prefix = `clusterchat:${await meta.read(database, "epoch")}:`;
    const { bus, presence } = await openRedis(config.redis, { server: serverId, prefix });
    return { bus, directory: presence };
  }
  const { LocalHub } = await import("../bus/local.ts");
  const hub = new LocalHub();
  return { bus: hub.bus(), directory: hub.presence() };
}

/** For people: which database it is. */
function nameOf({ mysql, db }: Config): string {
  if (!mysql) return db;
  const { host, pathname } = new URL(mysql);
  return `MySQL at ${host}${pathname}`;
}

/** For people: where the data is. */
export function placeOf({ mysql, redis, db }: Config): string {
  if (!mysql) return db === ":memory:" ? "memory, and forgets it at the end" : `${db} (SQLite)`;
  const host = (url: string) => new URL(url).host;
  return redis
    ? `MySQL at ${host(mysql)}, with Redis at ${host(redis)}`
    : `MySQL at ${host(mysql)}; without --redis, presence and typing cover the users of this server only`;
}
