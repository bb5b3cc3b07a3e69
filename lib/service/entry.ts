/**
 * What the Appender takes: an Entry is one request's change of the log, decided under the locks of the chats that
 * it names. A Scope is what the entry sees there.
 */
import type { Queryable } from "../database/database.ts";
import type { ChatRow } from "../models/chats.ts";
import type { MemberRow } from "../models/members.ts";
import type { EventBody, EventKind, StoredEvent } from "../protocol/events.ts";
import type { ChatId, Cid, UserId } from "../protocol/fields.ts";

/** An event to be numbered. */
export interface Draft {
  readonly chat: ChatId;
  readonly kind: EventKind;
  readonly body: object;
}

export function draft<K extends EventKind>(chat: ChatId, kind: K, body: EventBody<K>): Draft {
  return { chat, kind, body };
}

export interface Entry {
  /** Every chat that is written to, or whose members are. The first one's log holds the main event. */
  readonly chats: readonly [ChatId, ...ChatId[]];
  readonly sender: UserId;
  /** Of the main event. The client's, or made once for the entry, so that a second run finds what the first stored. */
  readonly cid: Cid;
  /** The main event: a stored event with this cid is the same request if these fields are the same. */
  readonly kind: EventKind;
  readonly request: object;
  /** Whether what follows in its chats waits for the next group: it changes who may do what, or what others act on. */
  readonly endsGroup: boolean;
  /** Members to look up beside the sender in the first chat (and both members of a direct chat). */
  readonly members?: readonly (readonly [ChatId, UserId])[];
  /** Roughly how much it writes, in characters. */
  readonly chars?: number;
  /** Whose later entries for the chat are refused with this one, so that a refused one is not overtaken. */
  readonly source?: object;
  /**
   * Checks and changes under the locks, and returns the events: the main one first, or none if nothing is to change.
   * Throws ChatError to refuse, before its first write: others share the transaction. May run again after a
   * transaction that failed, so it keeps nothing.
   */
  act(scope: Scope): Draft[] | Promise<Draft[]>;
}

/** Each try to create a group brings a chat of its own; the first one's is the group. */
export function isSameTarget(entry: Entry, kind: string, chat: ChatId): boolean {
  return entry.kind === kind && (kind === "create" || entry.chats[0] === chat);
}

/** What came of an entry. */
export interface Appended {
  /** The main event; none if the entry had nothing to change. */
  readonly event: StoredEvent | undefined;
  /** Whether it had been stored before. */
  readonly dup: boolean;
}

export class Scope {
  readonly tx: Queryable;
  /** The database's clock when the group had its locks: the same one for all servers. */
  readonly time: number;
  readonly #chats: ReadonlyMap<ChatId, ChatRow>;
  readonly #members: ReadonlyMap<string, MemberRow>;
  readonly #heads = new Map<ChatId, number>();

  constructor(
    tx: Queryable,
    time: number,
    chats: ReadonlyMap<ChatId, ChatRow>,
    members: readonly MemberRow[],
  ) {
    this.tx = tx;
    this.time = time;
    this.#chats = chats;
    this.#members = new Map(members.map((member) => [memberKey(member.chat_id, member.user_id), member]));
  }

  /** A locked chat, as it was before this group. */
  chat(id: ChatId): ChatRow {
    const row = this.#chats.get(id);
    if (!row) throw new Error(`chat ${id} is not among the entry's chats`);
    return row;
  }

  /** A member that the entry asked for, or undefined for none. */
  member(chat: ChatId, user: UserId): MemberRow | undefined {
    return this.#members.get(memberKey(chat, user));
  }

  /** The seq that the next event of this chat gets. */
  next(chat: ChatId): number {
    return this.head(chat) + 1;
  }

  head(chat: ChatId): number {
    return this.#heads.get(chat) ?? this.chat(chat).last_seq;
  }

  /** Gives the next seq of this chat away. */
  take(chat: ChatId): number {
    const seq = this.next(chat);
    this.#heads.set(chat, seq);
    return seq;
  }

  /** The heads that this group moved. */
  moved(): [ChatId, number][] {
    return [...this.#heads];
  }
}

function memberKey(chat: ChatId, user: UserId): string {
  return `${chat} ${user}`;
}
