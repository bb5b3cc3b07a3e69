/**
 * Which events were handed on and not shown yet. A position is stored once everything up to it was shown: an event that
 * waits for its turn when the program dies is handed on again by the next run.
 *
 * They can be held back until all chats are known: only then a shown event can say in which chat it is, and the store has
 * positions. Killed before it has any, the next run would begin at the heads, behind what this one showed.
 */
import type { ChatId } from "../../protocol/fields.ts";
import type { ChatEvent } from "../events.ts";
import type { Have } from "./client_store.ts";

export class Shown {
  readonly #handOn: (event: ChatEvent) => void;
  /** Ascending. */
  readonly #waiting = new Map<ChatId, ChatEvent[]>();
  #held: ChatEvent[] | undefined;

  constructor(handOn: (event: ChatEvent) => void) {
    this.#handOn = handOn;
  }

  take(event: ChatEvent): void {
    const waiting = this.#waiting.get(event.chat);
    if (waiting) waiting.push(event);
    else this.#waiting.set(event.chat, [event]);
    if (this.#held) this.#held.push(event);
    else this.#handOn(event);
  }

  /** Nothing is handed on until `pass`. */
  hold(): void {
    this.#held ??= [];
  }

  pass(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#handOn(event);
  }

  /** This event was shown, and those before it in its chat. One of an earlier login says nothing. */
  shown(event: ChatEvent): void {
    const waiting = this.#waiting.get(event.chat) ?? [];
    waiting.splice(0, waiting.indexOf(event) + 1);
    if (waiting.length === 0) this.#waiting.delete(event.chat);
  }

  /** Positions up to which everything was handed on → up to which everything was shown. */
  upTo(handedOn: Have): Have {
    const have = { ...handedOn };
    for (const [chat, [first]] of this.#waiting) {
      if (have[chat] !== undefined) have[chat] = Math.min(have[chat], first!.seq - 1);
    }
    return have;
  }

  clear(): void {
    this.#waiting.clear();
    this.#held = undefined;
  }
}
