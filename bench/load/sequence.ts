/** Checks that 0, 1, 2 … arrive each once and in order, and keeps account of what does not. */
export class Sequence {
  doubled = 0;
  /** Those that came after one that follows them. */
  unordered = 0;
  /** Everything below has arrived. */
  #next = 0;
  #highest = -1;
  readonly #early = new Set<number>();

  /** Returns whether it is here for the first time. */
  take(n: number): boolean {
    if (n < this.#next || this.#early.has(n)) {
      this.doubled++;
      return false;
    }
    if (n < this.#highest) this.unordered++;
    else this.#highest = n;
    if (n > this.#next) {
      this.#early.add(n);
      return true;
    }
    this.#next++;
    while (this.#early.delete(this.#next)) this.#next++;
    return true;
  }

  /** How many of the first `count` have not arrived. */
  missing(count: number): number {
    const early = [...this.#early].filter((n) => n < count).length;
    return Math.max(0, count - this.#next - early);
  }
}
