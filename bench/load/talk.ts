/** What is said in a group while some of its members stop reading and read on, and how it arrives at the others. */
import type { Crowd } from "./crowd.ts";
import type { LoadClient } from "./load_client.ts";
import { observe, type Observed } from "./observe.ts";
import { openLoop } from "./pace.ts";
import { pause, timeUntil } from "./pause.ts";
import { usageOf } from "./process_stats.ts";
import type { SlowReadersSize } from "./slow_readers.ts";
import type { Tally } from "./tally.ts";

export interface TalkFigures extends Observed {
  readonly rssAfter: number;
  readonly unreadMb: number;
  readonly caughtUpMs: number;
}

const NOT_MEASURED = { rssAfter: NaN, unreadMb: NaN, caughtUpMs: NaN };
const CATCH_UP_MS = 60_000;
const LOOK_MS = 5;
const MIB = 1024 * 1024;

export class Talk {
  readonly #crowd: Crowd;
  readonly #tally: Tally;
  readonly #pids: readonly number[];
  readonly #size: SlowReadersSize;
  readonly #writers: readonly LoadClient[];
  /** Those who read all the time, and the others. */
  readonly #readers: readonly LoadClient[];
  readonly #slow: readonly LoadClient[];

  /** `tally` is that of those who read all the time. */
  constructor(crowd: Crowd, tally: Tally, pids: readonly number[], size: SlowReadersSize) {
    this.#crowd = crowd;
    this.#tally = tally;
    this.#pids = pids;
    this.#size = size;
    this.#writers = crowd.clients.slice(0, size.writers);
    this.#readers = crowd.clients.slice(0, size.members - size.slow);
    this.#slow = crowd.clients.slice(size.members - size.slow);
  }

  /** Writes so many texts, and waits until they have arrived at those who read. */
  async write(count: number): Promise<void> {
    await openLoop(this.#writers, this.#size.rate, this.#tally, count).done;
    await this.#crowd.arrived(this.#readers);
  }

  async whileAllRead(): Promise<TalkFigures> {
    const figures = await this.#observe(() => this.write(this.#size.texts));
    await this.#crowd.arrived();
    return { ...NOT_MEASURED, ...figures, rssAfter: await this.#rssAtRest() };
  }

  /** They have stopped when it returns, and do not read. */
  async whileSomeStop(): Promise<TalkFigures> {
    for (const client of this.#slow) client.stopReading();
    const had = this.#slow.map(({ readBytes }) => readBytes);
    const come = this.#readers[0]!.readBytes;
    const figures = await this.#observe(() => this.write(this.#size.texts));
    const each = this.#readers[0]!.readBytes - come;
    const unread = this.#slow.map(({ readBytes }, i) => each - (readBytes - had[i]!));
    return { ...NOT_MEASURED, ...figures, unreadMb: unread.reduce((sum, bytes) => sum + bytes, 0) / MIB };
  }

  async whileTheyReadOn(): Promise<TalkFigures> {
    const sent = this.#writers.map((writer) => writer.sent);
    const haveAll = () =>
      this.#slow.every((client) =>
        this.#writers.every(({ number }, i) => client.lost(number, sent[i]!) === 0)
      );
    let caughtUpMs = NaN;
    const figures = await this.#observe(async () => {
      for (const client of this.#slow) client.readOn();
      const caughtUp = timeUntil(haveAll, CATCH_UP_MS, LOOK_MS);
      await this.write(this.#size.textsAfter);
      caughtUpMs = await caughtUp;
    });
    await this.#crowd.arrived();
    return { ...NOT_MEASURED, ...figures, caughtUpMs, rssAfter: await this.#rssAtRest() };
  }

  #observe(work: () => Promise<void>): Promise<Observed> {
    return observe(this.#tally, this.#pids, work);
  }

  async #rssAtRest(): Promise<number> {
    await pause(this.#size.restMs);
    return usageOf(this.#pids).rssKib / 1024;
  }
}
