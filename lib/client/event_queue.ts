/** Events as an async iteration: what comes while nobody asks waits, up to a limit. */

const MAX_WAITING = 10_000;

export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #onReturn: () => void;
  #waiting: T[] = [];
  #asking: PromiseWithResolvers<IteratorResult<T>>[] = [];
  #isDone = false;
  #overflowed = false;

  /** `onReturn`: nobody iterates any more. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(value: T): void {
    if (this.#isDone) return;
    const asking = this.#asking.shift();
    if (asking) asking.resolve({ done: false, value });
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(value);
    else this.#overflowed = true;
  }

  /** Nothing more comes; what waits is still handed out. */
  end(): void {
    this.#isDone = true;
    for (const { resolve } of this.#asking.splice(0)) resolve({ done: true, value: undefined });
  }

  /** Throws when more waited than there is room for: a reader that must miss something is to know. */
  next(): Promise<IteratorResult<T>> {
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#waiting.shift()! });
    if (this.#overflowed) {
      void this.return();
      return Promise.reject(new Error(`more than ${MAX_WAITING} events were waiting to be read`));
    }
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    const asking = Promise.withResolvers<IteratorResult<T>>();
    this.#asking.push(asking);
    return asking.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.#waiting = [];
    this.end();
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
