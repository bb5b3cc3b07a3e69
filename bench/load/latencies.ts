/** Durations by size, in classes 1 % wide: bounded memory, however many there are. */

const WIDTH = Math.log(1.01);
/** From 1 µs to a minute. */
const CLASSES = Math.ceil(Math.log(60_000_000) / WIDTH) + 1;

export class Latencies {
  readonly #classes = new Uint32Array(CLASSES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const index = Math.round(Math.log(Math.max(1, ms * 1000)) / WIDTH);
    this.#classes[Math.min(index, CLASSES - 1)]!++;
    this.#count++;
  }

  /** The smallest duration, in ms, that this share of all does not exceed; NaN if there is none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#count);
    if (this.#count === 0) return NaN;
    const index = this.#classes.findIndex((count) => (left -= count) <= 0);
    return Math.exp(index * WIDTH) / 1000;
  }

  clear(): void {
    this.#classes.fill(0);
    this.#count = 0;
  }
}
