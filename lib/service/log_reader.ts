/**
 * Reads pages of logs for Feeds and cursors that are behind, a few at a time so that a herd of them leaves the
 * database to others. What cannot be read now is tried again: a reader waits, it never skips.
 */
import type { Database } from "../database/database.ts";
import * as events from "../models/events.ts";
import type { StoredEvent } from "../protocol/events.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";
import { LogEvent } from "./log_event.ts";
import { toChatError } from "./faults.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";
import { Turns } from "./turns.ts";

const READS_AT_ONCE = 4;
/** At most 100 texts of 8,000 characters a page: bounded memory for each of the readers. */
const PAGE_EVENTS = 100;
const RETRY_MS = 500;

export class LogReader {
  readonly #database: Database;
  readonly #log: Log;
  readonly #closed = new AbortController();
  readonly #turns = new Turns(READS_AT_ONCE);

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  above(chat: ChatId, after: number): Promise<LogEvent[]> {
    // Not in turn: a Feed's hole holds all its sessions up, and each Feed has one at most.
    return this.#patiently(() => events.above(this.#database, chat, after, PAGE_EVENTS), this.closed);
  }

  visibleAbove(chat: ChatId, reader: UserId, after: number, signal: AbortSignal): Promise<LogEvent[]> {
    const page = () => events.visibleAbove(this.#database, chat, reader, after, PAGE_EVENTS);
    // Whoever is gone when its turn comes costs no query.
    return this.#patiently(() => this.#turns.take(async () => signal.aborted ? [] : await page()), signal);
  }

  async #patiently(page: () => Promise<StoredEvent[]>, signal: AbortSignal): Promise<LogEvent[]> {
    while (!signal.aborted && !this.closed.aborted) {
      try {
        return (await page()).map(LogEvent.fromStored);
      } catch (error) {
        toChatError(error, this.#log);
        await pause(RETRY_MS, this.closed);
      }
    }
    return [];
  }

  close(): void {
    this.#closed.abort();
  }
}
