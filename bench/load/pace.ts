/** How the writers write: as fast as they are answered, or by the clock. */
import type { LoadClient } from "./load_client.ts";
import type { Pace } from "./scenarios.ts";

/** How often the clock is looked at: so much later than due a text may go out, which its latency includes. */
const TICK_MS = 1;

/** Starts the writers, and returns what stops them. */
export function startWriting(writers: readonly LoadClient[], pace: Pace): () => void {
  if (pace === "none") return () => {};
  return "window" in pace ? closedLoop(writers, pace.window) : openLoop(writers, pace.rate);
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

/** Texts are due at fixed times, whatever comes back: the delay of a server that stalls is seen in full. */
function openLoop(writers: readonly LoadClient[], rate: number): () => void {
  const start = performance.now();
  let count = 0;
  let timer = setTimeout(tick, TICK_MS);
  function tick(): void {
    const now = performance.now();
    for (let due; (due = start + count * 1000 / rate) <= now; count++) {
      writers[count % writers.length]!.send(due);
    }
    timer = setTimeout(tick, TICK_MS);
  }
  return () => clearTimeout(timer);
}
