/** Waiting, in a bench: nothing tells who looks from outside that memory has settled, or that the last text has come. */

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** In ms from now; not a number if it does not come to hold within this time. It is looked at every few ms. */
export async function timeUntil(test: () => boolean, withinMs: number, everyMs: number): Promise<number> {
  const start = performance.now();
  while (!test()) {
    if (performance.now() - start > withinMs) return NaN;
    await pause(everyMs);
  }
  return performance.now() - start;
}
