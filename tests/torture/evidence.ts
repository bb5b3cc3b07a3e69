/**
 * What a run leaves to judge: what the clients were told, and what the database holds. Plain data, so that the checks
 * are pure, and can be shown what they must complain about. Times are ms since 1970: all processes share one clock.
 */

export type ChatKind = "direct" | "group" | "personal";

/** What the database holds, read when everything is quiet. */
export interface Stored {
  readonly chats: readonly ChatRow[];
  /** By chat and seq. */
  readonly events: readonly EventRow[];
  readonly members: readonly MemberRow[];
}

export interface ChatRow {
  readonly id: number;
  readonly kind: ChatKind;
  readonly lastSeq: number;
}

export interface EventRow {
  readonly chat: number;
  readonly seq: number;
  readonly from: number;
  readonly cid: string;
  readonly kind: string;
  readonly time: number;
  /** Whom a join, leave, kick, role or block is about. */
  readonly user?: number;
  readonly blocked?: boolean;
}

export interface MemberRow {
  readonly chat: number;
  readonly user: number;
  readonly firstSeq: number;
}

/** An `ok` for something stored. */
export interface Ack {
  readonly sender: number;
  readonly cid: string;
  readonly chat: number;
  readonly seq: number;
}

/** An `ok` for something that is stored and carries no `cid` of the client's. */
export interface Deed {
  readonly type: string;
  readonly by: number;
  readonly chat?: number;
  readonly user?: number;
  /** Of a join. */
  readonly seq?: number;
  readonly askedAt: number;
  readonly doneAt: number;
}

/** An `error` that is final for the client. */
export interface Refused {
  readonly type: string;
  readonly by: number;
  readonly chat?: number;
  readonly cid?: string;
  readonly code: string;
  readonly retry: boolean;
  readonly askedAt: number;
  readonly doneAt: number;
}

/** Events `first` to `last`, shown one after the other. */
export interface Run {
  readonly first: number;
  last: number;
}

/** All that one client showed, from one login on, however many connections it had. */
export interface Shown {
  /** For people. */
  readonly client: string;
  readonly user: number;
  /** The heads that the login told, by chat. A chat that is not here began later. */
  readonly starts: ReadonlyMap<number, number>;
  /** By chat, in the order in which they were shown. */
  readonly runs: ReadonlyMap<number, readonly Run[]>;
  /** How often the server said that the log is another one. */
  readonly resets: number;
  /** Whether it was there until the end. */
  readonly isFinal: boolean;
}

/** An answer to `history`: ascending. */
export interface Page {
  readonly user: number;
  readonly chat: number;
  readonly seqs: readonly number[];
}

/** Something that is wrong by itself, whatever the database holds. */
export interface Oddity {
  readonly what: string;
  readonly chat?: number;
  readonly seq?: number;
}

export interface Evidence {
  readonly stored: Stored;
  readonly acks: readonly Ack[];
  readonly deeds: readonly Deed[];
  readonly refusals: readonly Refused[];
  readonly shown: readonly Shown[];
  readonly pages: readonly Page[];
  /** What clients were shown of each event, as a digest: by chat, then by seq. */
  readonly sightings: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly oddities: readonly Oddity[];
  /** Users who seemed online when all had left. */
  readonly ghosts: readonly number[];
}

export type Offence = "lost" | "doubled" | "out of order" | "hole" | "wrong" | "not a member's" | "ghost";

export interface Finding {
  readonly offence: Offence;
  readonly chat?: number;
  readonly seq?: number;
  readonly sender?: number;
  readonly cid?: string;
  /** What was expected, and what the client and the database have. */
  readonly about: string;
}
