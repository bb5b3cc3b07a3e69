/** Signals that ask the process to stop. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** `deno task` passes on what the terminal has sent to both of them: so soon, it is the same request again. */
const SAME_MS = 1_000;

/** Resolves with the first signal that asks the process to stop. A later one ends it at once. */
export function stopSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const listeners = SIGNALS.map((signal) => [signal, () => resolve(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  void promise.then(() => {
    const timer = setTimeout(() => {
      // From here on the system's own reaction holds.
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    }, SAME_MS);
    Deno.unrefTimer(timer);
  });
  return promise;
}
