/**
 * What waits for the Appender, in its order. A chat is in one running group at a time, and what follows an entry
 * that ends its group waits for the next one; everything else goes as soon as there is a lane.
 */
import type { ChatId } from "../protocol/fields.ts";
import type { Entry } from "./entry.ts";

const MAX_GROUP_CHARS = 1_048_576;

export class AppendQueue {
  readonly #maxEntries: number;
  #pending: Entry[] = [];
  readonly #arrivals = new WeakMap<Entry, number>();
  #arrived = 0;
  readonly #busy = new Set<ChatId>();
  /** Chats that another server had locked: their entries go into transactions that wait for the lock. */
  readonly #contended = new Set<ChatId>();

  /** A group of more entries gains nothing, and its neighbours wait. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get length(): number {
    return this.#pending.length;
  }

  push(entry: Entry): void {
    this.#arrivals.set(entry, this.#arrived++);
    this.#pending.push(entry);
  }

  /** The next group that takes no contended chat, or none. Its chats are busy until `release`. */
  takeGroup(): Entry[] {
    return this.#take((entry) => entry.chats.every((chat) => !this.#contended.has(chat)));
  }

  /** The next group around one contended chat, so that it waits for one lock only; or none. */
  takeContended(): Entry[] {
    if (this.#contended.size === 0) return [];
    let first: Entry | undefined;
    return this.#take((entry) => {
      if (first) return entry.chats.every((chat) => first!.chats.includes(chat));
      if (!entry.chats.some((chat) => this.#contended.has(chat))) return false;
      first = entry;
      return true;
    });
  }

  #take(fits: (entry: Entry) => boolean): Entry[] {
    const group: Entry[] = [];
    const rest: Entry[] = [];
    const passed = new Set<ChatId>(this.#busy);
    let chars = 0;
    for (const entry of this.#pending) {
      const isFull = group.length === this.#maxEntries || chars > MAX_GROUP_CHARS;
      if (!isFull && entry.chats.every((chat) => !passed.has(chat)) && fits(entry)) {
        group.push(entry);
        chars += entry.chars ?? 0;
        if (entry.endsGroup) { for (const chat of entry.chats) passed.add(chat); }
      } else {
        rest.push(entry);
        for (const chat of entry.chats) passed.add(chat);
      }
    }
    this.#pending = rest;
    for (const entry of group) for (const chat of entry.chats) this.#busy.add(chat);
    return group;
  }

  /**
   * The group has ended; `skipped` are its entries that met a locked chat, and will wait for it. They go back to where
   * they stood: in front of everything, those that were skipped before them would starve.
   */
  release(group: readonly Entry[], skipped: readonly Entry[]): void {
    for (const entry of group) {
      for (const chat of entry.chats) {
        this.#busy.delete(chat);
        this.#contended.delete(chat);
      }
    }
    for (const entry of skipped) for (const chat of entry.chats) this.#contended.add(chat);
    if (skipped.length === 0) return;
    const arrival = (entry: Entry) => this.#arrivals.get(entry)!;
    this.#pending = [...skipped, ...this.#pending].sort((a, b) => arrival(a) - arrival(b));
  }

  /** Takes out those that the test picks. */
  remove(picks: (entry: Entry) => boolean): void {
    this.#pending = this.#pending.filter((entry) => !picks(entry));
  }
}
