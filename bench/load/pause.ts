/** Waiting, in a bench: nothing tells an observer from outside that memory has settled or that a text has come. */

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks again every few ms; returns whether it held within this time. */
export async function holds(test: () => boolean, withinMs: number, everyMs = 20): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!test()) {
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
  return true;
}
