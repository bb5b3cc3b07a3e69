/**
 * The sweep: once a second, whatever the Bus does, the database is asked which chats have moved. What the Bus lost
 * arrives then. After an outage, and after a sweep that failed, all heads are compared.
 */
import type { Database } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import { toChatError } from "./faults.ts";
import type { Feeds } from "./feeds.ts";
import type { Flusher } from "./flusher.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

const INTERVAL_MS = 1_000;
/** A commit becomes visible later than the time it carries: so far back every sweep looks. */
const OVERLAP_MS = 10_000;

export class Sweep {
  readonly #database: Database;
  readonly #feeds: Feeds;
  readonly #flusher: Flusher;
  readonly #log: Log;
  readonly #closed = new AbortController();
  readonly #done: Promise<void>;
  /** Whether the next one compares all heads. */
  #full = false;

  constructor(database: Database, feeds: Feeds, flusher: Flusher, log: Log) {
    this.#database = database;
    this.#feeds = feeds;
    this.#flusher = flusher;
    this.#log = log;
    this.#done = this.#run();
  }

  /** Something may have been lost for longer than a sweep looks back. */
  compareAll(): void {
    this.#full = true;
  }

  async #run(): Promise<void> {
    /** The database's clock at the sweep before, and ours. */
    let last: { now: number; at: number } | undefined;
    while (!this.#closed.signal.aborted) {
      try {
        const at = performance.now();
        const now = await chats.now(this.#database);
        // A sweep that comes late must look at everything: a commit may be older than the overlap.
        if (last && at - last.at > OVERLAP_MS / 2) this.#full = true;
        if (this.#full) await this.#compareAll();
        else await this.#compareMoved((last?.now ?? now) - OVERLAP_MS);
        last = { now, at };
      } catch (error) {
        this.#full = true;
        toChatError(error, this.#log, { during: "sweep" });
      }
      await pause(INTERVAL_MS, this.#closed.signal);
    }
  }

  async #compareMoved(since: number): Promise<void> {
    const moved = await chats.moved(this.#database, since);
    const behind = moved.filter(({ id, last_seq }) => (this.#feeds.get(id)?.head ?? last_seq) < last_seq);
    if (behind.length === 0) return;
    await this.#flusher.flush();
    for (const { id, last_seq } of behind) this.#feeds.noticeHead(id, last_seq);
  }

  async #compareAll(): Promise<void> {
    this.#full = false;
    await this.#feeds.open(this.#feeds.started());
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#done;
  }
}
