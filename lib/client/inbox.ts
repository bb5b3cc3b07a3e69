/** Brings events in order: shows what is next, and asks `history` for what is missing before it. */
import type { ChatEntry } from "../protocol/fields.ts";
import type { Reply } from "../protocol/requests.ts";
import type { Ask } from "./asks.ts";
import type { Clock } from "./clock.ts";
import { ClientError, Refusal } from "./errors.ts";
import { type ChatEvent, readEvent } from "./events.ts";
import { type Hole, Positions, type Ready } from "./positions.ts";

export interface InboxOptions {
  readonly clock: Clock;
  /** Sends a request. */
  ask(ask: Ask<"history">): void;
  /** Called with each event once, in the order of its chat's log. */
  show(event: ChatEvent): void;
}

const PAGE_EVENTS = 500;
const RETRY_MS = 1_000;

export class Inbox {
  readonly #positions = new Positions();
  readonly #options: InboxOptions;
  /** Counts connections: an answer to a question of an earlier one says nothing any more. */
  #round = 0;
  readonly #pauses = new Set<() => void>();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  have(): Record<string, number> {
    return this.#positions.have();
  }

  restore(have: Readonly<Record<string, number>>): void {
    this.#positions.restore(have);
  }

  /** What login and register answered, and `resume` with `reset`. */
  begin({ chats, more }: Reply<"resume">): void {
    this.#positions.begin(chats, !more);
  }

  resumed({ chats, more }: Reply<"resume">): void {
    this.#take(this.#positions.resumed(chats, !more));
  }

  page(chats: readonly ChatEntry[], isLast: boolean): void {
    this.#take(this.#positions.page(chats, isLast));
  }

  receive(event: ChatEvent): void {
    this.#take(this.#positions.receive(event));
  }

  /** The connection is over. */
  lost(): void {
    this.#round++;
    for (const cancel of this.#pauses) cancel();
    this.#pauses.clear();
    this.#positions.lost();
  }

  #take({ events, holes }: Ready): void {
    for (const event of events) this.#options.show(event);
    for (const hole of holes) this.#ask(hole);
  }

  #ask(hole: Hole): void {
    const round = this.#round;
    const isPast = () => round !== this.#round;
    this.#options.ask({
      type: "history",
      fields: { chat: hole.chat, after: hole.after, limit: PAGE_EVENTS },
      ok: ({ events }) => {
        if (isPast()) return;
        const read = events.map(readEvent).filter((event) => event !== undefined);
        this.#take(this.#positions.filled(hole.chat, read));
      },
      failed: (error) => {
        if (isPast() || error instanceof ClientError && error.code === "connection_lost") return;
        if (error instanceof Refusal && !error.retry) {
          return this.#take(this.#positions.unfillable(hole.chat));
        }
        this.#pause(() => this.#ask(hole));
      },
    });
  }

  #pause(act: () => void): void {
    const cancel = this.#options.clock.after(RETRY_MS, () => {
      this.#pauses.delete(cancel);
      act();
    });
    this.#pauses.add(cancel);
  }
}
