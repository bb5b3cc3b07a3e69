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
import { FanOut } from "./fan_out.ts";
import { encodeLine, type LogEvent } from "./log_event.ts";
import type { LogReader } from "./log_reader.ts";
import { pause } from "./pause.ts";
import type { Tails } from "./tails.ts";

/** An event that came too early waits so long for those before it; then they are read from the database. */
const GAP_MS = 5;
/** Early events kept; more are read from the database in their turn. */
const MAX_EARLY = 1_000;

export interface FeedOptions {
  readonly chat: ChatId;
  readonly reader: LogReader;
  readonly tails: Tails;
  /** The log had moved, and what should have told did not. */
  onMissed(): void;
}

export class Feed implements Source {
  readonly chat: ChatId;
  readonly #options: FeedOptions;
  readonly #fanOut = new FanOut();
  readonly #early = new Map<number, LogEvent>();
  #head = -1;
  /** How far the log goes durably, as the database or an early event told. */
  #known = -1;
  /** The part of it that nobody has told but the database. */
  #untold = -1;
  #last: LogEvent | undefined;
  #members = 0;
  #filling: Promise<void> | undefined;
  #closed = false;
  /** In a direct chat: whether one blocks the other. */
  #muted = false;
  /** Since when nobody here follows the chat, in ms of `performance.now()`. */
  idleSince = performance.now();

  constructor(options: FeedOptions) {
    this.chat = options.chat;
    this.#options = options;
  }

  get head(): number {
    return this.#head;
  }

  /** The event at the head, if it was passed here. */
  get last(): LogEvent | undefined {
    return this.#last;
  }

  get isStarted(): boolean {
    return this.#head >= 0;
  }

  get hasFollowers(): boolean {
    return this.#fanOut.cursors.size > 0;
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
    for (const cursor of this.#fanOut.cursors) cursor.catchUp();
    this.#passEarly();
    this.noticeHead(this.#known);
  }

  add(cursor: Cursor): void {
    this.#fanOut.cursors.add(cursor);
    cursor.catchUp();
  }

  remove(cursor: Cursor): void {
    this.#fanOut.cursors.delete(cursor);
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

  /** As `noticeHead`, where only the database told of it. */
  missed(head: number): void {
    this.#untold = Math.max(this.#untold, head);
    this.noticeHead(head);
  }

  async #fill(): Promise<void> {
    const { reader, onMissed } = this.#options;
    try {
      await pause(GAP_MS, reader.closed);
      if (this.#untold > this.#head && !this.#closed) onMissed();
      while (this.#known > this.#head && !this.#closed) {
        const events = await reader.above(this.chat, this.#head);
        if (this.#closed) return; // the tail is another Feed's by now
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
    this.#last = event;
    this.#members += event.memberChange;
    this.#options.tails.keep(event);
    this.#fanOut.pass(event);
  }

  async read(reader: UserId, after: number, signal: AbortSignal): Promise<readonly LogEvent[]> {
    const tail = this.#options.tails.above(this.chat, after);
    // Only the database knows what somebody may see who has left meanwhile.
    if (tail && !tail.some(({ leaver }) => leaver === reader)) return tail;
    return await this.#options.reader.visibleAbove(this.chat, reader, after, signal);
  }

  /** Passes on what is not stored: to everybody here but `except`, unless there is no room. */
  hint(line: string, except?: object): void {
    const bytes = encodeLine(line);
    for (const { follower } of this.#fanOut.cursors) {
      if (follower !== except && !follower.full) follower.hint(bytes);
    }
  }

  notice(notice: Notice): void {
    if (notice.muted !== undefined) this.#muted = notice.muted;
    for (const { follower } of [...this.#fanOut.cursors]) follower.notice(notice);
  }

  close(): void {
    this.#closed = true;
    this.#options.tails.drop(this.chat);
    for (const cursor of [...this.#fanOut.cursors]) cursor.detach();
  }
}
