/**
 * The sweep: once a second, whatever the Bus does, the database is asked which chats have moved. What the Bus lost
 * arrives then. After an outage, a sweep that failed or came late, and a commit that took long, all heads are compared.
 *
 * It also notices when the database is no longer the one that it was: a head below what was delivered, or another event
 * there (a restored backup, a replica that lacked the last commits), gets a new epoch, and a new epoch ends this
 * server's view of the log.
 */
import type { Database } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import * as events from "../models/events.ts";
import * as meta from "../models/meta.ts";
import type { ChatId } from "../protocol/fields.ts";
import { toChatError } from "./faults.ts";
import type { Feeds } from "./feeds.ts";
import type { Flusher } from "./flusher.ts";
import { randomName } from "./ids.ts";
import type { LogEvent } from "./log_event.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

export interface SweepOptions {
  readonly database: Database;
  readonly feeds: Feeds;
  readonly flusher: Flusher;
  readonly log: Log;
  /** Which history of the log this server serves. */
  readonly epoch: string;
  /** The database has another epoch: all that this server knows is of the past. Called once. */
  onNewEpoch(): void;
}

const INTERVAL_MS = 1_000;
/** A commit becomes visible later than the time it carries: so far back every sweep looks. */
const OVERLAP_MS = 10_000;
/** After so long without a sweep the overlap is no longer enough to rely on. */
const LATE_MS = 5_000;
/** Others' commits take about as long as ours: what is behind one that took longer may be older than the overlap. */
const SLOW_COMMIT_MS = 2_000;
const PLACES_AT_ONCE = 500;

export class Sweep {
  readonly #options: SweepOptions;
  readonly #closed = new AbortController();
  readonly #done: Promise<void>;
  /** Whether the next one compares all heads. */
  #all = false;
  /** Ends the pause before the next one. */
  #wake = new AbortController();

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Something may have been lost for longer than a sweep looks back. */
  compareAll(): void {
    this.#all = true;
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { database, epoch, flusher, log, onNewEpoch } = this.#options;
    let isAway = false;
    /** The database's clock at the sweep before, and ours. */
    let last: { now: number; at: number } | undefined;
    while (!this.#closed.signal.aborted) {
      try {
        const at = performance.now();
        await flusher.flush();
        if (performance.now() - at > SLOW_COMMIT_MS) this.#all = true;
        const now = await chats.now(database);
        if (await meta.read(database, "epoch") !== epoch) return onNewEpoch();
        if (last && at - last.at > LATE_MS) this.#all = true;
        if (this.#all) await this.#compareAll();
        else await this.#compareMoved((last?.now ?? now) - OVERLAP_MS);
        last = { now, at };
        if (isAway) log.info("the database is back");
        isAway = false;
      } catch (error) {
        this.#all = true;
        if (!isAway) toChatError(error, log, { during: "sweep" });
        isAway = true; // said once
      }
      await pause(INTERVAL_MS, this.#wake.signal);
      this.#wake = new AbortController();
    }
  }

  async #compareMoved(since: number): Promise<void> {
    const { database, feeds, flusher } = this.#options;
    const moved = await chats.moved(database, since);
    const behind = moved.filter(({ id, last_seq }) => (feeds.get(id)?.head ?? last_seq) < last_seq);
    if (behind.length === 0) return;
    await flusher.flush();
    for (const { id, last_seq } of behind) feeds.missed(id, last_seq);
  }

  async #compareAll(): Promise<void> {
    const { database, feeds, epoch, log } = this.#options;
    this.#all = false;
    const passed = feeds.started().map(({ chat, head, last }) => ({ chat, head, last }));
    const heads = await feeds.open(passed.map(({ chat }) => chat));
    const stored = await this.#stored(passed.flatMap(({ chat, last }) => last ? [[chat, last.seq]] : []));
    const lost = passed.filter(({ chat, head, last }) => {
      const place = stored.get(chat);
      const isOther = place && last && (place.from !== last.from || place.cid !== last.cid);
      return isOther || (heads.get(chat)?.last_seq ?? 0) < head;
    });
    if (lost.length === 0) return;
    log.error("the database has lost events that were delivered: its clients start afresh", {
      chats: lost.length,
    });
    await meta.renewEpoch(database, epoch, randomName(12));
  }

  /** What stands now where these events stood, by chat. */
  async #stored(places: readonly [ChatId, number][]) {
    const stored = new Map<ChatId, Pick<LogEvent, "from" | "cid">>();
    for (let i = 0; i < places.length; i += PLACES_AT_ONCE) {
      const found = await events.at(this.#options.database, places.slice(i, i + PLACES_AT_ONCE));
      for (const { chat, ...event } of found) stored.set(chat, event);
    }
    return stored;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#wake.abort();
    await this.#done;
  }
}
