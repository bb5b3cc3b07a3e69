/** What a process has used so far, from /proc. */

export interface Usage {
  /** Processor time of all its threads, in ms. */
  readonly cpuMs: number;
  /** Resident memory, in KiB. */
  readonly rssKib: number;
}

/** USER_HZ, which Linux fixes at 100. */
const TICK_MS = 10;

export function usageOf(pids: readonly number[]): Usage {
  const all = pids.map(usageOfOne);
  const sum = (of: (usage: Usage) => number) => all.reduce((total, usage) => total + of(usage), 0);
  return { cpuMs: sum(({ cpuMs }) => cpuMs), rssKib: sum(({ rssKib }) => rssKib) };
}

/** From now on `peakKibOf` says the most that was resident since. Linux keeps it, so that no peak is between two looks. */
export function resetPeaks(pids: readonly number[]): void {
  for (const pid of pids) Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Of all of them together at most this much memory was resident, in KiB. */
export function peakKibOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + statusOf(pid, "VmHWM"), 0);
}

function usageOfOne(pid: number): Usage {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything; the user and system times are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssKib: statusOf(pid, "VmRSS") };
}

function statusOf(pid: number, name: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}
