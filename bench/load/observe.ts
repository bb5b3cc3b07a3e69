/** How texts arrive while something happens, and what the servers need for it; and that compared with usual times. */
import type { Figures } from "./medians.ts";
import { peakKibOf, resetPeaks, usageOf } from "./process_stats.ts";
import type { Tally } from "./tally.ts";

export const OBSERVED = {
  /** ms from when a text was due to its arrival at a member. */
  p50: { title: "delivery p50 ms", digits: 2 },
  p99: { title: "p99 ms", digits: 2 },
  p999: { title: "p999 ms", digits: 2 },
  /** By the same figure in usual times, measured right before or after. */
  p50Ratio: { title: "p50 ratio", digits: 2 },
  p99Ratio: { title: "p99 ratio", digits: 2 },
  p999Ratio: { title: "p999 ratio", digits: 2 },
  /** How late this process wrote what was due: its own part of the above. */
  lateP99: { title: "late p99 ms", digits: 2 },
  /** Share of a core that the servers used, and that the load used, in %. */
  serverCpu: { title: "server CPU %", digits: 0 },
  loadCpu: { title: "load CPU %", digits: 0 },
  /** Memory of all servers, in MiB: before, and the most meanwhile. */
  rssBefore: { title: "RSS before MiB", digits: 0 },
  rssPeak: { title: "at most MiB", digits: 0 },
};

export type Observed = Figures<Exclude<keyof typeof OBSERVED, `${string}Ratio`>>;

/** Clears the tally, and returns what it counted during the work. */
export async function observe(
  tally: Tally,
  pids: readonly number[],
  work: () => Promise<void>,
): Promise<Observed> {
  tally.clear();
  resetPeaks(pids);
  const [before, own, start] = [usageOf(pids), usageOf([Deno.pid]), performance.now()];
  await work();
  const [after, ownAfter, ms] = [usageOf(pids), usageOf([Deno.pid]), performance.now() - start];
  return {
    p50: tally.delivering.quantile(0.5),
    p99: tally.delivering.quantile(0.99),
    p999: tally.delivering.quantile(0.999),
    lateP99: tally.lateness.quantile(0.99),
    serverCpu: (after.cpuMs - before.cpuMs) / ms * 100,
    loadCpu: (ownAfter.cpuMs - own.cpuMs) / ms * 100,
    rssBefore: before.rssKib / 1024,
    rssPeak: peakKibOf(pids) / 1024,
  };
}

/** With the ratios to usual times; usual times themselves have none. */
export function compared<T extends Observed>(
  figures: T,
  usual?: Observed,
): T & Figures<`${"p50" | "p99" | "p999"}Ratio`> {
  const ratio = (name: "p50" | "p99" | "p999") => usual ? figures[name] / usual[name] : NaN;
  return { ...figures, p50Ratio: ratio("p50"), p99Ratio: ratio("p99"), p999Ratio: ratio("p999") };
}
