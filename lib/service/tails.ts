/**
 * The last events of the chats that moved last: whoever is a little behind, after a reconnect or as a slow reader, is
 * served from here and asks the database nothing (delivery rule 20). Only a cache: what is not here is in the log.
 */
import type { ChatId } from "../protocol/fields.ts";
import type { LogEvent } from "./log_event.ts";

/** In characters of the events' lines. With their encoded bytes a character takes 2 to 5 bytes of memory. */
const CHAT_LENGTH = 65_536;
const TOTAL_LENGTH = 16 * 1024 * 1024;

interface Tail {
  /** Without a hole, up to the last event that the chat's Feed has passed. */
  readonly events: LogEvent[];
  length: number;
}

export class Tails {
  /** The chat that moved longest ago comes first. */
  readonly #tails = new Map<ChatId, Tail>();
  readonly #totalLength: number;
  #length = 0;

  constructor(totalLength = TOTAL_LENGTH) {
    this.#totalLength = totalLength;
  }

  /** The chat's Feed passes this event; before it came the one that was kept last, or nothing was kept. */
  keep(event: LogEvent): void {
    const { chat, kind, line } = event;
    const before = this.#tails.get(chat);
    this.drop(chat);
    // What was deleted is not shown to whoever comes later, and neither are its edits.
    const tail = before && kind !== "delete" ? before : { events: [], length: 0 };
    tail.events.push(event);
    tail.length += line.length;
    while (tail.length > CHAT_LENGTH) tail.length -= tail.events.shift()!.line.length;
    this.#tails.set(chat, tail);
    this.#length += tail.length;
    for (const oldest of this.#tails.keys()) {
      if (this.#length <= this.#totalLength) break;
      this.drop(oldest);
    }
  }

  /** All events above `after`; undefined if some of them are not here. */
  above(chat: ChatId, after: number): readonly LogEvent[] | undefined {
    const events = this.#tails.get(chat)?.events;
    const first = events?.[0]?.seq;
    return first === undefined || after < first - 1 ? undefined : events!.slice(after + 1 - first);
  }

  drop(chat: ChatId): void {
    this.#length -= this.#tails.get(chat)?.length ?? 0;
    this.#tails.delete(chat);
  }
}
