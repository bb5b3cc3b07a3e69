/**
 * Keeps a connection: makes one, and when it is lost another one, after growing spread delays or when the server said.
 * It ends for good when it is closed, when the first one cannot be made, or when the server says not to come back.
 */
import { type ByeReason, BYES } from "../protocol/errors.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { Connection, type Ending, type Listener } from "./connection.ts";
import { ClientError, Refusal } from "./errors.ts";
import type { Bye } from "./messages.ts";
import type { Address, Dial } from "./wire.ts";

export interface LinkOptions {
  /** Tried in turn. */
  readonly addresses: readonly Address[];
  readonly dial: Dial;
  readonly clock: Clock;
  readonly backoff: BackoffOptions;
  /** How long to go on trying once a connection is lost, in ms. */
  readonly giveUpMs: number;
}

export interface LinkUser extends Listener {
  /** Makes a new connection useful. A `Refusal` without `retry` ends the link for good. */
  greet(connection: Connection): Promise<void>;
  up(connection: Connection): void;
  /** The connection that was up is over; another one will be tried after so many ms. */
  down(retryMs: number): void;
  /** It is over for good. */
  ended(error: Error): void;
}

/** A first connection that is accepted, but not served, is tried so often. */
const FIRST_ATTEMPTS = 3;
/** A connection that lived so long makes the next delay a first one. */
const STEADY_MS = 5_000;
/** No server's `retry_ms` keeps a client away longer. */
const MAX_RETRY_MS = 60_000;

export class Link {
  readonly #options: LinkOptions;
  readonly #user: LinkUser;
  readonly #backoff: Backoff;
  readonly #closed = new AbortController();
  #connection: Connection | undefined;
  #attempts = 0;
  #lostAt: number | undefined;

  constructor(options: LinkOptions, user: LinkUser) {
    this.#options = options;
    this.#user = user;
    this.#backoff = new Backoff(options.clock, options.backoff);
  }

  /** Resolves when the first connection is up, and throws why it cannot be. Called once. */
  async start(): Promise<void> {
    const first = await this.#firstConnection();
    void this.#keep(first);
  }

  close(): void {
    this.#closed.abort();
    this.#connection?.close();
  }

  async #firstConnection(): Promise<Connection> {
    const { addresses } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        const connection = await this.#open();
        await this.#user.greet(connection);
        return connection;
      } catch (error) {
        const isAccepted = error instanceof ClientError && error.cause === undefined;
        const isLast = attempt >= Math.max(addresses.length, isAccepted ? FIRST_ATTEMPTS : 1);
        if (isLast || this.#closed.signal.aborted || error instanceof Refusal) {
          this.close();
          throw error;
        }
        if (attempt >= addresses.length) await this.#pause(this.#backoff.next());
      }
    }
  }

  async #keep(first: Connection): Promise<void> {
    let connection: Connection | undefined = first;
    while (!this.#closed.signal.aborted) {
      const bye = connection && await this.#live(connection);
      if (bye && !mayReturn(bye)) return this.#end(new ClientError("session_ended", meaningOf(bye)));
      if (this.#closed.signal.aborted) return;
      const retryMs = Math.max(this.#backoff.next(), Math.min(bye?.retry_ms ?? 0, MAX_RETRY_MS));
      this.#user.down(retryMs);
      await this.#pause(retryMs);
      try {
        connection = undefined;
        connection = await this.#open();
        await this.#user.greet(connection);
      } catch (error) {
        if (error instanceof Refusal && !error.retry) return this.#end(error);
        // Over with `bye`, perhaps: `#live` sees it.
        connection?.close();
        if (this.#isHopeless()) return this.#end(error as Error);
      }
    }
  }

  /** From up to over. A connection that was not greeted is over already. */
  async #live(connection: Connection): Promise<Bye | undefined> {
    const { clock } = this.#options;
    const since = clock.now();
    const wasUp = !connection.isOver;
    if (wasUp) {
      this.#lostAt = undefined;
      this.#user.up(connection);
    }
    const { bye }: Ending = await connection.ended;
    if (wasUp && clock.now() - since >= STEADY_MS) this.#backoff.reset();
    this.#lostAt ??= clock.now();
    return bye;
  }

  async #open(): Promise<Connection> {
    const { addresses, dial, clock } = this.#options;
    const address = addresses[this.#attempts++ % addresses.length]!;
    const signal = this.#closed.signal;
    return this.#connection = await Connection.open(address, { dial, clock, signal, listener: this.#user });
  }

  #isHopeless(): boolean {
    return this.#lostAt !== undefined &&
      this.#options.clock.now() - this.#lostAt >= this.#options.giveUpMs;
  }

  #end(error: Error): void {
    const wasClosed = this.#closed.signal.aborted;
    this.close();
    if (!wasClosed) this.#user.ended(error);
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#closed;
    const cancel = this.#options.clock.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      resolve();
    }, { once: true });
    return promise;
  }
}

/** Reasons that this client does not know say by `retry_ms` whether to return. */
function mayReturn({ reason, retry_ms }: Bye): boolean {
  return Object.hasOwn(BYES, reason) ? BYES[reason as ByeReason].reconnect : retry_ms !== undefined;
}

function meaningOf({ reason }: Bye): string {
  return Object.hasOwn(BYES, reason) ? BYES[reason as ByeReason].meaning : `the server ended it: ${reason}`;
}
