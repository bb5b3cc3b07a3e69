/**
 * Lets Redis forget subscriptions of a server that goes on believing in them: between the server's commands it says
 * UNSUBSCRIBE in the server's name, and what Redis answers to that the server never sees.
 */
import { pause } from "../../lib/service/pause.ts";
import type { Filter } from "./proxy.ts";
import { commandOf, joined, Values, wordsOf } from "./resp.ts";

/** A server says something on each connection once a second, and Redis may be stopped for some seconds. */
const TIMEOUT_MS = 20_000;

/** The connections of one server. */
export class Amnesia {
  readonly #connections = new Set<Connection>();

  /** For a new connection. */
  filter(): Filter {
    const connection = new Connection(() => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  /** Resolves when Redis has forgotten these channels, or has no longer a connection with which it knew them. */
  async forget(channels: readonly string[]): Promise<void> {
    const subscribers = [...this.#connections].filter(({ isSubscriber }) => isSubscriber);
    await Promise.all(subscribers.map((connection) => connection.forget(channels)));
  }
}

class Connection implements Filter {
  /** Whether it has sent SUBSCRIBE. */
  isSubscriber = false;
  readonly #onEnd: () => void;
  readonly #commands = new Values();
  readonly #answers = new Values();
  /** To be unsubscribed from at the next command. */
  #wanted: readonly string[] = [];
  /** Whose next confirmation is not for the server. */
  readonly #hidden = new Set<string>();
  #forgotten = Promise.withResolvers<void>();

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  async forget(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    this.#wanted = channels;
    this.#forgotten = Promise.withResolvers();
    const over = new AbortController();
    const tooLate = pause(TIMEOUT_MS, over.signal).then(() => {
      if (!over.signal.aborted) throw new Error("Redis did not confirm that it forgot");
    });
    try {
      await Promise.race([this.#forgotten.promise, tooLate]);
    } finally {
      over.abort();
    }
  }

  up(bytes: Uint8Array): Uint8Array {
    const commands = this.#commands.take(bytes);
    this.isSubscriber ||= commands.some((command) => wordsOf(command, 1)[0]?.toLowerCase() === "subscribe");
    if (this.#wanted.length > 0) {
      commands.push(commandOf("unsubscribe", ...this.#wanted));
      for (const channel of this.#wanted) this.#hidden.add(channel);
      this.#wanted = [];
    }
    return joined(commands);
  }

  down(bytes: Uint8Array): Uint8Array {
    return joined(this.#answers.take(bytes).filter((answer) => !this.#hides(answer)));
  }

  end(): void {
    this.#onEnd();
    this.#forgotten.resolve();
  }

  /** Where the server unsubscribes from the same channel itself, one of the two confirmations is as good as the other. */
  #hides(answer: Uint8Array): boolean {
    if (this.#hidden.size === 0) return false;
    const [what, channel] = wordsOf(answer, 2);
    if (what !== "unsubscribe" || !this.#hidden.delete(channel!)) return false;
    if (this.#hidden.size === 0) this.#forgotten.resolve();
    return true;
  }
}
