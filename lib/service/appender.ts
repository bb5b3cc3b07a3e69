/**
 * The Appender: the one way into the log. Gathers entries into groups, commits each group in one transaction, and
 * hands what was stored to `onStored` (the Feeds and the Bus) before anybody is answered.
 *
 * Guarantees: an entry that resolves is committed and flushed; entries of one chat are stored in the order of their
 * `append`; an entry that is refused with a retryable error may be stored all the same (its commit's answer was lost),
 * which a repeat with the same cid shows.
 */
import { type Database, DatabaseError, type Lane } from "../database/database.ts";
import { ChatError } from "../protocol/errors.ts";
import type { StoredEvent } from "../protocol/events.ts";
import type { ChatId } from "../protocol/fields.ts";
import { type GroupResult, runGroup } from "./append_group.ts";
import { AppendQueue } from "./append_queue.ts";
import { type Appended, type Entry, isSameTarget } from "./entry.ts";
import { toChatError } from "./faults.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

export interface AppenderOptions {
  readonly database: Database;
  readonly serverId: string;
  readonly secret: string;
  readonly log: Log;
  onStored(events: readonly StoredEvent[]): void;
}

interface Waiting {
  readonly entry: Entry;
  readonly answer: PromiseWithResolvers<Appended>;
}

/** How long a group is run again and again while the database cannot be reached. */
const GIVE_UP_MS = 5_000;
const RETRY_MS = 100;
const CONTENDED_LANES = 4;

export class Appender {
  readonly #options: AppenderOptions;
  readonly #queue: AppendQueue;
  readonly #waiting = new Map<Entry, Waiting>();
  /** What is under way by sender and cid, so that a repeat meets the first one. */
  readonly #inFlight = new Map<string, Waiting>();
  readonly #running = new Set<Promise<void>>();
  readonly #lanes: Record<"append" | "contended", number>;
  #pump: NodeJS.Immediate | undefined;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#queue = new AppendQueue(options.database.appendEntries);
    this.#lanes = { append: options.database.appendLanes, contended: CONTENDED_LANES };
  }

  /** Throws ChatError: what `act` refused, `cid_conflict`, or a retryable one if the database failed. */
  async append(entry: Entry): Promise<Appended> {
    const key = `${entry.sender} ${entry.cid}`;
    const before = this.#inFlight.get(key);
    if (before) {
      if (!isSame(before.entry, entry)) throw new ChatError("cid_conflict");
      const { event } = await before.answer.promise;
      return { event, dup: true };
    }
    const waiting: Waiting = { entry, answer: Promise.withResolvers() };
    this.#inFlight.set(key, waiting);
    this.#waiting.set(entry, waiting);
    this.#queue.push(entry);
    this.#schedule();
    try {
      return await waiting.answer.promise;
    } finally {
      this.#inFlight.delete(key);
    }
  }

  /** Resolves once everything that was accepted has ended. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0) {
      await Promise.allSettled([...this.#waiting.values()].map(({ answer }) => answer.promise));
    }
    await Promise.all(this.#running);
  }

  /** At the end of this turn of the event loop, so that what all sockets brought in it goes together. */
  #schedule(): void {
    this.#pump ??= setImmediate(() => {
      this.#pump = undefined;
      this.#start("append", () => this.#queue.takeGroup());
      this.#start("contended", () => this.#queue.takeContended());
    });
  }

  #start(lane: "append" | "contended", take: () => Entry[]): void {
    while (this.#lanes[lane] > 0) {
      const group = take();
      if (group.length === 0) return;
      this.#lanes[lane]--;
      const run = this.#run(group, lane).finally(() => {
        this.#running.delete(run);
        this.#lanes[lane]++;
        if (this.#queue.length > 0) this.#schedule();
      });
      this.#running.add(run);
    }
  }

  async #run(group: readonly Entry[], lane: Lane): Promise<void> {
    let skipped: Entry[] = [];
    try {
      skipped = await this.#commit(group, lane);
    } catch (error) {
      if (group.length === 1 || concernsAll(error)) {
        this.#refuse(group, toChatError(error, this.#options.log));
      } else {
        await this.#runOneByOne(group, lane);
      }
    } finally {
      this.#queue.release(group, skipped);
    }
  }

  /** One bad entry must not fail its neighbours for ever. */
  async #runOneByOne(group: readonly Entry[], lane: Lane): Promise<void> {
    for (const entry of group) {
      if (!this.#waiting.has(entry)) continue;
      try {
        // Alone it may wait for its lock: nobody else is behind it.
        await this.#commit([entry], lane === "append" ? "contended" : lane);
      } catch (error) {
        // What stands before one stands before all of them: each would only wait as long again.
        const refused = concernsAll(error) ? group : [entry];
        this.#refuse(refused, toChatError(error, this.#options.log));
      }
    }
  }

  /** Runs the group until it is committed or failed for good, and settles what it reached. Returns what it skipped. */
  async #commit(group: readonly Entry[], lane: Lane): Promise<Entry[]> {
    const { database, onStored } = this.#options;
    const context = { ...this.#options, wait: lane === "contended" };
    const giveUp = performance.now() + GIVE_UP_MS;
    let conflicts = 0;
    let result: GroupResult;
    while (true) {
      try {
        result = await database.transaction((tx) => runGroup(tx, group, context), lane);
        break;
      } catch (error) {
        const fault = error instanceof DatabaseError ? error.fault : "other";
        if (fault === "lost" && performance.now() < giveUp) {
          await pause(RETRY_MS);
        } else if (!((fault === "conflict" || fault === "duplicate") && ++conflicts < 2)) {
          throw error;
        }
      }
    }
    // Repeats too: the server that stored them may have died before it told anybody.
    const known = [...result.outcomes.values()].flatMap((outcome) =>
      !(outcome instanceof ChatError) && outcome.dup && outcome.event ? [outcome.event] : []
    );
    onStored([...known, ...result.stored]);
    for (const [entry, outcome] of result.outcomes) {
      const answer = this.#settle(entry);
      if (outcome instanceof ChatError) answer?.reject(outcome);
      else answer?.resolve(outcome);
    }
    return result.skipped;
  }

  /** Refuses these and, if they may be sent again, what the same sources have waiting behind them in these chats. */
  #refuse(entries: readonly Entry[], error: ChatError): void {
    for (const entry of entries) this.#settle(entry)?.reject(error);
    if (!error.retry) return;
    const refused = new Map<object, Set<ChatId>>();
    for (const { source, chats: [chat] } of entries) {
      if (source) refused.set(source, (refused.get(source) ?? new Set()).add(chat));
    }
    const isBehind = ({ source, chats: [chat] }: Entry) => Boolean(source && refused.get(source)?.has(chat));
    this.#queue.remove(isBehind);
    for (const entry of [...this.#waiting.keys()]) if (isBehind(entry)) this.#settle(entry)?.reject(error);
  }

  #settle(entry: Entry): PromiseWithResolvers<Appended> | undefined {
    const waiting = this.#waiting.get(entry);
    this.#waiting.delete(entry);
    return waiting?.answer;
  }
}

function isSame(a: Entry, b: Entry): boolean {
  return isSameTarget(a, b.kind, b.chats[0]) && JSON.stringify(a.request) === JSON.stringify(b.request);
}

/** Whether the fault is the database's or a lock's, not one entry's. */
function concernsAll(error: unknown): boolean {
  return error instanceof DatabaseError && ["lost", "full", "conflict"].includes(error.fault);
}
