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

  /** By kind of fault, and "none" for what no fault explains. */
  outages(): Outage[] {
    const explained = this.faults.map((fault, i) => ({
      kind: fault.kind,
      from: fault.from,
      to: Math.min(fault.to + AFTERMATH_MS, Math.max(fault.to, this.faults[i + 1]?.from ?? Infinity)),
    }));
    const isIn = ({ from, to }: Span, fault: Span) => from < fault.to && fault.from < to;
    const outage = (kind: string, count: number, belongs: (span: Span) => boolean): Outage => {
      const longest = (spans: readonly Span[]) =>
        spans.filter(belongs).reduce((max, { from, to }) => Math.max(max, to - from), 0);
      return { kind, count, silenceMs: longest(this.#silences), waitMs: longest(this.#waits) };
    };
    const kinds = Map.groupBy(explained, ({ kind }) => kind);
    return [
      ...[...kinds].map(([kind, all]) =>
        outage(kind, all.length, (span) => all.some((fault) => isIn(span, fault)))
      ),
      outage("none", 0, (span) => !explained.some((fault) => isIn(span, fault))),
    ];
  }

  #mark(now: number): void {
    if (now - this.#last > NOTEWORTHY_MS) this.#silences.push({ from: this.#last, to: now });
    this.#last = now;
  }
}
