/** Resolves with the first signal that asks the process to stop. A second one ends it at once. */
export function stopSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const stop = () => {
      Deno.removeSignalListener(signal, stop); // from here on the system's own reaction holds
      resolve(signal);
    };
    Deno.addSignalListener(signal, stop);
  }
  return promise;
}
