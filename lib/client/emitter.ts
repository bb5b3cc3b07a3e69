/** Listeners by the name of what they listen to. */

type Listener<V> = (value: V) => void;

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls the listener from now on, in the order of adding. Returns what takes it away. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  /** A listener that throws is reported as an uncaught error, and keeps nothing from the others. */
  emit<K extends keyof Events>(name: K, value: Events[K]): void {
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        (listener as Listener<Events[K]>)(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
