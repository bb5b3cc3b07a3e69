/**
 * What waits for the Appender, in its order. A chat is in one running group at a time, and what follows a change of
 * rights in its chats waits for the next group; everything else goes as soon as there is a lane.
 */
import type { ChatId } from "../protocol/fields.ts";
import type { Entry } from "./entry.ts";

/** A transaction longer than this gains nothing, and its neighbours wait. */
const MAX_GROUP_ENTRIES = 256;
const MAX_GROUP_CHARS = 1_048_576;

export class AppendQueue {
  #pending: Entry[] = [];
  readonly #busy = new Set<ChatId>();
  /** Chats that another server had locked: their entries go into transactions that wait for the lock. */
  readonly #contended = new Set<ChatId>();

  get length(): number {
    return this.#pending.length;
  }

  push(entry: Entry): void {
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
      const isFull = group.length === MAX_GROUP_ENTRIES || chars > MAX_GROUP_CHARS;
      if (!isFull && entry.chats.every((chat) => !passed.has(chat)) && fits(entry)) {
        group.push(entry);
        chars += entry.chars ?? 0;
        if (entry.changesRights) { for (const chat of entry.chats) passed.add(chat); }
      } else {
        rest.push(entry);
        for (const chat of entry.chats) passed.add(chat);
      }
    }
    this.#pending = rest;
    for (const entry of group) for (const chat of entry.chats) this.#busy.add(chat);
    return group;
  }

  /** The group has ended; `skipped` are its entries that met a locked chat: they come first, and will wait for it. */
  release(group: readonly Entry[], skipped: readonly Entry[]): void {
    for (const entry of group) {
      for (const chat of entry.chats) {
        this.#busy.delete(chat);
        this.#contended.delete(chat);
      }
    }
    for (const entry of skipped) for (const chat of entry.chats) this.#contended.add(chat);
    if (skipped.length > 0) this.#pending = [...skipped, ...this.#pending];
  }

  /** Takes out those that the test picks, in their order. */
  remove(picks: (entry: Entry) => boolean): Entry[] {
    const removed = this.#pending.filter(picks);
    if (removed.length > 0) this.#pending = this.#pending.filter((entry) => !picks(entry));
    return removed;
  }
}
