/**
 * A Cursor is one session's place in one chat's log. It is live, and then gets what the Feed passes; or it reads the
 * log, as fast as its session takes events, until it has caught up. Either way events arrive in the order of the log,
 * without a hole, each once: only `position + 1` is ever delivered.
 */
import type { ChatId, UserId } from "../protocol/fields.ts";
import type { LogEvent } from "./log_event.ts";

/** What servers tell each other's Feeds, and clients do not see. */
export interface Notice {
  /** One of the two in this direct chat blocks the other, or none does any more. */
  readonly muted?: boolean;
  /** A connection has resumed this session: others, which used it before, are of the past. */
  readonly resumed?: { readonly session: number; readonly used: number };
}

/** The session, as a cursor sees it. */
export interface Follower {
  readonly user: UserId;
  /** Whether events should wait in the log. */
  readonly full: boolean;
  /** Resolves when events are taken again, or the session has ended. */
  drained(): Promise<void>;
  /** One chat's log is read at a time: what is read for others would find no room. */
  inTurn(work: () => Promise<void>): Promise<void>;
  deliver(event: LogEvent): void;
  /** Something that is not stored; asked only while there is room. */
  hint(line: Uint8Array): void;
  notice(notice: Notice): void;
  /** The cursor follows its chat no longer. */
  detached(cursor: Cursor): void;
}

/** What a cursor needs of its Feed. */
export interface Source {
  readonly chat: ChatId;
  /** The last event that this server knows of; less than any event while it is not known. */
  readonly head: number;
  /** What the reader may see above `after`, ascending, some at a time. Never throws; waits while it cannot read. */
  read(reader: UserId, after: number, signal: AbortSignal): Promise<readonly LogEvent[]>;
  remove(cursor: Cursor): void;
}

export class Cursor {
  readonly follower: Follower;
  readonly #source: Source;
  readonly #gone = new AbortController();
  #position: number;
  #isReading = false;

  constructor(source: Source, follower: Follower, position: number) {
    this.#source = source;
    this.follower = follower;
    this.#position = position;
  }

  get chat(): ChatId {
    return this.#source.chat;
  }

  get position(): number {
    return this.#position;
  }

  /** The Feed passes an event, in order. */
  offer(event: LogEvent): void {
    if (this.#isReading || event.seq <= this.#position) return;
    if (event.seq === this.#position + 1 && !this.follower.full) this.#deliver(event);
    else this.catchUp();
  }

  /** Skips to a place further on: who comes again starts where membership does. */
  advance(position: number): void {
    this.#position = Math.max(this.#position, position);
    this.catchUp();
  }

  catchUp(): void {
    if (this.#isReading || this.#position >= this.#source.head) return;
    this.#isReading = true;
    this.#readLog();
  }

  async #readLog(): Promise<void> {
    while (!this.#gone.signal.aborted) {
      // No `await` between this test and being live, or an event could pass between them.
      if (this.#position >= this.#source.head) {
        this.#isReading = false;
        return;
      }
      await this.follower.inTurn(() => this.#readPage());
    }
  }

  async #readPage(): Promise<void> {
    await this.follower.drained();
    const from = this.#position;
    // Beyond the head there is nothing to find yet, which must not be taken for a membership that has ended.
    if (this.#gone.signal.aborted || from >= this.#source.head) return;
    const events = await this.#source.read(this.follower.user, from, this.#gone.signal);
    // Moved on meanwhile: what was read is of a membership that has ended.
    if (this.#gone.signal.aborted || from !== this.#position) return;
    // Beyond the head there may be events that are not durable yet.
    const ahead = events.filter(({ seq }) => seq > from && seq <= this.#source.head);
    // Nothing to see: no longer a member. A hole: a member again since, which the personal log tells.
    if (ahead[0]?.seq !== from + 1) {
      if (from < this.#source.head) this.detach();
      return;
    }
    for (const event of ahead) {
      if (this.follower.full || this.#gone.signal.aborted) break;
      this.#deliver(event);
    }
  }

  #deliver(event: LogEvent): void {
    this.#position = event.seq;
    this.follower.deliver(event);
  }

  detach(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#source.remove(this);
    this.follower.detached(this);
  }
}
