/**
 * The Feeds of the chats that have a member connected here, and their channels on the Bus.
 *
 * On a channel travel `SEQ LINE` for an event, `0 LINE` for a hint that is not stored, and `! JSON` for a notice
 * between servers.
 */
import type { Bus, BusSubscription } from "../bus/bus.ts";
import type { Database } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import type { HeadRow } from "../models/chats.ts";
import type { StoredEvent } from "../protocol/events.ts";
import type { ChatId } from "../protocol/fields.ts";
import type { Notice } from "./cursor.ts";
import { Feed } from "./feed.ts";
import type { Flusher } from "./flusher.ts";
import { LogEvent } from "./log_event.ts";
import type { LogReader } from "./log_reader.ts";
import { Tails } from "./tails.ts";

/** A Feed that nobody follows stays for a while: people come back. */
const LINGER_MS = 30_000;
const HEADS_AT_ONCE = 500;

interface Opened {
  readonly feed: Feed;
  readonly subscription: BusSubscription;
}

export class Feeds {
  readonly #database: Database;
  readonly #bus: Bus;
  readonly #reader: LogReader;
  readonly #flusher: Flusher;
  readonly #tails = new Tails();
  readonly #opened = new Map<ChatId, Opened>();
  /** How often a chat had moved, and the bus had not told. */
  missedCount = 0;

  constructor(database: Database, bus: Bus, reader: LogReader, flusher: Flusher) {
    this.#database = database;
    this.#bus = bus;
    this.#reader = reader;
    this.#flusher = flusher;
  }

  get(chat: ChatId): Feed | undefined {
    return this.#opened.get(chat)?.feed;
  }

  /**
   * Opens the Feeds of these chats, waits until their channels are heard, and only then reads their heads: whatever
   * is stored from there on comes to the Feed. Returns the heads that were read, all of them durable.
   */
  async open(wanted: readonly ChatId[]): Promise<Map<ChatId, HeadRow>> {
    const opened = wanted.map((chat) => this.#open(chat));
    await Promise.all(opened.map(({ subscription }) => subscription.ready));
    const heads = new Map<ChatId, HeadRow>();
    for (let i = 0; i < wanted.length; i += HEADS_AT_ONCE) {
      const part = await chats.heads(this.#database, wanted.slice(i, i + HEADS_AT_ONCE));
      for (const [chat, row] of part) heads.set(chat, row);
    }
    await this.#flusher.flush();
    for (const [chat, row] of heads) this.get(chat)?.start(row);
    return heads;
  }

  #open(chat: ChatId): Opened {
    const before = this.#opened.get(chat);
    if (before) {
      before.feed.idleSince = performance.now();
      return before;
    }
    const feed = new Feed({
      chat,
      reader: this.#reader,
      tails: this.#tails,
      onMissed: () => {
        this.missedCount++;
        subscription.renew();
      },
    });
    const subscription = this.#bus.subscribe(channel(chat), (message) => this.#receive(feed, message));
    const opened = { feed, subscription };
    this.#opened.set(chat, opened);
    return opened;
  }

  #receive(feed: Feed, message: string): void {
    try {
      this.#take(feed, message);
    } catch {
      // Not of ours, or of a version to come: the log has what matters.
    }
  }

  #take(feed: Feed, message: string): void {
    if (message.startsWith("!")) return feed.notice(JSON.parse(message.slice(1)) as Notice);
    const space = message.indexOf(" ");
    const seq = Number(message.slice(0, space));
    const line = message.slice(space + 1);
    if (seq === 0) return feed.hint(line);
    if (seq <= feed.head) return;
    const event = LogEvent.fromLine(line);
    if (event.chat === feed.chat && event.seq === seq) feed.offer(event);
  }

  /** Tells the sessions here and the other servers what was stored. */
  stored(events: readonly StoredEvent[]): void {
    for (const event of events.map(LogEvent.fromStored)) {
      this.get(event.chat)?.offer(event);
      this.#bus.publish(channel(event.chat), `${event.seq} ${event.line}`);
    }
  }

  /** Tells everybody in the chat but `except` something that is not stored. */
  hint(chat: ChatId, line: string, except?: object): void {
    this.get(chat)?.hint(line, except);
    this.#bus.publish(channel(chat), `0 ${line}`);
  }

  notice(chat: ChatId, notice: Notice): void {
    this.get(chat)?.notice(notice);
    this.#bus.publish(channel(chat), `! ${JSON.stringify(notice)}`);
  }

  /**
   * The log of a chat goes durably at least so far, and perhaps nobody has told: what is still missing in a moment is
   * read, and the channel subscribed again.
   */
  missed(chat: ChatId, head: number): void {
    this.get(chat)?.missed(head);
  }

  /** The Feeds that have started: they have passed what lies below their heads. */
  started(): Feed[] {
    return [...this.#opened.values()].map(({ feed }) => feed).filter(({ isStarted }) => isStarted);
  }

  /** Closes what nobody has followed for a while. Called every few seconds. */
  closeIdle(now: number): void {
    for (const [chat, { feed, subscription }] of this.#opened) {
      if (feed.hasFollowers || now - feed.idleSince < LINGER_MS) continue;
      subscription.close();
      feed.close();
      this.#opened.delete(chat);
    }
  }

  close(): void {
    for (const { feed, subscription } of this.#opened.values()) {
      subscription.close();
      feed.close();
    }
    this.#opened.clear();
  }
}

function channel(chat: ChatId): string {
  return `chat:${chat}`;
}
