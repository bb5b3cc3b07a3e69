/**
 * Ten of a group of 100 stop reading while 10,000 texts come in, then they read on while the talk goes on. What do the
 * other 90 notice, what does the server hold for those who do not read, and do they get everything?
 *
 * Each round compares with the same texts while all read; the two take turns in being first.
 */
import type { Bench, Result } from "./bench.ts";
import { Crowd } from "./crowd.ts";
import type { Backend } from "./deployment.ts";
import { type Figures, mediansOfRows } from "./medians.ts";
import { compared, OBSERVED } from "./observe.ts";
import { group } from "./population.ts";
import { Talk } from "./talk.ts";
import { Tally } from "./tally.ts";

const COLUMNS = {
  ...OBSERVED,
  /** Memory some time after, in MiB. */
  rssAfter: { title: "after MiB", digits: 0 },
  /** What had come for those who stopped, and had not been read: without bounds it would be memory. */
  unreadMb: { title: "unread MiB", digits: 0 },
  /** From reading on to having everything that had come meanwhile. */
  caughtUpMs: { title: "caught up ms", digits: 0 },
};

type Name = keyof typeof COLUMNS;

export interface SlowReadersSize {
  readonly members: number;
  readonly slow: number;
  readonly writers: number;
  /** Before anything is measured. */
  readonly textsBefore: number;
  /** While the slow ones do not read. */
  readonly texts: number;
  /** While they read on. */
  readonly textsAfter: number;
  /** Texts a second. */
  readonly rate: number;
  readonly textChars: number;
  /** What is not used any more is given back only after a while: so long until memory is looked at again. */
  readonly restMs: number;
  /** In each run. */
  readonly rounds: number;
}

/** With 800 characters each, 10,000 texts are more than the system holds for somebody who does not read. */
const SIZE: SlowReadersSize = {
  members: 100,
  slow: 10,
  writers: 10,
  textsBefore: 2_000,
  texts: 10_000,
  textsAfter: 2_500,
  rate: 1_000,
  textChars: 800,
  restMs: 2_000,
  rounds: 2,
};

export function slowReaders(name: string, size: SlowReadersSize = SIZE): Bench<Name> {
  return {
    about: `a group of ${size.members}, of whom ${size.slow} stop reading for ${size.texts} texts`,
    columns: COLUMNS,
    run: (backend) => run(name, backend, size),
  };
}

async function run(name: string, backend: Backend, size: SlowReadersSize): Promise<Result<Name>> {
  const population = { users: size.members, chats: [group(size.members)] };
  await using deployment = await backend.start(population);
  const others = new Tally();
  const slow = new Tally();
  const tallyOf = (user: number) => user < size.members - size.slow ? others : slow;
  const text = "x".repeat(size.textChars);
  await using crowd = await Crowd.connect({ deployment, population, tallyOf, text });
  const talk = new Talk(crowd, others, deployment.servers.map(({ pid }) => pid), size);

  await talk.write(size.textsBefore);
  const rounds: Readonly<Record<string, Figures<Name>>>[] = [];
  for (let round = 0; round < size.rounds; round++) {
    const before = round % 2 === 0 ? await talk.whileAllRead() : undefined;
    const stopped = await talk.whileSomeStop();
    const back = await talk.whileTheyReadOn();
    const all = before ?? await talk.whileAllRead();
    rounds.push({
      [`${name}: all read`]: compared(all),
      [`${name}: ${size.slow} stopped`]: compared(stopped, all),
      [`${name}: ${size.slow} read on`]: compared(back, all),
    });
  }
  const surprises = [...others.surprises, ...slow.surprises];
  return { rows: mediansOfRows(rounds), wrong: crowd.wrong(), surprises };
}
