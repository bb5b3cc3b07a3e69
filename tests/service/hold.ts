/** Stops one call between its work and its answer, so that a test decides what happens in between. */

export interface Held {
  /** Resolves when the work is done and the answer waits. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface HoldOptions {
  /** What the call answers with; no work is done then. */
  readonly error?: Error;
  /** Which call, by its first argument: the next one unless told. */
  readonly picks?: (argument: unknown) => boolean;
}

/** Holds the answer of the next call of an asynchronous method. */
export function holdNext<T extends object>(object: T, method: keyof T, options: HoldOptions = {}): Held {
  const { error, picks = () => true } = options;
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const real = object[method] as (...args: unknown[]) => Promise<unknown>;
  const held: typeof real = async (...args) => {
    if (!picks(args[0])) return await real.apply(object, args);
    object[method] = real as T[keyof T];
    const answer = error ? undefined : await real.apply(object, args);
    reached.resolve();
    await released.promise;
    if (error) throw error;
    return answer;
  };
  object[method] = held as T[keyof T];
  return { reached: reached.promise, release: released.resolve };
}
