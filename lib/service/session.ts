/**
 * A Session is a logged-in connection: its cursors, one for each of its chats, and what its personal log tells it
 * to do. It sends only into its connection's bounded queue, and never waits for it.
 */
import { type ByeReason, ChatError } from "../protocol/errors.ts";
import type { EventBody } from "../protocol/events.ts";
import type { ChatId, SessionId, User, UserId } from "../protocol/fields.ts";
import { Cursor, type Follower, type Notice } from "./cursor.ts";
import type { Feeds } from "./feeds.ts";
import type { LogEvent } from "./log_event.ts";
import type { Peer } from "./peer.ts";
import { pause } from "./pause.ts";
import type { Presence } from "./presence.ts";

export interface SessionOptions {
  readonly id: SessionId;
  readonly user: User;
  readonly personal: ChatId;
  /** When the session was used: a connection that uses it later takes it over. */
  readonly used: number;
  /** Up to here the personal log is in what the session began with: what it tells has been done. */
  readonly knownTo: number;
  readonly peer: Peer;
  readonly feeds: Feeds;
  readonly presence: Presence;
  /** The connection is to end, for this reason. */
  onEnded(reason: ByeReason): void;
}

const RETRY_MS = 500;

export class Session implements Follower {
  readonly id: SessionId;
  readonly user: UserId;
  readonly personal: ChatId;
  name: string;
  /** Its end is its own wish, and its connection goes on. */
  isLoggingOut = false;
  /** Direct chats that this session follows, by the other user. */
  readonly directs = new Map<UserId, ChatId>();
  readonly #options: SessionOptions;
  readonly #cursors = new Map<ChatId, Cursor>();
  readonly #closed = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();
  #finding: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.user = options.user.id;
    this.name = options.user.name;
    this.personal = options.personal;
    this.#options = options;
  }

  get full(): boolean {
    return this.#options.peer.full;
  }

  drained(): Promise<void> {
    return this.#options.peer.drained();
  }

  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#reading.then(work);
    this.#reading = turn.catch(() => {}); // the next one's turn comes all the same
    return turn;
  }

  /** This session's place in a chat that it follows. */
  cursor(chat: ChatId): Cursor | undefined {
    return this.#cursors.get(chat);
  }

  /**
   * Finds out what a request must know before it can be appended. Where that takes time, the requests behind it wait,
   * or the second text of a connection could overtake the first.
   */
  inOrder<T>(find: () => T | Promise<T>): T | Promise<T> {
    if (!this.#finding) {
      const found = find();
      if (!(found instanceof Promise)) return found;
      return this.#chain(found);
    }
    return this.#chain(this.#finding.then(find));
  }

  #chain<T>(found: Promise<T>): Promise<T> {
    // A fault that may pass is everybody's behind it: what comes later must not be stored before what came first.
    const before = found.then(() => {}, (error) => {
      if (!(error instanceof ChatError)) throw error;
    });
    this.#finding = before;
    const clear = () => {
      if (this.#finding === before) this.#finding = undefined;
    };
    before.then(clear, clear);
    return found;
  }

  /** Follows chats whose Feeds are open, each from a position on. Without `await`, so that an answer can go before. */
  start(positions: ReadonlyMap<ChatId, number>): void {
    for (const [chat, position] of positions) this.#attach(chat, position);
  }

  #attach(chat: ChatId, position: number): void {
    if (this.#closed.signal.aborted) return;
    const feed = this.#options.feeds.get(chat);
    if (!feed) return this.follow(chat, position);
    const before = this.#cursors.get(chat);
    if (before) return before.advance(position);
    const cursor = new Cursor(feed, this, position);
    this.#cursors.set(chat, cursor);
    feed.add(cursor);
  }

  deliver(event: LogEvent): void {
    this.#options.peer.send(event.bytes);
    if (event.chat !== this.personal || event.seq <= this.#options.knownTo) return;
    try {
      PERSONAL[event.kind]?.(this, event.message() as never);
    } catch {
      // Not as this version writes it: the client has it, and everybody else's events go on.
    }
  }

  hint(line: Uint8Array): void {
    this.#options.peer.send(line);
  }

  notice({ resumed }: Notice): void {
    const { used, feeds } = this.#options;
    if (resumed?.session !== this.id) return;
    if (resumed.used > used) this.end("replaced");
    // One that was used before this one and begins only now has not heard of it.
    if (resumed.used < used) feeds.notice(this.personal, { resumed: { session: this.id, used } });
  }

  detached(cursor: Cursor): void {
    this.#cursors.delete(cursor.chat);
  }

  /** Resolves when the chats that the personal log told of so far are followed. */
  followed(): Promise<void> {
    return this.#following;
  }

  /** A chat that the personal log told of: one after the other, in the order of that log. */
  follow(chat: ChatId, position: number): void {
    this.#following = this.#following.then(async () => {
      while (!this.#closed.signal.aborted) {
        try {
          await this.#options.feeds.open([chat]);
          return this.#attach(chat, position);
        } catch {
          await pause(RETRY_MS, this.#closed.signal); // the database was lost: the Appender and the sweep report it
        }
      }
    });
  }

  /** A friend was won or lost: tells whether a new one is online, and from then on when that changes. */
  async watch(user: UserId, isFriend: boolean): Promise<void> {
    const { presence } = this.#options;
    if (!isFriend) return presence.unwatch(this, user);
    presence.watch(this, [user], new Set());
    await presence.online([user]); // tells the watchers, if this is news
  }

  presence(line: Uint8Array): void {
    if (!this.full) this.#options.peer.send(line);
  }

  end(reason: ByeReason): void {
    if (!this.#closed.signal.aborted && !this.isLoggingOut) this.#options.onEnded(reason);
  }

  /** Leaves everything. Safe to call again. */
  close(): void {
    this.#closed.abort();
    for (const cursor of [...this.#cursors.values()]) cursor.detach();
    this.#options.presence.forget(this);
  }
}

function endIfNamed(reason: ByeReason) {
  return (session: Session, { ended }: { ended: readonly SessionId[] }) => {
    if (ended.includes(session.id)) session.end(reason);
  };
}

/** What a session does when its personal log passes an event. */
const PERSONAL: { readonly [kind: string]: ((session: Session, body: never) => void) | undefined } = {
  added: (session, { entry }: EventBody<"added">) => {
    if (entry.user) session.directs.set(entry.user.id, entry.chat);
    session.follow(entry.chat, entry.seq);
  },
  contact: (session, { user, state }: EventBody<"contact">) => {
    session.watch(user, state === "friend").catch(() => {}); // a hint: the next round asks again
  },
  profile: (session, { name }: EventBody<"profile">) => session.name = name,
  signin: endIfNamed("replaced"),
  signout: endIfNamed("ended"),
  password: endIfNamed("ended"),
};
