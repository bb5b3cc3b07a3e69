/** One run: a deployment, a load, faults, quiet, and the verdict. */
import { pause } from "../../lib/service/pause.ts";
import { attach } from "./attached.ts";
import { check } from "./check.ts";
import { type Deployment, startCluster, startSqlite } from "./deployment.ts";
import { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";
import type { Evidence, Finding } from "./evidence.ts";
import { ghosts } from "./ghosts.ts";
import { type Health, healthOf, sample } from "./health.ts";
import { Load } from "./load.ts";
import type { Options } from "./options.ts";
import type { Progress } from "./progress.ts";
import { type Outcome, quiet } from "./quiet.ts";
import { Recorder } from "./recorder.ts";
import { Schedule } from "./schedule.ts";
import { readStored } from "./stored.ts";

export interface Verdict {
  readonly about: string;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  readonly progress: Progress;
  /** Of each server, under the load. */
  readonly health: readonly Health[];
  /** How long it took until everybody had everything, after the last fault; and what was missing if that was too long. */
  readonly quiet: Outcome;
  /** Where the logs of the servers and what the witnesses saw last are kept, if something is wrong. */
  readonly kept?: string;
}

/** Half-open connections are noticed within 45 s, and what was stopped has to come back first. */
const QUIET_MS = 90_000;
const CRASH_POLL_MS = 200;

/** `say` is told what happens, in lines for people. */
export async function torture(options: Options, say: (line: string) => void): Promise<Verdict> {
  const dice = new Dice(options.seed);
  const faults = await possible(options, say);
  await using deployment = await open(options, faults, dice.fork());
  say(`${deployment.about}, ${options.users} users, seed ${options.seed}`);
  const recorder = new Recorder();
  const { front, servers, query } = deployment;
  const load = await Load.prepare({
    ...options,
    port: front.port,
    direct: servers.length > 0 ? servers.map(({ port }) => port) : [front.port],
    prefix: options.place ? `t${crypto.randomUUID().slice(0, 8)}-` : "",
    recorder,
    dice: dice.fork(),
  });
  const over = new AbortController();
  const watching = watch(deployment, recorder, over.signal);
  say("everybody is there, the load begins");
  recorder.progress.start();
  load.start();
  const underLoad = new AbortController();
  const samples = sample(servers, recorder.progress, underLoad.signal);
  const schedule = new Schedule(faults, dice.fork());
  const enough = AbortSignal.timeout(options.minutes * 60_000);
  const failed = (what: string) => recorder.oddity({ what });
  await schedule.run(deployment, recorder.progress, { say, failed }, enough);
  say("no more faults");
  underLoad.abort();
  const health = healthOf(await samples);
  recorder.progress.rest();
  await load.stop();
  const outcome = await quiet(load, query, QUIET_MS);
  await load.close();
  const stored = await readStored(query, load.scope);
  const [host] = load.world.users;
  const left = await ghosts({ port: front.port, name: host!.name, chat: load.world.lobby });
  over.abort();
  await watching;
  const evidence = recorder.evidence(stored, left);
  const findings = check(evidence);
  const kept = findings.length > 0 || !outcome.isQuiet
    ? await keep(deployment, load, evidence, findings)
    : undefined;
  const { about } = deployment;
  return { about, evidence, findings, progress: recorder.progress, health, quiet: outcome, kept };
}

async function open(
  { place, sqlite, servers }: Options,
  faults: Options["faults"],
  dice: Dice,
): Promise<Deployment> {
  if (place) return attach(place, dice);
  return await (sqlite ? startSqlite : startCluster)({ servers, faults, dice });
}

async function possible({ faults }: Options, say: (line: string) => void): Promise<Options["faults"]> {
  if (!faults.includes("disk") || await Disk.isPossible()) return faults;
  say("disk: skipped, as this user may not mount a disk");
  return faults.filter((kind) => kind !== "disk");
}

/** A server that ends by itself is a finding; the others go on with a new one. */
async function watch({ servers }: Deployment, recorder: Recorder, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(CRASH_POLL_MS, signal);
    for (const server of servers) {
      if (!server.hasCrashed) continue;
      recorder.oddity({ what: `server ${server.name} crashed` });
      await server.restart().catch((error) => recorder.oddity({ what: String(error) }));
    }
  }
}

/** What helps to find the cause: what the servers wrote, what the witnesses got last, the logs of the chats concerned. */
async function keep(
  { servers, cluster }: Deployment,
  { witnesses }: Load,
  { stored }: Evidence,
  findings: readonly Finding[],
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "clusterchat-torture-" });
  const services = [
    ...servers.map((server) => [server.name, server] as const),
    ...Object.entries(cluster ?? {}),
  ];
  for (const [name, service] of services) {
    await Deno.copyFile(`${service.folder}/log`, `${folder}/${name}.log`).catch(() => {});
  }
  for (const [i, { lines }] of witnesses.entries()) {
    await Deno.writeTextFile(`${folder}/witness${i + 1}.jsonl`, lines.join("\n"));
  }
  for (const chat of new Set(findings.flatMap(({ chat }) => chat ?? []))) {
    const lines = stored.events.filter((event) => event.chat === chat).map((event) => JSON.stringify(event));
    await Deno.writeTextFile(`${folder}/chat${chat}.jsonl`, lines.join("\n"));
  }
  return folder;
}
