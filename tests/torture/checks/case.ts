/** The evidence, arranged for the checks: made once, asked by all of them. */
import type { ChatRow, EventRow, Evidence } from "../evidence.ts";
import { Memberships } from "../memberships.ts";

export interface Chat {
  readonly row: ChatRow;
  /** In the order of their numbers. */
  readonly log: readonly EventRow[];
  readonly memberships: Memberships;
}

export class Case {
  readonly evidence: Evidence;
  readonly chats: ReadonlyMap<number, Chat>;
  readonly #byCid = new Map<string, EventRow[]>();
  /** The personal chat of each user. */
  readonly #personal = new Map<number, Chat>();

  constructor(evidence: Evidence) {
    this.evidence = evidence;
    const { chats, events, members } = evidence.stored;
    const logs = Map.groupBy(events, ({ chat }) => chat);
    const membersOf = Map.groupBy(members, ({ chat }) => chat);
    this.chats = new Map(chats.map((row) => {
      const log = (logs.get(row.id) ?? []).toSorted((a, b) => a.seq - b.seq);
      const users = (membersOf.get(row.id) ?? []).map(({ user }) => user);
      return [row.id, { row, log, memberships: new Memberships(row.kind, log, users) }];
    }));
    for (const chat of this.chats.values()) {
      if (chat.row.kind !== "personal") continue;
      for (const user of chat.memberships.current.keys()) this.#personal.set(user, chat);
    }
    for (const event of events) {
      const key = keyOf(event.from, event.cid);
      const same = this.#byCid.get(key);
      if (same) same.push(event);
      else this.#byCid.set(key, [event]);
    }
  }

  /** The events with this `cid` of this sender: one, or none. */
  stored(sender: number, cid: string): readonly EventRow[] {
    return this.#byCid.get(keyOf(sender, cid)) ?? [];
  }

  /** When this user blocked and unblocked others. */
  blocksOf(user: number): EventRow[] {
    return this.#personal.get(user)?.log.filter(({ kind }) => kind === "block") ?? [];
  }

  get storedTwice(): readonly (readonly EventRow[])[] {
    return [...this.#byCid.values()].filter((events) => events.length > 1);
  }
}

function keyOf(sender: number, cid: string): string {
  return `${sender} ${cid}`;
}

export function shownAs({ chat, seq, kind, from, cid }: EventRow): string {
  return `chat ${chat} seq ${seq}: ${kind} from ${from}, cid ${cid}`;
}
