/**
 * A user of 500 chats who has 50,000 events to read: how long until the first screen, how long until a copy of all of
 * it is complete, and what does it cost the server?
 *
 * Each of the three is asked of a server that has just started, and then of the same server again, which by then knows
 * the chats.
 */
import { sumOf, type Wrong } from "./account.ts";
import type { Bench, Result } from "./bench.ts";
import type { Backend, Deployment } from "./deployment.ts";
import { type Figures, mediansOfRows } from "./medians.ts";
import { pause } from "./pause.ts";
import { type Chat, direct, type Population } from "./population.ts";
import { peakKibOf, resetPeaks, usageOf } from "./process_stats.ts";
import { type Known, ReturningClient } from "./returning_client.ts";
import { nameOf, tokenOf } from "./seed.ts";

const COLUMNS = {
  /** ms from connecting to the answer: by password, and then with the latest texts of one chat; by token. */
  loginMs: { title: "login ms", digits: 0 },
  screenMs: { title: "first screen ms", digits: 0 },
  resumeMs: { title: "resume ms", digits: 0 },
  /** The same by token with what it has of every chat, and until it had everything. */
  answeredMs: { title: "stale resume ms", digits: 0 },
  completeMs: { title: "complete ms", digits: 0 },
  eventsPerS: { title: "events/s", digits: 0 },
  /** Memory of the server, in MiB: before the stale resume, the most meanwhile, and some time after. */
  rssBefore: { title: "RSS before MiB", digits: 0 },
  rssPeak: { title: "at most MiB", digits: 0 },
  rssAfter: { title: "after MiB", digits: 0 },
};

type Name = keyof typeof COLUMNS;

export interface StaleSize {
  /** Half of them direct. */
  readonly chats: number;
  /** In each of the chats: those that the user has, and those that it has not. */
  readonly has: number;
  readonly missed: number;
  /** What is not used any more is given back only after a while: so long until memory is looked at again. */
  readonly restMs: number;
  /** In each run. */
  readonly rounds: number;
}

const SIZE: StaleSize = { chats: 500, has: 20, missed: 100, restMs: 2_000, rounds: 3 };
const USER = 0;
const GROUP_MEMBERS = 5;
const SCREEN_EVENTS = 50;
const DEADLINE_MS = 60_000;
const PASSWORD = "a password of the bench";

export function stale(name: string, size: StaleSize = SIZE): Bench<Name> {
  return {
    about: `a user of ${size.chats} chats, with ${size.missed * size.chats} events to read`,
    columns: COLUMNS,
    run: (backend) => run(name, backend, size),
  };
}

async function run(name: string, backend: Backend, size: StaleSize): Promise<Result<Name>> {
  await using deployment = await backend.start(populationOf(size));
  const user = new StaleUser(deployment, size);
  const rounds: Readonly<Record<string, Figures<Name>>>[] = [];
  for (let round = 0; round < size.rounds; round++) {
    rounds.push({
      [`${name}: new server`]: await user.comeBack(() => deployment.servers[0]!.restart()),
      [`${name}: again`]: await user.comeBack(async () => {}),
    });
  }
  return { rows: mediansOfRows(rounds), wrong: sumOf(user.wrong), surprises: user.surprises };
}

function populationOf({ chats, has, missed }: StaleSize): Population {
  const others = chats / 2;
  const texts = has + missed;
  const all = Array.from({ length: others }, (_, i): Chat[] => {
    const members = Array.from({ length: GROUP_MEMBERS - 1 }, (_, n) => 1 + (i + n) % others);
    return [{ ...direct(USER, 1 + i), texts }, { kind: "group", members: [USER, ...members], texts }];
  });
  return { users: 1 + others, chats: all.flat(), password: PASSWORD };
}

class StaleUser {
  readonly wrong: Wrong[] = [];
  readonly surprises: string[] = [];
  readonly #deployment: Deployment;
  readonly #size: StaleSize;
  readonly #chats: readonly Known[];

  constructor(deployment: Deployment, size: StaleSize) {
    this.#deployment = deployment;
    this.#size = size;
    const { has, missed } = size;
    this.#chats = deployment.seeded.chats.map((chat) => ({ chat, has, head: has + missed }));
  }

  /** In each of the ways, every time after `prepare`. */
  async comeBack(prepare: () => Promise<void>): Promise<Figures<Name>> {
    await prepare();
    const login = await this.#visit(async (client, passed) => {
      await client.ask({ type: "login", name: nameOf(USER), password: PASSWORD });
      const loginMs = passed();
      await client.ask({ type: "history", chat: this.#chats[0]!.chat, limit: SCREEN_EVENTS });
      return { loginMs, screenMs: passed() };
    });
    await prepare();
    const resume = await this.#visit(async (client, passed) => {
      await client.resume(tokenOf(USER), []);
      return { resumeMs: passed() };
    });
    await prepare();
    return { ...login, ...resume, ...await this.#completeCopy() };
  }

  async #completeCopy() {
    const pids = [this.#deployment.servers[0]!.pid];
    const rss = () => usageOf(pids).rssKib / 1024;
    resetPeaks(pids);
    const rssBefore = rss();
    const { answeredMs, completeMs } = await this.#visit(async (client, passed) => {
      await client.resume(tokenOf(USER), this.#chats);
      const answeredMs = passed();
      const isComplete = await client.completes(DEADLINE_MS);
      return { answeredMs, completeMs: isComplete ? passed() : NaN };
    });
    const rssPeak = peakKibOf(pids) / 1024;
    await pause(this.#size.restMs);
    const eventsPerS = this.#chats.length * this.#size.missed / completeMs * 1000;
    return { answeredMs, completeMs, eventsPerS, rssBefore, rssPeak, rssAfter: rss() };
  }

  /** A connection, and what went wrong on it. `passed` says how many ms ago it began. */
  async #visit<T>(work: (client: ReturningClient, passed: () => number) => Promise<T>): Promise<T> {
    const start = performance.now();
    const client = await ReturningClient.connect(this.#deployment.servers[0]!.port);
    try {
      return await work(client, () => performance.now() - start);
    } finally {
      this.wrong.push(client.wrong());
      this.surprises.push(...client.surprises);
      await client.close();
    }
  }
}
