import { deepStrictEqual as equal } from "node:assert/strict";
import { healthOf, type Life } from "./health.ts";

/** A sample a second. */
function life(pid: number, ...samples: readonly (readonly [memoryBytes: number, pingMs?: number])[]): Life {
  return {
    server: "s1",
    pid,
    samples: samples.map(([memoryBytes, pingMs], i) => ({
      at: i * 1_000,
      memoryBytes,
      descriptors: memoryBytes / 10,
      pingMs,
    })),
  };
}

Deno.test("a server's health is that of its longest life, its pings are those of all", () => {
  const flat = Array.from({ length: 21 }, (_, i) => [100 + i, 2] as const);
  const [health, ...others] = healthOf([life(1, [900, 7], [900]), life(2, ...flat, [50, 1], [60])]);
  equal(health, {
    server: "s1",
    lives: 2,
    longestMs: 22_000,
    memoryBytes: { early: 102, end: 60, most: 120 },
    descriptors: { early: 10.2, end: 6, most: 12 },
    ping: { count: 23, medianMs: 2, p99Ms: 7 },
  });
  equal(others, []);
});

Deno.test("a process that ended before its first sample counts for nothing", () => {
  equal(healthOf([life(1)]), []);
});
