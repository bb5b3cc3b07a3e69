/** Who was a member of a chat when, as its own log tells. */
import type { ChatKind, EventRow } from "./evidence.ts";

/** From the member's own join to the own leave or kick, both included. */
export interface Membership {
  readonly first: number;
  /** Infinity while it lasts. */
  last: number;
  /** When it began and ended, by the events' times. */
  readonly since: number;
  until: number;
}

/** A member in the log who cannot be one. */
export interface Contradiction {
  readonly event: EventRow;
  readonly about: string;
}

export class Memberships {
  readonly contradictions: Contradiction[] = [];
  readonly #kind: ChatKind;
  readonly #byUser = new Map<number, Membership[]>();

  /** `log`: the events of one chat, in order. `members`: whom the database has; in a log without joins they always were. */
  constructor(kind: ChatKind, log: readonly EventRow[], members: readonly number[]) {
    this.#kind = kind;
    if (kind !== "group") {
      for (const user of members) this.#enter(user, { seq: 1, time: 0 });
      return;
    }
    for (const event of log) CHANGES[event.kind]?.(this, event);
  }

  of(user: number): readonly Membership[] {
    return this.#byUser.get(user) ?? [];
  }

  /** Members at the end, with the first event that they may see. */
  get current(): Map<number, number> {
    const lasting = [...this.#byUser].flatMap(([user, all]) => {
      const last = all.at(-1)!;
      return last.last === Infinity ? [[user, last.first] as const] : [];
    });
    return new Map(lasting);
  }

  has(user: number, seq: number): boolean {
    return this.of(user).some(({ first, last }) => first <= seq && seq <= last);
  }

  /** Whether a membership begins with this event: only there may something be missing before it. */
  begins(user: number, seq: number): boolean {
    if (this.#kind !== "group") return seq === 1;
    return this.of(user).some(({ first }) => first === seq);
  }

  /**
   * Whether these are the last events of a membership that began above `shown` and has ended. A client that came back
   * during it fetches what it missed; when the membership ends before that is done, only what came since is left to it.
   */
  ends(user: number, from: number, to: number, shown: number): boolean {
    return this.of(user).some(({ first, last }) => shown < first && first <= from && last === to);
  }

  /** Whether the user was a member all the time. */
  lasted(user: number, from: number, to: number): boolean {
    return this.of(user).some(({ since, until }) => since < from && to < until);
  }

  enter(user: number, event: EventRow): void {
    if (this.of(user).at(-1)?.last === Infinity) {
      this.contradictions.push({ event, about: `user ${user} joins and is a member already` });
    } else this.#enter(user, event);
  }

  exit(user: number, event: EventRow): void {
    const last = this.of(user).at(-1);
    if (last?.last !== Infinity) {
      return void this.contradictions.push({ event, about: `user ${user} goes and is no member` });
    }
    last.last = event.seq;
    last.until = event.time;
  }

  #enter(user: number, { seq, time }: Pick<EventRow, "seq" | "time">): void {
    const all = this.#byUser.get(user) ?? [];
    all.push({ first: seq, last: Infinity, since: time, until: Infinity });
    this.#byUser.set(user, all);
  }
}

const CHANGES: { readonly [kind: string]: (memberships: Memberships, event: EventRow) => void } = {
  create: (memberships, event) => memberships.enter(event.from, event),
  join: (memberships, event) => memberships.enter(event.user!, event),
  leave: (memberships, event) => memberships.exit(event.user!, event),
  kick: (memberships, event) => memberships.exit(event.user!, event),
};
