/**
 * What is to be stored and was not acknowledged yet. Everything in it has a `cid`, so that sending it again is harmless:
 * it stays until the server says `ok`, or refuses it for good.
 *
 * Holds true:
 * - the requests of one lane (a chat) go out in the order in which they were added;
 * - after a refusal that may pass, only the lane's first goes out, after a growing delay, until it is acknowledged;
 * - after a lost connection everything unacknowledged goes out again, in its order, with the same `cid`;
 * - where drafts are kept, none goes out before it is; what cannot be kept fails.
 */
import type { Reply } from "../protocol/requests.ts";
import { type Ask, promised } from "./asks.ts";
import { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { ClientError, Refusal } from "./errors.ts";

export type OutboxType = "send" | "edit" | "delete" | "group_create";

/** An unacknowledged request, as another run of the program can add it again. */
export interface Draft {
  readonly type: OutboxType;
  readonly fields: { readonly cid: string } & Readonly<Record<string, unknown>>;
  /** The lane in which it was, if it was in one. */
  readonly lane?: string;
}

/** What sends a request; a connection is one. */
export interface Asker {
  ask(ask: Ask<OutboxType>): void;
}

/** What makes drafts outlive the program. */
export interface DraftKeeper {
  /** Throws why it cannot. */
  keep(drafts: readonly Draft[]): void;
  /** Acknowledged, or refused for good. */
  settle(cid: string): void;
}

interface Item extends Omit<Draft, "lane"> {
  readonly serial: number;
  readonly lane: Lane;
  ok(reply: Reply<OutboxType>): void;
  failed(error: Error): void;
}

class Lane {
  /** Not sent, or to be sent again; in their order. */
  readonly queue: Item[] = [];
  readonly sent = new Set<Item>();
  /** A retryable refusal came: one at a time. */
  isHeld = false;
  /** The one that may open the lane again. */
  trial: Item | undefined;
  cancelPause: (() => void) | undefined;
  readonly backoff: Backoff;

  constructor(readonly name: string, clock: Clock) {
    this.backoff = new Backoff(clock, RETRY_DELAYS);
  }

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.sent.size === 0;
  }

  get maySend(): boolean {
    if (this.queue.length === 0) return false;
    return !this.isHeld || this.sent.size === 0 && this.cancelPause === undefined;
  }

  putBack(item: Item): void {
    const behind = this.queue.findIndex(({ serial }) => serial > item.serial);
    this.queue.splice(behind < 0 ? this.queue.length : behind, 0, item);
  }

  open(): void {
    this.cancelPause?.();
    this.cancelPause = undefined;
    this.isHeld = false;
    this.trial = undefined;
  }
}

const RETRY_DELAYS = { minMs: 500, maxMs: 10_000 };
const MAX_ITEMS = 10_000;

export class Outbox {
  readonly #clock: Clock;
  readonly #keeper: DraftKeeper | undefined;
  readonly #lanes = new Map<string, Lane>();
  /** New ones, which wait in their lanes too. */
  #unkept: Item[] = [];
  #keeping: ReturnType<typeof setImmediate> | undefined;
  #asker: Asker | undefined;
  /** Requests that may be on their way at once. */
  #capacity = 0;
  #sentCount = 0;
  #size = 0;
  #lastSerial = 0;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(clock: Clock, keeper?: DraftKeeper) {
    this.#clock = clock;
    this.#keeper = keeper;
  }

  /** Requests that are not acknowledged. */
  get size(): number {
    return this.#size;
  }

  /** Resolves when it is empty. */
  drained(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers()).promise;
  }

  drafts(): Draft[] {
    return [...this.#lanes.values()]
      .flatMap(({ queue, sent }) => [...sent, ...queue])
      .sort((a, b) => a.serial - b.serial)
      .map(draftOf);
  }

  /** Resolves with the acknowledgement; throws the refusal, or why the client gave up. */
  add({ type, fields }: Draft, laneName: string): Promise<Reply<OutboxType>> {
    return promised((ask) => this.#add({ type, fields }, ask, laneName), type, fields);
  }

  #add({ type, fields }: Draft, { ok, failed }: Ask<OutboxType>, laneName: string): void {
    if (this.#size >= MAX_ITEMS) return failed(new ClientError("queue_full"));
    let lane = this.#lanes.get(laneName);
    if (!lane) this.#lanes.set(laneName, lane = new Lane(laneName, this.#clock));
    const item = { type, fields, serial: ++this.#lastSerial, lane, ok, failed };
    lane.queue.push(item);
    this.#size++;
    if (!this.#keeper) return this.#pump();
    this.#unkept.push(item);
    // Those of one turn of the event loop are kept together.
    this.#keeping ??= setImmediate(() => this.#pump());
  }

  /** From here on it sends, at most so many at once. */
  up(asker: Asker, capacity: number): void {
    this.#asker = asker;
    this.#capacity = capacity;
    this.#pump();
  }

  /** The connection is over; it says so of each request that it had. */
  down(): void {
    this.#asker = undefined;
    for (const lane of this.#lanes.values()) lane.open();
  }

  /** Gives everything up for good: no other run sends it either. */
  drop(error: Error): void {
    for (const { fields } of this.drafts()) this.#keeper?.settle(fields.cid);
    this.fail(error);
  }

  /** Gives everything up; what is kept is for another run. */
  fail(error: Error): void {
    this.#keep();
    this.down();
    const items = [...this.#lanes.values()].flatMap(({ queue, sent }) => [...sent, ...queue]);
    this.#lanes.clear();
    this.#sentCount = 0;
    for (const item of items) this.#settle(() => item.failed(error));
  }

  #keep(): void {
    clearImmediate(this.#keeping);
    this.#keeping = undefined;
    const items = this.#unkept.splice(0);
    if (!this.#keeper || items.length === 0) return;
    try {
      this.#keeper.keep(items.map(draftOf));
    } catch (error) {
      for (const item of items) {
        const { lane } = item;
        lane.queue.splice(lane.queue.indexOf(item), 1);
        if (lane.isEmpty) this.#lanes.delete(lane.name);
      }
      for (const item of items) this.#settle(() => item.failed(error as Error));
    }
  }

  #pump(): void {
    this.#keep();
    while (this.#asker && this.#sentCount < this.#capacity) {
      const lane = this.#lanes.values().find((each) => each.maySend);
      if (!lane) return;
      // To the end, so that a long lane does not keep the others waiting.
      this.#lanes.delete(lane.name);
      this.#lanes.set(lane.name, lane);
      this.#send(lane, lane.queue.shift()!, this.#asker);
    }
  }

  #send(lane: Lane, item: Item, asker: Asker): void {
    const { type, fields } = item;
    lane.sent.add(item);
    if (lane.isHeld) lane.trial = item;
    this.#sentCount++;
    asker.ask({
      type,
      fields,
      ok: (reply) => this.#answered(item, () => item.ok(reply)),
      failed: (error) => {
        if (error instanceof ClientError && error.code === "connection_lost") this.#again(item);
        else if (mayPass(error)) this.#hold(item);
        else this.#answered(item, () => item.failed(error));
      },
    });
  }

  #answered(item: Item, tell: () => void): void {
    const { lane } = item;
    // Given up meanwhile.
    if (!this.#take(item)) return;
    this.#keeper?.settle(item.fields.cid);
    if (lane.trial === item) {
      lane.open();
      lane.backoff.reset();
    }
    if (lane.isEmpty) this.#lanes.delete(lane.name);
    else this.#pauseIfHeld(lane);
    this.#settle(tell);
    this.#pump();
  }

  #again(item: Item): void {
    this.#asker = undefined; // whatever it says next, it is over
    if (this.#take(item)) item.lane.putBack(item);
  }

  #hold(item: Item): void {
    if (!this.#take(item)) return;
    const { lane } = item;
    lane.putBack(item);
    lane.isHeld = true;
    lane.trial = undefined;
    this.#pauseIfHeld(lane);
    this.#pump();
  }

  #pauseIfHeld(lane: Lane): void {
    if (!lane.isHeld || lane.sent.size > 0 || lane.cancelPause) return;
    lane.cancelPause = this.#clock.after(lane.backoff.next(), () => {
      lane.cancelPause = undefined;
      this.#pump();
    });
  }

  #take(item: Item): boolean {
    const isOurs = item.lane.sent.delete(item) && this.#lanes.get(item.lane.name) === item.lane;
    if (isOurs) this.#sentCount--;
    return isOurs;
  }

  #settle(tell: () => void): void {
    this.#size--;
    tell();
    if (this.#size > 0) return;
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}

function draftOf({ type, fields, lane }: Item): Draft {
  return { type, fields, lane: lane.name };
}

function mayPass(error: Error): boolean {
  return error instanceof Refusal ? error.retry : error instanceof ClientError && error.code === "queue_full";
}
