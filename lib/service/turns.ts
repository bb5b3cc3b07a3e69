/**
 * Work that comes in herds: a few at a time, in the order in which they asked, each begun in a turn of the event loop of
 * its own. Between any two of them the loop and the database are everybody's (delivery rule 20).
 */
import { nextTurn } from "./pause.ts";

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await nextTurn();
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
