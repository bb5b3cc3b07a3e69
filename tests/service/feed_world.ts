/** The Feed of one chat over a real log in memory, and followers that can be slow. */
import { LocalHub } from "../../lib/bus/local.ts";
import { migrate } from "../../lib/database/migrations.ts";
import { openSqlite } from "../../lib/database/sqlite.ts";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import * as members from "../../lib/models/members.ts";
import type { StoredEvent } from "../../lib/protocol/events.ts";
import type { ChatId, Cid, UserId } from "../../lib/protocol/fields.ts";
import { Cursor, type Follower } from "../../lib/service/cursor.ts";
import { Feeds } from "../../lib/service/feeds.ts";
import { Flusher } from "../../lib/service/flusher.ts";
import type { LogEvent } from "../../lib/service/log_event.ts";
import { LogReader } from "../../lib/service/log_reader.ts";

export const ANN = 1 as UserId;
export const BOB = 2 as UserId;
export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export class Reader implements Follower {
  readonly user: UserId;
  readonly seen: number[] = [];
  /** So many events are taken before the reader is full. */
  room = Infinity;
  isDetached = false;
  readonly #gone = Promise.withResolvers<void>();
  #drained: PromiseWithResolvers<void> | undefined;
  #wanted: { seq: number; reached: PromiseWithResolvers<void> } | undefined;

  constructor(user: UserId) {
    this.user = user;
  }

  get full(): boolean {
    return this.room <= 0;
  }

  drained(): Promise<void> {
    if (!this.full) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers()).promise;
  }

  inTurn(work: () => Promise<void>): Promise<void> {
    return work();
  }

  drain(room: number): void {
    this.room = room;
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  deliver(event: LogEvent): void {
    this.seen.push(event.seq);
    this.room--;
    if (event.seq === this.#wanted?.seq) this.#wanted.reached.resolve();
  }

  hint(): void {}
  notice(): void {}

  detached(): void {
    this.isDetached = true;
    this.#gone.resolve();
  }

  /** Resolves when it is detached. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  async reached(seq: number): Promise<number[]> {
    if (this.seen.at(-1) !== seq) {
      this.#wanted = { seq, reached: Promise.withResolvers() };
      await this.#wanted.reached.promise;
    }
    return this.seen;
  }
}

/** A group of Ann and Bob, with a log of its own. */
export async function world(stack: AsyncDisposableStack) {
  const database = stack.adopt(await openSqlite(":memory:"), (database) => database.close());
  await migrate(database);
  const chat = await chats.insertGroup(database);
  for (const user of [ANN, BOB]) await members.insert(database, chat, user, "member");
  await chats.countMembers(database, chat, 2);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const reader = stack.adopt(new LogReader(database, log), (reader) => reader.close());
  const hub = new LocalHub();
  const feeds = new Feeds(database, hub.bus(), reader, new Flusher(database, "test"));
  stack.defer(() => feeds.close());
  const store = async (from: number, to: number): Promise<StoredEvent[]> => {
    const stored = range(from, to).map((seq) => text(chat, seq));
    await events.insert(database, stored);
    await chats.storeHeads(database, [[chat, to]]);
    return stored;
  };
  const follow = async (reader: Reader, position: number): Promise<Cursor> => {
    await feeds.open([chat]);
    const feed = feeds.get(chat)!;
    const cursor = new Cursor(feed, reader, position);
    feed.add(cursor);
    return cursor;
  };
  return { database, hub, chat, reader, feeds, store, follow };
}

export function text(chat: ChatId, seq: number): StoredEvent {
  return { chat, seq, kind: "text", from: ANN, cid: `c${seq}` as Cid, time: 0, body: '{"text":"x"}' };
}

export function deletion(chat: ChatId, seq: number, target: number): StoredEvent {
  return { ...text(chat, seq), kind: "delete", body: JSON.stringify({ target }) };
}

export function kick(chat: ChatId, seq: number, user: UserId): StoredEvent {
  return { ...text(chat, seq), kind: "kick", body: JSON.stringify({ user }) };
}
