/** All scenarios by name. */
import type { Bench } from "./bench.ts";
import { herd } from "./herd.ts";
import { SCENARIOS } from "./scenarios.ts";
import { slowReaders } from "./slow_readers.ts";
import { stale } from "./stale.ts";
import { steady } from "./steady.ts";

export const BENCHES: Readonly<Record<string, Bench>> = {
  ...Object.fromEntries(Object.entries(SCENARIOS).map(([name, scenario]) => [name, steady(name, scenario)])),
  "slow-readers": slowReaders("slow-readers"),
  herd: herd("herd"),
  stale: stale("stale"),
};
