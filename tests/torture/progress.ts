/** Faults and silences in time: how long nobody got anything, and how long somebody waited, while what was done. */

export interface Done {
  /** Kind and way of the fault. */
  readonly fault: string;
  /** In ms of `performance.now()`. */
  readonly from: number;
  to: number;
}

export interface Outage {
  /** Kind and way of the fault. */
  readonly fault: string;
  readonly count: number;
  /** The longest time without any acknowledgement or delivery, in ms. */
  readonly silenceMs: number;
  /** The longest time in which one witness got nothing, while it is told of several events a second, in ms. */
  readonly unservedMs: number;
  /** The longest time from a request to its acknowledgement, in ms. */
  readonly waitMs: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Shorter ones are no outage, and only cost memory. */
const NOTEWORTHY_MS = 100;
/** Faults that begin within this time happen together. */
const SAME_MS = 100;
const NONE = "none";
/** So long after a fault, what was done has been mended and is in use again. */
const CALM_MS = 1_000;
/** What comes so long after a fault is still its consequence, unless the next one has begun. */
const AFTERMATH_MS = 30_000;

export class Progress {
  acknowledged = 0;
  delivered = 0;
  /** How often a slow witness stopped reading. */
  stops = 0;
  readonly faults: Done[] = [];
  readonly #silences: Span[] = [];
  readonly #waits: Span[] = [];
  readonly #unserved: Span[] = [];
  /** When each witness got something last. */
  readonly #served = new Map<string, number>();
  #last = performance.now();
  #isResting = false;

  /** From here on nothing is asked for: silence is no outage. */
  rest(): void {
    this.#isResting = true;
  }

  /** What was before does not count. */
  start(): void {
    this.acknowledged = this.delivered = 0;
    this.#silences.length = this.#waits.length = this.#unserved.length = 0;
    this.#served.clear();
    this.#last = performance.now();
  }

  acknowledge(askedAt: number): void {
    this.acknowledged++;
    const now = performance.now();
    if (now - askedAt > NOTEWORTHY_MS) this.#waits.push({ from: askedAt, to: now });
    this.#mark(now);
  }

  deliver(): void {
    this.delivered++;
    this.#mark(performance.now());
  }

  /** A witness, who never goes away by itself, got an event. */
  serve(witness: string): void {
    const now = performance.now();
    const last = this.#served.get(witness) ?? now;
    if (now - last > NOTEWORTHY_MS) this.#unserved.push({ from: last, to: now });
    this.#served.set(witness, now);
  }

  /** A fault begins; call what it returns when it is over. */
  begin(fault: string): () => void {
    const done: Done = { fault, from: performance.now(), to: Infinity };
    this.faults.push(done);
    return () => {
      done.to = performance.now();
    };
  }

  /** Whether no fault is under way, and none was a moment ago. */
  get isCalm(): boolean {
    const now = performance.now();
    return this.faults.every(({ to }) => to + CALM_MS < now);
  }

  /** By fault, and "none" for what no fault explains. What spans several faults counts where most of it lies. */
  outages(): Outage[] {
    const windows = this.faults.map((fault) => {
      const next = this.faults.find(({ from }) => from > fault.from + SAME_MS)?.from ?? Infinity;
      return { ...fault, to: Math.max(fault.to, Math.min(fault.to + AFTERMATH_MS, next)) };
    });
    const longest = (spans: readonly Span[]) => {
      const byFault = new Map<string, number>();
      for (const span of spans) {
        const shares = windows.map(({ from, to }) => Math.min(span.to, to) - Math.max(span.from, from));
        const most = Math.max(0, ...shares);
        const causes = windows.filter((_, i) => shares[i]! > 0 && shares[i]! > most - SAME_MS);
        for (const fault of causes.length > 0 ? causes.map(({ fault }) => fault) : [NONE]) {
          byFault.set(fault, Math.max(byFault.get(fault) ?? 0, span.to - span.from));
        }
      }
      return byFault;
    };
    const [silences, unserved, waits] = [this.#silences, this.#unserved, this.#waits].map(longest);
    const counts = Map.groupBy(this.faults, ({ fault }) => fault);
    return [...[...counts.keys()].sort(), NONE].map((fault) => ({
      fault,
      count: counts.get(fault)?.length ?? 0,
      silenceMs: silences!.get(fault) ?? 0,
      unservedMs: unserved!.get(fault) ?? 0,
      waitMs: waits!.get(fault) ?? 0,
    }));
  }

  #mark(now: number): void {
    if (now - this.#last > NOTEWORTHY_MS && !this.#isResting) {
      this.#silences.push({ from: this.#last, to: now });
    }
    this.#last = now;
  }
}
