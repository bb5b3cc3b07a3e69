/** Which fault happens when: the same seed gives the same faults in the same order, with the same pauses. */
import { pause } from "../../lib/service/pause.ts";
import type { Deployment } from "./deployment.ts";
import type { Dice } from "./dice.ts";
import { type FaultKind, FAULTS } from "./faults.ts";
import type { Progress } from "./progress.ts";

interface Planned {
  readonly kind: FaultKind;
  readonly way: string;
}

export interface Listener {
  /** Is told of each fault that is over. */
  say(line: string): void;
  /** A fault that could not be done or mended: what is tortured is not what it should be. */
  failed(what: string): void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
/** Between the end of a fault and the next one. */
const PAUSE_MS = { least: 500, most: 4_000 };
/** Of all faults: a second one of another kind happens at the same time. */
const PAIRS = 0.2;

export class Schedule {
  readonly #dice: Dice;
  readonly #kinds: readonly FaultKind[];
  /** The ways of each kind that are still to come: all of them come before one comes again. */
  readonly #ways = new Map<FaultKind, string[]>();
  #deck: FaultKind[] = [];

  constructor(kinds: readonly FaultKind[], dice: Dice) {
    this.#kinds = kinds;
    this.#dice = dice;
  }

  /** The next fault, or two of different kinds. */
  next(): Planned[] {
    const first = this.#kind();
    const second = this.#dice.chance(PAIRS) ? this.#deck.at(-1) : undefined;
    const kinds = second === undefined || !areApart(first, second) ? [first] : [first, this.#kind()];
    return kinds.map((kind) => ({ kind, way: this.#way(kind) }));
  }

  #kind(): FaultKind {
    if (this.#deck.length === 0) this.#deck = this.#dice.shuffled(this.#kinds);
    return this.#deck.pop()!;
  }

  #way(kind: FaultKind): string {
    let ways = this.#ways.get(kind) ?? [];
    if (ways.length === 0) ways = this.#dice.shuffled(Object.keys(FAULTS[kind].ways));
    this.#ways.set(kind, ways);
    return ways.pop()!;
  }

  /** Lets faults happen until the signal; resolves when the last one is over, and mended. */
  async run(
    deployment: Deployment,
    progress: Progress,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#kinds.length === 0) return await pause(MAX_TIMER_MS, signal);
    while (true) {
      await pause(this.#dice.between(PAUSE_MS.least, PAUSE_MS.most), signal);
      if (signal.aborted) return;
      await Promise.all(
        this.next().map(async ({ kind, way }) => {
          const dice = this.#dice.fork();
          const end = progress.begin(`${kind} ${way}`);
          const from = performance.now();
          try {
            await FAULTS[kind].ways[way]!(deployment, dice);
          } catch (error) {
            listener.failed(`the fault ${kind} ${way} failed: ${error}`);
          }
          end();
          listener.say(`${kind} ${way}, ${Math.round(performance.now() - from)} ms`);
        }),
      );
    }
  }
}

function areApart(a: FaultKind, b: FaultKind): boolean {
  return a !== b && !(FAULTS[a].servers && FAULTS[b].servers);
}
