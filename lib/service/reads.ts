/**
 * Read positions on their way to the database: gathered for a second, written in the order of the key. They are no
 * messages: a server that dies takes up to a second of them along, and those texts are unread again.
 */
import type { Database } from "../database/database.ts";
import * as members from "../models/members.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";
import { toChatError } from "./faults.ts";
import type { Log } from "./log.ts";

interface ReadPosition {
  readonly chat: ChatId;
  readonly user: UserId;
  readonly seq: number;
}

const GATHER_MS = 1_000;
const ROWS_AT_ONCE = 500;

export class Reads {
  readonly #database: Database;
  readonly #log: Log;
  #gathered = new Map<string, ReadPosition>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  note(chat: ChatId, user: UserId, seq: number): void {
    const key = `${chat} ${user}`;
    if ((this.#gathered.get(key)?.seq ?? 0) >= seq) return;
    this.#gathered.set(key, { chat, user, seq });
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** What is on its way to the database: 0 if nothing is. */
  pending(chat: ChatId, user: UserId): number {
    return this.#gathered.get(`${chat} ${user}`)?.seq ?? 0;
  }

  /** Writes what is gathered. Never throws: what cannot be written now is kept for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const rows = [...this.#gathered.values()].sort((a, b) => a.chat - b.chat || a.user - b.user);
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      const part = rows.slice(i, i + ROWS_AT_ONCE);
      try {
        await this.#database.transaction(async (tx) => {
          for (const { chat, user, seq } of part) await members.setRead(tx, chat, user, seq);
        });
      } catch (error) {
        toChatError(error, this.#log);
        this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
        return;
      }
      for (const { chat, user, seq } of part) {
        const key = `${chat} ${user}`;
        if (this.#gathered.get(key)?.seq === seq) this.#gathered.delete(key);
      }
    }
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }
}
