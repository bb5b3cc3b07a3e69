/** How the writers write: as fast as they are answered, or by the clock. */
import type { LoadClient } from "./load_client.ts";
import type { Pace } from "./scenarios.ts";
import type { Tally } from "./tally.ts";

/** How often the clock is looked at: so much later than due a text may go out, which its latency includes. */
const TICK_MS = 1;

/** Starts the writers, and returns what stops them. */
export function startWriting(writers: readonly LoadClient[], pace: Pace, tally: Tally): () => void {
  if (pace === "none") return () => {};
  return "window" in pace ? closedLoop(writers, pace.window) : openLoop(writers, pace.rate, tally).stop;
}

/** Each answer brings the next text: a server that stalls is asked for less. */
function closedLoop(writers: readonly LoadClient[], window: number): () => void {
  for (const writer of writers) {
    writer.onAcknowledged = (now) => writer.send(now);
    for (let i = 0; i < window; i++) writer.send(performance.now());
  }
  return () => {
    for (const writer of writers) writer.onAcknowledged = () => {};
  };
}

export interface OpenLoop {
  /** Resolves when all texts are written, or it was stopped. */
  readonly done: Promise<void>;
  stop(): void;
}

/**
 * Texts are due at fixed times, whatever comes back: the delay of a server that stalls is seen in full. `rate` is that
 * of all writers together, texts a second; `count` how many they write in all.
 */
export function openLoop(
  writers: readonly LoadClient[],
  rate: number,
  { lateness }: Tally,
  count = Infinity,
): OpenLoop {
  const { promise: done, resolve: stopped } = Promise.withResolvers<void>();
  const start = performance.now();
  let written = 0;
  let timer = setTimeout(tick, TICK_MS);
  function tick(): void {
    const now = performance.now();
    for (let due; written < count && (due = start + written * 1000 / rate) <= now; written++) {
      writers[written % writers.length]!.send(due);
      lateness.add(now - due);
    }
    if (written < count) timer = setTimeout(tick, TICK_MS);
    else stopped();
  }
  const stop = () => {
    clearTimeout(timer);
    stopped();
  };
  return { done, stop };
}
