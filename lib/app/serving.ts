/**
 * A chat server with its bus, over a database that is open. It ends with the process, or when the database turns out
 * to be another one (a restored backup): then everything it knows is of the past, and the next one starts afresh.
 */
import type { Database } from "../database/database.ts";
import { ChatServer } from "../service/chat_server.ts";
import { randomName } from "../service/ids.ts";
import type { Log } from "../service/log.ts";
import { openBus } from "./backends.ts";
import type { Config } from "./config.ts";

export interface Serving {
  readonly server: ChatServer;
  /** Resolves when the database has a new epoch. */
  readonly outdated: Promise<void>;
  close(): Promise<void>;
}

/** Throws with one clear line; leaves nothing open then. */
export async function openServing(config: Config, database: Database, log: Log): Promise<Serving> {
  await using opened = new AsyncDisposableStack();
  const id = randomName();
  const { bus, directory } = await openBus(config, id, database);
  opened.defer(() => bus.close());
  opened.defer(() => directory.close());
  const { promise: outdated, resolve } = Promise.withResolvers<void>();
  const server = await ChatServer.open({
    database,
    bus,
    directory,
    id,
    name: config.name,
    sessionsPerUser: config.sessions,
    log,
    onNewEpoch: resolve,
  });
  opened.defer(() => server.stop());
  const all = opened.move();
  return { server, outdated, close: () => all.disposeAsync() };
}
