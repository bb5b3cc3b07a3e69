/**
 * Delays between attempts that fail: each up to twice the one before, spread by chance, so that the clients of a server
 * that died do not come back all at once.
 */
import type { Clock } from "./clock.ts";

export interface BackoffOptions {
  /** The longest first delay, in ms. */
  readonly minMs: number;
  /** No delay is longer, in ms. */
  readonly maxMs: number;
}

export class Backoff {
  readonly #clock: Clock;
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(clock: Clock, options: BackoffOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** The next delay in ms: between half and all of what its turn allows. */
  next(): number {
    const { minMs, maxMs } = this.#options;
    const allowed = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures++, 30));
    return Math.round(allowed * (0.5 + this.#clock.random() / 2));
  }

  /** It went well: the next delay is a first one. */
  reset(): void {
    this.#failures = 0;
  }
}
