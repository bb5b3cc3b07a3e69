/** Time and chance, as the client asks for them: tests bring their own, so that none of them waits. */

export interface Clock {
  /** Milliseconds that only grow; their beginning means nothing. */
  now(): number;
  /** Calls `act` once after so many milliseconds. What it returns takes that back, and may be called at any time. */
  after(ms: number, act: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
