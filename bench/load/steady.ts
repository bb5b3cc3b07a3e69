/** A scenario of steady load: servers, clients, some seconds in which everybody does what the table says. */
import type { Bench, Result, Sizes } from "./bench.ts";
import { Crowd } from "./crowd.ts";
import type { Backend } from "./deployment.ts";
import { startWriting } from "./pace.ts";
import { pause } from "./pause.ts";
import { usageOf } from "./process_stats.ts";
import type { Scenario } from "./scenarios.ts";
import { Tally } from "./tally.ts";

const COLUMNS = {
  /** Texts acknowledged a second. */
  acknowledged: { title: "acknowledged/s", digits: 0 },
  /** Events delivered a second, to all members, their writer included. */
  delivered: { title: "delivered/s", digits: 0 },
  /** ms from sending (from when it was due, in an open loop) to the acknowledgement. */
  p50: { title: "p50 ms", digits: 2 },
  p99: { title: "p99 ms", digits: 2 },
  p999: { title: "p999 ms", digits: 2 },
  /** ms from sending to the arrival at a member. */
  deliveredP50: { title: "delivery p50 ms", digits: 2 },
  deliveredP99: { title: "delivery p99 ms", digits: 2 },
  /** Processor time of all servers for each text, in µs. */
  cpuUs: { title: "server CPU µs/text", digits: 1 },
  /** Share of a core that the load itself used, in %: near 100 it is what limits. */
  loadCpu: { title: "load CPU %", digits: 0 },
  /** Memory of all servers, in MiB. */
  rssMb: { title: "RSS MiB", digits: 0 },
  /** Memory for each connection that does nothing, in KiB, its chats included. */
  connectionKb: { title: "KiB/connection", digits: 1 },
  /** Sessions resumed a second, by 32 clients at once. */
  resumes: { title: "resumes/s", digits: 0 },
};

type Name = keyof typeof COLUMNS;

const WARM_UP_MS = 2_000;

export function steady(name: string, scenario: Scenario): Bench<Name> {
  return {
    about: scenario.about,
    columns: COLUMNS,
    run: (backend, sizes) => run(name, scenario, sizes, backend),
  };
}

async function run(name: string, scenario: Scenario, sizes: Sizes, backend: Backend): Promise<Result<Name>> {
  const population = scenario.population(sizes);
  const pace = scenario.pace(sizes);
  await using deployment = await backend.start(population);
  const pids = deployment.servers.map(({ pid }) => pid);
  const tally = new Tally();
  const idle = usageOf(pids);
  const connectedAt = performance.now();
  await using crowd = await Crowd.connect({ deployment, population, tallyOf: () => tally });
  const { clients } = crowd;
  const resumes = clients.length / (performance.now() - connectedAt) * 1000;
  const stop = startWriting(clients.slice(0, scenario.senders), pace, tally);
  await pause(WARM_UP_MS);
  tally.clear();
  const [before, own, start] = [usageOf(pids), usageOf([Deno.pid]), performance.now()];
  await pause(sizes.seconds * 1000);
  const [after, ownAfter, ms] = [usageOf(pids), usageOf([Deno.pid]), performance.now() - start];
  const measured = {
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
  await crowd.arrived();
  return { rows: { [name]: measured }, wrong: crowd.wrong(), surprises: tally.surprises };
}
