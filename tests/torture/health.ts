/**
 * How the servers' processes are over time: memory, open descriptors, and how long a `ping` takes on a connection of its
 * own. Every process has samples of its own: what was killed begins anew. They are reported, and nothing is asserted.
 */
import { dial, type Wire } from "../../lib/client/wire.ts";
import { pause } from "../../lib/service/pause.ts";
import type { Progress } from "./progress.ts";
import type { TorturedServer } from "./server.ts";

export interface Sample {
  /** In ms of `performance.now()`. */
  readonly at: number;
  readonly memoryBytes: number;
  readonly descriptors: number;
  /** Only where no fault was near. */
  readonly pingMs?: number;
}

/** One process, from its start to its end. */
export interface Life {
  readonly server: string;
  readonly pid: number;
  readonly samples: Sample[];
}

/** A number over the longest life: after its first tenth, at its end, and at most. */
export interface Course {
  readonly early: number;
  readonly end: number;
  readonly most: number;
}

export interface Health {
  readonly server: string;
  /** How often it was started. */
  readonly lives: number;
  readonly longestMs: number;
  readonly memoryBytes: Course;
  readonly descriptors: Course;
  /** Of all lives. */
  readonly ping: { readonly count: number; readonly medianMs: number; readonly p99Ms: number };
}

const EVERY_MS = 2_000;
/** What is not answered by then counts as answered then. */
const PING_TIMEOUT_MS = 1_500;

/** Takes samples until the signal; returns the lives of all servers. */
export async function sample(
  servers: readonly TorturedServer[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Life[]> {
  return (await Promise.all(servers.map((server) => follow(server, progress, signal)))).flat();
}

export function healthOf(lives: readonly Life[]): Health[] {
  const byServer = Map.groupBy(lives.filter(({ samples }) => samples.length > 0), ({ server }) => server);
  return [...byServer].map(([server, all]) => {
    const longest = all.reduce((a, b) => durationOf(b) > durationOf(a) ? b : a);
    const course = (of: (sample: Sample) => number): Course => {
      const { samples } = longest;
      const early = samples[Math.floor((samples.length - 1) / 10)]!;
      return { early: of(early), end: of(samples.at(-1)!), most: Math.max(...samples.map(of)) };
    };
    const pings = all.flatMap(({ samples }) => samples.flatMap(({ pingMs }) => pingMs ?? []))
      .sort((a, b) => a - b);
    const rank = (share: number) => pings[Math.ceil(pings.length * share) - 1] ?? 0;
    return {
      server,
      lives: all.length,
      longestMs: durationOf(longest),
      memoryBytes: course(({ memoryBytes }) => memoryBytes),
      descriptors: course(({ descriptors }) => descriptors),
      ping: { count: pings.length, medianMs: rank(0.5), p99Ms: rank(0.99) },
    };
  });
}

function durationOf({ samples }: Life): number {
  return samples.at(-1)!.at - samples[0]!.at;
}

async function follow(server: TorturedServer, progress: Progress, signal: AbortSignal): Promise<Life[]> {
  const lives: Life[] = [];
  using pinger = new Pinger(server.port);
  while (!signal.aborted) {
    const { name, pid } = server;
    let life = lives.at(-1);
    if (life?.pid !== pid) lives.push(life = { server: name, pid, samples: [] });
    const wasCalm = progress.isCalm;
    const ms = await pinger.ping();
    const pingMs = wasCalm && progress.isCalm ? ms : undefined;
    const state = server.pid === pid ? await stateOf(pid) : undefined;
    if (state) life.samples.push({ at: performance.now(), ...state, pingMs });
    await pause(EVERY_MS, signal);
  }
  return lives;
}

/** Nothing if the process has ended. */
async function stateOf(pid: number): Promise<{ memoryBytes: number; descriptors: number } | undefined> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const kilobytes = status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
    const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
    return kilobytes ? { memoryBytes: Number(kilobytes) * 1_024, descriptors } : undefined;
  } catch {
    return undefined;
  }
}

/** Asks on a connection of its own, and makes another one when that has ended. */
class Pinger implements Disposable {
  readonly #address: { readonly host: string; readonly port: number };
  #wire: Wire | undefined;
  #answered = Promise.withResolvers<void>();
  #count = 0;

  constructor(port: number) {
    this.#address = { host: "127.0.0.1", port };
  }

  /** How long the answer took; nothing if nobody is there. */
  async ping(): Promise<number | undefined> {
    const tooLate = AbortSignal.timeout(PING_TIMEOUT_MS);
    try {
      this.#wire ??= await this.#connect(tooLate);
    } catch {
      return tooLate.aborted ? PING_TIMEOUT_MS : undefined;
    }
    const answered = this.#answered = Promise.withResolvers<void>();
    const over = new AbortController();
    const from = performance.now();
    this.#wire.send(JSON.stringify({ type: "ping", id: ++this.#count }));
    await Promise.race([answered.promise, pause(PING_TIMEOUT_MS, over.signal)]);
    over.abort();
    return this.#wire && Math.min(performance.now() - from, PING_TIMEOUT_MS);
  }

  async #connect(signal: AbortSignal): Promise<Wire> {
    const wire = await dial(this.#address, signal);
    void this.#read(wire);
    return wire;
  }

  /** A late answer to an earlier ping is none to this one. */
  async #read(wire: Wire): Promise<void> {
    for await (const line of wire.lines) {
      if (line.includes(`"re":${this.#count},`)) this.#answered.resolve();
    }
    wire.close();
    this.#wire = undefined;
    this.#answered.resolve();
  }

  [Symbol.dispose](): void {
    this.#wire?.close();
  }
}
