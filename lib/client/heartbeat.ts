/** Pings a connection, and notices when the other side is silent though it was asked. */
import type { Clock } from "./clock.ts";

export interface HeartbeatOptions {
  ping(): void;
  /** Called once: nothing came in time. */
  dead(): void;
  /** How long an answer may take, in ms, as things are when it is asked for. */
  patience(): number;
}

const PING_MS = 15_000;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #options: HeartbeatOptions;
  #heardAt: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, options: HeartbeatOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#heardAt = clock.now();
    this.#wait(PING_MS);
  }

  /** Something came: whatever it was, the other side lives. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#ask());
  }

  #ask(): void {
    const askedAt = this.#clock.now();
    const patience = this.#options.patience();
    this.#options.ping();
    this.#cancel = this.#clock.after(patience, () => {
      if (this.#heardAt >= askedAt) this.#wait(Math.max(0, PING_MS - patience));
      else this.#options.dead();
    });
  }
}
