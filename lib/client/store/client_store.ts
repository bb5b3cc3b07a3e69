/**
 * What a client keeps so that it may be killed: its session, what was not acknowledged, how far it has shown each chat.
 * A store is one running client's view; several clients of one user share what is behind it.
 *
 * Holds true:
 * - a session that a living client goes on with is given to no other one: the server would end the first one's connection;
 * - a draft of a living client is given to no other one; a dead client's goes to the next one of its account;
 * - what a method was told is kept once it returns. When it throws (a `ClientError` "store_failed"), nothing was changed.
 */
import type { Draft } from "../outbox.ts";

/** By chat: up to which event of its log everything was shown. */
export type Have = Readonly<Record<string, number>>;

/** A session of an earlier run, now this client's. */
export interface StoredSession {
  readonly account: string;
  readonly token: string;
  readonly epoch: string;
  readonly have: Have;
}

export interface Login {
  readonly account: string;
  readonly token: string;
  readonly epoch: string;
  /** Absent where nothing is shown: then the stored positions stay, unless the epoch is another one. */
  readonly have?: Have;
  /** By a password: the database may be quite another one than that for which drafts were written. */
  readonly isNew: boolean;
}

export interface Leftovers {
  /** This client's from here on, in the order in which they were written. */
  readonly drafts: readonly Draft[];
  /** Written for another database: their numbers mean other chats and users now. The store has them no more. */
  readonly strange: readonly Draft[];
}

export interface Changes {
  readonly drafts?: readonly Draft[];
  /** Drafts that are acknowledged, or refused for good. */
  readonly settled?: readonly string[];
  /** Positions that moved; undefined for a chat that is no longer this user's. */
  readonly positions?: ReadonlyMap<string, number | undefined>;
}

export interface ClientStore {
  /** The free session that was used last, of this account or of any; from here on it is this client's. */
  take(account?: string): StoredSession | undefined;
  /** Accounts of this server with a stored session, the one used last first. */
  accounts(): readonly StoredAccount[];
  /** Drafts that wait for a client of their account. */
  waiting(): number;
  /** Somebody has logged in, or goes on after a lost connection; drafts that nobody sends come along. */
  enter(login: Login): Leftovers;
  write(changes: Changes): void;
  /** The login is over, and its session and drafts with it. */
  leave(): void;
  /** The session is no longer good; the drafts are. */
  expire(): void;
  /** This client has nothing to do with its session and drafts any more: the next one may have them. */
  release(): void;
}

export interface StoredAccount {
  readonly account: string;
  /** Whether `take` would give a session of it. */
  readonly isFree: boolean;
}
