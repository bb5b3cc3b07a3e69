/**
 * Makes durable what this server has read. MySQL shows commits of others before their redo is flushed, so a head that
 * was read may be gone after a crash; a commit of our own flushes everything before it (delivery rule 9).
 * SQLite shows nothing before it is flushed, and has nothing to do here.
 */
import type { Database } from "../database/database.ts";
import * as servers from "../models/servers.ts";

export class Flusher {
  readonly #database: Database;
  readonly #serverId: string;
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(database: Database, serverId: string) {
    this.#database = database;
    this.#serverId = serverId;
  }

  /** Resolves once all that was read before this call is durable. Calls that come together share one commit. */
  flush(): Promise<void> {
    if (this.#database.dialect === "sqlite") return Promise.resolve();
    return this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const run = servers.flush(this.#database, this.#serverId);
      this.#running = run.catch(() => {});
      return run;
    });
  }
}
