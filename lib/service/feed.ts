/**
 * The Feed of a chat: what this server knows of its log, for the sessions connected here. Events come from the
 * Appender, from the Bus or from the database, in any order and any number of times; they are passed on in `seq`
 * order, each once. A hole is filled from the database.
 *
 * A Feed starts when its head is known, read after its channel was subscribed: what was published before is below
 * the head, what is published later arrives.
 */
import type { HeadRow } from "../models/chats.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Cursor, Notice, Source } from "./cursor.ts";
import { encodeLine, LogEvent } from "./log_event.ts";
import type { LogReader } from "./log_reader.ts";
import { pause } from "./pause.ts";

/** An event that came too early waits so long for those before it; then they are read from the database. */
const GAP_MS = 5;
/** Early events kept; more are read from the database in their turn. */
const MAX_EARLY = 1_000;

export class Feed implements Source {
  readonly chat: ChatId;
  readonly #reader: LogReader;
  readonly #cursors = new Set<Cursor>();
  readonly #early = new Map<number, LogEvent>();
  #head = -1;
  /** How far the log goes durably, as the database or an early event told. */
  #known = -1;
  #members = 0;
  #filling: Promise<void> | undefined;
  #closed = false;
  /** In a direct chat: whether one blocks the other. */
  #muted = false;
  /** Since when nobody here follows the chat, in ms of `performance.now()`. */
  idleSince = performance.now();

  constructor(chat: ChatId, reader: LogReader) {
    this.chat = chat;
    this.#reader = reader;
  }

  get head(): number {
    return this.#head;
  }

  get isStarted(): boolean {
    return this.#head >= 0;
  }

  get hasFollowers(): boolean {
    return this.#cursors.size > 0;
  }

  /** Whether `typing` and `read` are shown to the others. */
  get showsHints(): boolean {
    return !this.#muted && this.#members <= limits.hintMembers;
  }

  start(row: HeadRow): void {
    if (this.isStarted) return this.noticeHead(row.last_seq);
    this.#muted = row.blocked === 1;
    this.#members = row.members;
    this.#head = row.last_seq;
    for (const cursor of this.#cursors) cursor.catchUp();
    this.#passEarly();
    this.noticeHead(this.#known);
  }

  add(cursor: Cursor): void {
    this.#cursors.add(cursor);
    cursor.catchUp();
  }

  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
    this.idleSince = performance.now();
  }

  offer(event: LogEvent): void {
    if (this.isStarted && event.seq <= this.#head) return;
    if (event.seq === this.#head + 1 && this.isStarted) {
      this.#pass(event);
      this.#passEarly();
    } else if (this.#early.size < MAX_EARLY) {
      this.#early.set(event.seq, event);
      this.noticeHead(event.seq);
    } else {
      this.noticeHead(event.seq);
    }
  }

  /** The log goes durably at least so far: what is missing here is read, unless it arrives at once. */
  noticeHead(head: number): void {
    this.#known = Math.max(this.#known, head);
    if (this.isStarted && this.#known > this.#head) this.#filling ??= this.#fill();
  }

  async #fill(): Promise<void> {
    try {
      await pause(GAP_MS, this.#reader.closed);
      while (this.#known > this.#head && !this.#closed) {
        const events = await this.#reader.above(this.chat, this.#head);
        if (events.length === 0) return; // what was noticed is not committed after all; it will be noticed again
        for (const event of events) {
          if (event.seq > this.#known) break; // it may not be durable yet
          if (event.seq === this.#head + 1) this.#pass(event);
        }
        this.#passEarly();
      }
    } finally {
      this.#filling = undefined;
    }
  }

  #passEarly(): void {
    if (this.#early.size === 0) return;
    for (let next; (next = this.#early.get(this.#head + 1));) this.#pass(next);
    for (const seq of this.#early.keys()) if (seq <= this.#head) this.#early.delete(seq);
    if (this.#known > this.#head) this.noticeHead(this.#known);
  }

  #pass(event: LogEvent): void {
    this.#head = event.seq;
    this.#members += event.memberChange;
    const leaver = event.leaver;
    // Those who are members again already stand beyond this event.
    const leaving = leaver === undefined
      ? []
      : [...this.#cursors].filter((c) => c.follower.user === leaver && c.position < event.seq);
    for (const cursor of this.#cursors) cursor.offer(event);
    for (const cursor of leaving) cursor.detach();
  }

  read(reader: UserId, after: number, signal: AbortSignal): Promise<readonly LogEvent[]> {
    return this.#reader.visibleAbove(this.chat, reader, after, signal);
  }

  /** Passes on what is not stored: to everybody here but `except`, unless there is no room. */
  hint(line: string, except?: object): void {
    const bytes = encodeLine(line);
    for (const { follower } of this.#cursors) {
      if (follower !== except && !follower.full) follower.hint(bytes);
    }
  }

  notice(notice: Notice): void {
    if (notice.muted !== undefined) this.#muted = notice.muted;
    for (const { follower } of [...this.#cursors]) follower.notice(notice);
  }

  close(): void {
    this.#closed = true;
    for (const cursor of [...this.#cursors]) cursor.detach();
  }
}
