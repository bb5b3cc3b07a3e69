/**
 * Requests that need no acknowledgement to be safe: they wait for a connection, and those that may be asked twice are
 * asked again when theirs is lost. The others fail then, because nobody knows whether they were done.
 */
import type { RequestType } from "../protocol/requests.ts";
import type { Ask } from "./asks.ts";
import { ClientError } from "./errors.ts";

const REPEATABLE: ReadonlySet<RequestType> = new Set([
  "login",
  "resume",
  "sessions",
  "find_user",
  "contacts",
  "history",
  "read",
  "typing",
  "chats",
  "group_info",
  "group_find",
  "ping",
]);
/** Requests that wait for a connection. */
const MAX_WAITING = 1_000;

interface Asker {
  ask(ask: Ask): void;
}

export class Requests {
  #asker: Asker | undefined;
  #waiting: Ask[] = [];

  ask(ask: Ask): void {
    if (this.#asker) return this.#send(ask, this.#asker);
    if (this.#waiting.length >= MAX_WAITING) return ask.failed(new ClientError("queue_full"));
    this.#waiting.push(ask);
  }

  up(asker: Asker): void {
    this.#asker = asker;
    for (const ask of this.#waiting.splice(0)) this.ask(ask);
  }

  down(): void {
    this.#asker = undefined;
  }

  /** Gives up what waits. */
  fail(error: Error): void {
    this.down();
    for (const { failed } of this.#waiting.splice(0)) failed(error);
  }

  #send(ask: Ask, asker: Asker): void {
    asker.ask({
      ...ask,
      failed: (error) => {
        const isLost = error instanceof ClientError && error.code === "connection_lost";
        if (isLost) this.down();
        if (isLost && REPEATABLE.has(ask.type)) this.ask(ask);
        else ask.failed(error);
      },
    });
  }
}
