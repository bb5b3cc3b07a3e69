/**
 * Many clients come back at once, each with its token and what it has of its chats, while a few others go on talking:
 * what do those notice, and how long until everybody is in and has what was missing?
 *
 * The herd comes twice to the same servers. At first they know none of its chats, as after a restart; the second time
 * they still do, as after a network that failed.
 */
import { sumOf, type Wrong } from "./account.ts";
import type { Bench, Result, Sizes } from "./bench.ts";
import { Crowd } from "./crowd.ts";
import type { Backend, Deployment } from "./deployment.ts";
import type { Answers, Member } from "./herd_worker.ts";
import { HerdThread } from "./herd_thread.ts";
import { Latencies } from "./latencies.ts";
import { compared, observe, OBSERVED } from "./observe.ts";
import { openLoop } from "./pace.ts";
import { pause } from "./pause.ts";
import { expectOpenFiles } from "./open_files.ts";
import { type Chat, pairs, type Population, ring } from "./population.ts";
import { tokenOf } from "./seed.ts";
import { Tally } from "./tally.ts";

const COLUMNS = {
  ...OBSERVED,
  /** ms from the start of the herd to a client's answer, and until the last one had everything. */
  answeredP50: { title: "resumed p50 ms", digits: 0 },
  answeredP99: { title: "resumed p99 ms", digits: 0 },
  allInMs: { title: "all in ms", digits: 0 },
  /** Connections that ended before their answer: those clients came again. */
  failed: { title: "failed", digits: 0 },
};

type Name = keyof typeof COLUMNS;

export interface HerdSize {
  /** They were there before, in pairs. */
  readonly others: number;
  /** Texts a second of all of them together. */
  readonly rate: number;
  readonly warmUpMs: number;
  /** After the herd has left: what that costs is not measured. */
  readonly restMs: number;
}

const SIZE: HerdSize = { others: 20, rate: 1_000, warmUpMs: 2_000, restMs: 2_000 };
const CHATS_EACH = 10;
/** In the chats with the nearest two, each of the herd has missed so many of so many texts. */
const MISSED = 10;
const TEXTS = 12;
const TIMES = ["first", "again"];
const DEADLINE_MS = 60_000;
const NOBODY = { answeredP50: NaN, answeredP99: NaN, allInMs: NaN, failed: NaN };

export function herd(name: string, size: HerdSize = SIZE): Bench<Name> {
  return {
    about: `clients that come back at once, ${CHATS_EACH} chats each, while ${size.others} others talk`,
    columns: COLUMNS,
    run: (backend, sizes) => run(name, backend, sizes, size),
  };
}

async function run(
  name: string,
  backend: Backend,
  { clients, seconds }: Sizes,
  { others, rate, warmUpMs, restMs }: HerdSize,
): Promise<Result<Name>> {
  expectOpenFiles(clients + others);
  const population = populationOf(clients, others);
  await using deployment = await backend.start(population);
  const pids = deployment.servers.map(({ pid }) => pid);
  const tally = new Tally();
  await using crowd = await Crowd.connect({ deployment, population, users: others, tallyOf: () => tally });
  using thread = await HerdThread.start(membersOf(deployment, population, others));
  const whileTheyTalk = (work: () => Promise<void>) =>
    observe(tally, pids, async () => {
      const talk = openLoop(crowd.clients, rate, tally);
      await work();
      talk.stop();
      await crowd.arrived();
    });

  await whileTheyTalk(() => pause(warmUpMs));
  const rows: Record<string, Readonly<Record<Name, number>>> = {};
  const wrong: Wrong[] = [];
  const surprises: string[] = [];
  for (const time of TIMES) {
    const usual = await whileTheyTalk(() => pause(seconds * 1000));
    let arrivals = NOBODY;
    const disturbed = await whileTheyTalk(async () => {
      arrivals = summaryOf(await thread.order({ type: "come", withinMs: DEADLINE_MS }), clients);
    });
    const left = await thread.order({ type: "leave" });
    wrong.push(left.wrong);
    surprises.push(...left.surprises);
    rows[`${name}: none`] ??= { ...NOBODY, ...compared(usual) };
    rows[`${name}: ${clients} ${time}`] = { ...compared(disturbed, usual), ...arrivals };
    await pause(restMs);
  }
  return { rows, wrong: sumOf([...wrong, crowd.wrong()]), surprises: [...surprises, ...tally.surprises] };
}

/** The others are the first users, and the herd all that follow. */
function populationOf(clients: number, others: number): Population {
  const chats = ring(clients, CHATS_EACH).map((chat, i): Chat => ({
    ...chat,
    members: chat.members.map((user) => others + user),
    texts: i < clients ? TEXTS : 1,
  }));
  return { users: others + clients, chats: [...pairs(others).chats, ...chats] };
}

function membersOf(
  { servers, seeded }: Deployment,
  { users, chats }: Population,
  others: number,
): Member[] {
  const members = Array.from({ length: users }, (_, user) => ({
    port: servers[user % servers.length]!.port,
    token: tokenOf(user),
    chats: [] as Member["chats"][number][],
  }));
  chats.forEach(({ members: who, texts = 1 }, i) => {
    const known = { chat: seeded.chats[i]!, has: texts === TEXTS ? TEXTS - MISSED : texts, head: texts };
    for (const user of who) members[user]!.chats.push(known);
  });
  return members.slice(others);
}

function summaryOf({ answered, complete, failed }: Answers["come"], clients: number): typeof NOBODY {
  const latencies = new Latencies();
  for (const ms of answered) latencies.add(ms);
  return {
    answeredP50: latencies.quantile(0.5),
    answeredP99: latencies.quantile(0.99),
    allInMs: complete.length === clients ? Math.max(...complete) : NaN,
    failed,
  };
}
