/**
 * Passes a chat's events to the cursors that follow it here, in the order of the log. Where they are many, in slices with
 * a turn of the event loop between them, so that a large group does not stop everybody else's chats (delivery rule 20).
 *
 * A cursor takes nothing but its next event: whatever is added, reads the log or leaves between two slices finds its
 * place by itself.
 */
import type { Cursor } from "./cursor.ts";
import type { LogEvent } from "./log_event.ts";
import { nextTurn } from "./pause.ts";

const SLICE_CURSORS = 500;
/** More events than that are not passed: the cursors read them from the log. */
const MAX_WAITING = 1_000;

export class FanOut {
  readonly cursors = new Set<Cursor>();
  readonly #waiting: LogEvent[] = [];
  #isPassing = false;
  #hasSkipped = false;

  pass(event: LogEvent): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(event);
    else this.#hasSkipped = true;
    if (!this.#isPassing) void this.#passAll();
  }

  /** Without an `await` as long as the cursors are few. */
  async #passAll(): Promise<void> {
    this.#isPassing = true;
    for (let event; (event = this.#waiting.shift());) {
      // They first: who is a member again before the last slice is served has then a cursor of that membership.
      for (const cursor of this.#leaving(event)) {
        cursor.offer(event);
        cursor.detach();
      }
      let inSlice = 0;
      for (const cursor of this.cursors) {
        if (inSlice++ === SLICE_CURSORS) {
          await nextTurn();
          inSlice = 1;
        }
        cursor.offer(event);
      }
    }
    this.#isPassing = false;
    if (!this.#hasSkipped) return;
    this.#hasSkipped = false;
    for (const cursor of this.cursors) cursor.catchUp();
  }

  /** Those who are members again already stand beyond the event. */
  #leaving({ seq, leaver }: LogEvent): Cursor[] {
    if (leaver === undefined) return [];
    return [...this.cursors].filter(({ follower, position }) => follower.user === leaver && position < seq);
  }
}
