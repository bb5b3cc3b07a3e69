/** The thread of the herd, from outside. */
import type { Answers, Member, Order } from "./herd_worker.ts";

export class HerdThread implements Disposable {
  readonly #worker = new Worker(new URL("./herd_worker.ts", import.meta.url), { type: "module" });

  static async start(members: readonly Member[]): Promise<HerdThread> {
    const thread = new HerdThread();
    await thread.order({ type: "prepare", members });
    return thread;
  }

  private constructor() {}

  /** One at a time. */
  order<T extends Order["type"]>(order: Extract<Order, { type: T }>): Promise<Answers[T]> {
    const { promise, resolve, reject } = Promise.withResolvers<Answers[T]>();
    this.#worker.onmessage = ({ data }) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the herd failed: ${event.message}`));
    };
    this.#worker.postMessage(order);
    return promise;
  }

  /** Its connections end with it. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
