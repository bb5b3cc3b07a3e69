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

function usageOfOne(pid: number): Usage {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything; the user and system times are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssKib: Number(rss?.[1]) };
}
