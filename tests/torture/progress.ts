/** Faults and silences in time: how long nobody got anything, and how long somebody waited, while what was done. */

export interface Done {
  readonly kind: string;
  /** The fault, in words. */
  readonly what: string;
  /** In ms of `performance.now()`. */
  readonly from: number;
  to: number;
}

export interface Outage {
  readonly kind: string;
  readonly count: number;
  /** The longest time without any acknowledgement or delivery, in ms. */
  readonly silenceMs: number;
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
/** What comes so long after a fault is still its consequence, unless the next one has begun. */
const AFTERMATH_MS = 30_000;

export class Progress {
  acknowledged = 0;
  delivered = 0;
  readonly faults: Done[] = [];
  readonly #silences: Span[] = [];
  readonly #waits: Span[] = [];
  #last = performance.now();

  /** What was before does not count. */
  start(): void {
    this.acknowledged = this.delivered = 0;
    this.#silences.length = this.#waits.length = 0;
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

  /** A fault begins; call what it returns when it is over. */
  begin(kind: string, what: string): () => void {
    const fault: Done = { kind, what, from: performance.now(), to: Infinity };
    this.faults.push(fault);
    return () => {
      fault.to = performance.now();
    };
  }

  /** By kind of fault, and "none" for what no fault explains. What spans several faults counts where most of it lies. */
  outages(): Outage[] {
    const windows = this.faults.map((fault) => {
      const next = this.faults.find(({ from }) => from > fault.from + SAME_MS)?.from ?? Infinity;
      return { ...fault, to: Math.max(fault.to, Math.min(fault.to + AFTERMATH_MS, next)) };
    });
    const longest = (spans: readonly Span[]) => {
      const byKind = new Map<string, number>();
      for (const span of spans) {
        const shares = windows.map(({ from, to }) => Math.min(span.to, to) - Math.max(span.from, from));
        const most = Math.max(0, ...shares);
        const kinds = windows.filter((_, i) => shares[i]! > 0 && shares[i]! > most - SAME_MS);
        for (const kind of kinds.length > 0 ? kinds.map(({ kind }) => kind) : [NONE]) {
          byKind.set(kind, Math.max(byKind.get(kind) ?? 0, span.to - span.from));
        }
      }
      return byKind;
    };
    const [silences, waits] = [longest(this.#silences), longest(this.#waits)];
    const counts = Map.groupBy(this.faults, ({ kind }) => kind);
    return [...counts.keys(), NONE].map((kind) => ({
      kind,
      count: counts.get(kind)?.length ?? 0,
      silenceMs: silences.get(kind) ?? 0,
      waitMs: waits.get(kind) ?? 0,
    }));
  }

  #mark(now: number): void {
    if (now - this.#last > NOTEWORTHY_MS) this.#silences.push({ from: this.#last, to: now });
    this.#last = now;
  }
}
