/** One run of a scenario: servers, clients, some seconds of load, and the account of every text. */
import type { Backend, Deployment } from "./deployment.ts";
import { LoadClient } from "./load_client.ts";
import { startWriting } from "./pace.ts";
import { usageOf } from "./process_stats.ts";
import type { Chat, Scenario, Sizes } from "./scenarios.ts";
import { tokenOf } from "./seed.ts";
import { Tally } from "./tally.ts";

/** What a run measured. Not a number where there was nothing to measure. */
export interface Measured {
  /** Texts acknowledged a second. */
  readonly acknowledged: number;
  /** Events delivered a second, to all members, their writer included. */
  readonly delivered: number;
  /** ms from sending (from when it was due, in an open loop) to the acknowledgement. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** ms from sending to the arrival at a member. */
  readonly deliveredP50: number;
  readonly deliveredP99: number;
  /** Processor time of all servers for each text, in µs. */
  readonly cpuUs: number;
  /** Share of a core that the load itself used, in %: near 100 it is what limits. */
  readonly loadCpu: number;
  /** Memory of all servers, in MiB. */
  readonly rssMb: number;
  /** Memory for each connection that does nothing, in KiB, its chats included. */
  readonly connectionKb: number;
  /** Sessions resumed a second, by 32 clients at once. */
  readonly resumes: number;
}

export interface Wrong {
  /** Sent, and not acknowledged in time. */
  readonly unacknowledged: number;
  /** Acknowledged, and not delivered to a member in time. */
  readonly lost: number;
  readonly doubled: number;
  readonly unordered: number;
  /** Events whose number was not the next one of their chat. */
  readonly jumps: number;
  /** Lines that nobody expected. */
  readonly surprised: number;
}

export interface Result {
  readonly measured: Measured;
  readonly wrong: Wrong;
  readonly surprises: readonly string[];
}

const RESUMES_AT_ONCE = 32;
const WARM_UP_MS = 2_000;
/** What was sent has so long to arrive after the last text. */
const DRAIN_MS = 15_000;

export async function run(
  scenario: Scenario,
  sizes: Sizes,
  backend: Backend,
  seconds: number,
): Promise<Result> {
  const population = scenario.population(sizes);
  const pace = scenario.pace(sizes);
  await using deployment = await backend.start(population);
  const pids = deployment.servers.map(({ pid }) => pid);
  const first = firstChats(population.chats);
  const tally = new Tally();
  const idle = usageOf(pids);
  const connectedAt = performance.now();
  const clients = await connectAll(deployment, first, tally);
  const resumes = clients.length / (performance.now() - connectedAt) * 1000;
  const writers = pace === "none" ? [] : clients.slice(0, scenario.senders);
  try {
    const stop = startWriting(writers, pace);
    await pause(WARM_UP_MS);
    tally.clear();
    const [before, own, start] = [usageOf(pids), usageOf([Deno.pid]), performance.now()];
    await pause(seconds * 1000);
    const [after, ownAfter, ms] = [usageOf(pids), usageOf([Deno.pid]), performance.now() - start];
    const measured: Measured = {
      acknowledged: tally.acknowledged / ms * 1000,
      delivered: tally.delivered / ms * 1000,
      p50: tally.acknowledging.quantile(0.5),
      p99: tally.acknowledging.quantile(0.99),
      p999: tally.acknowledging.quantile(0.999),
      deliveredP50: tally.delivering.quantile(0.5),
      deliveredP99: tally.delivering.quantile(0.99),
      cpuUs: (after.cpuMs - before.cpuMs) * 1000 / tally.acknowledged,
      loadCpu: (ownAfter.cpuMs - own.cpuMs) / ms * 100,
      rssMb: after.rssKib / 1024,
      connectionKb: pace === "none" ? (after.rssKib - idle.rssKib) / clients.length : NaN,
      resumes,
    };
    stop();
    const wrong = await account(
      clients,
      writers,
      (writer) => population.chats[first[writer.number]!]!.members,
      tally,
    );
    return { measured, wrong, surprises: tally.surprises };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** By user, the first of these chats that it is in: the one that it writes to. */
function firstChats(chats: readonly Chat[]): number[] {
  const first: number[] = [];
  chats.forEach(({ members }, chat) => {
    for (const member of members) first[member] ??= chat;
  });
  return first;
}

/** The users go to the servers in turn, so that two in a pair are on two servers. */
async function connectAll(
  { servers, seeded }: Deployment,
  first: readonly number[],
  tally: Tally,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  const sentAt = (writer: number, n: number) => clients[writer]!.sentAt(n);
  let next = 0;
  const connectSome = async () => {
    for (let number; (number = next++) < seeded.users.length;) {
      clients[number] = await LoadClient.connect({
        number,
        port: servers[number % servers.length]!.port,
        token: tokenOf(number),
        chat: seeded.chats[first[number]!]!,
        sentAt,
        tally,
      });
    }
  };
  await Promise.all(Array.from({ length: RESUMES_AT_ONCE }, connectSome));
  return clients;
}

/** Waits until everything has arrived, or for as long as it may take, and says what is not as it must be. */
async function account(
  clients: readonly LoadClient[],
  writers: readonly LoadClient[],
  readersOf: (writer: LoadClient) => readonly number[],
  tally: Tally,
): Promise<Wrong> {
  const sum = <T>(all: readonly T[], of: (one: T) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  const unacknowledged = () => sum(writers, (writer) => writer.unacknowledged);
  const lost = () =>
    sum(writers, (writer) => {
      const count = writer.sent - writer.unacknowledged;
      return sum(readersOf(writer), (reader) => clients[reader]!.lost(writer.number, count));
    });
  const deadline = performance.now() + DRAIN_MS;
  while (unacknowledged() + lost() > 0 && performance.now() < deadline) await pause(20);
  return {
    unacknowledged: unacknowledged(),
    lost: lost(),
    doubled: sum(clients, ({ doubled }) => doubled),
    unordered: sum(clients, ({ unordered }) => unordered),
    jumps: sum(clients, ({ jumps }) => jumps),
    surprised: tally.surprised,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
