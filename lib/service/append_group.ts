/**
 * One transaction of the Appender: lock, look for repeats, look up members, let every entry act, insert, store heads.
 * The order is what makes the log hold (delivery rules 1 to 4); nothing else locks chats.
 */
import type { Queryable } from "../database/database.ts";
import { lock, type LockedChat, storeHeads } from "../models/chats.ts";
import * as events from "../models/events.ts";
import type { KeptEvent } from "../models/events.ts";
import * as members from "../models/members.ts";
import * as servers from "../models/servers.ts";
import { ChatError } from "../protocol/errors.ts";
import type { StoredEvent } from "../protocol/events.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";
import { type Appended, type Entry, isSameTarget, Scope } from "./entry.ts";
import { digest, newCid } from "./ids.ts";

export interface GroupResult {
  /** What came of each entry that was reached. */
  readonly outcomes: Map<Entry, Appended | ChatError>;
  /** Entries with a chat that another server holds at the moment, in their order. */
  readonly skipped: Entry[];
  /** Everything new, in the order of the logs. */
  readonly stored: StoredEvent[];
}

export interface GroupContext {
  readonly serverId: string;
  /** Key of the digests that deletions leave. */
  readonly secret: string;
  /** Whether to wait for chats that others have locked. */
  readonly wait: boolean;
}

export async function runGroup(
  tx: Queryable,
  entries: readonly Entry[],
  { serverId, secret, wait }: GroupContext,
): Promise<GroupResult> {
  const outcomes = new Map<Entry, Appended | ChatError>();
  const locked = new Map<ChatId, LockedChat>();
  const ids = [...new Set(entries.flatMap((entry) => entry.chats))].sort((a, b) => a - b);
  for (const row of await lock(tx, ids, wait)) locked.set(row.id, row);

  const { reached, skipped } = divide(entries, locked);
  if (wait) { for (const entry of skipped.splice(0)) outcomes.set(entry, new ChatError("not_found")); }

  const repeats = new Map<string, KeptEvent>();
  if (reached.length > 0) {
    const pairs = reached.map((entry) => [entry.sender, entry.cid] as const);
    for (const event of await events.byCids(tx, pairs)) repeats.set(`${event.from} ${event.cid}`, event);
  }
  const fresh = reached.filter((entry) => {
    const before = repeats.get(`${entry.sender} ${entry.cid}`);
    if (!before) return true;
    outcomes.set(
      entry,
      isSameRequest(entry, before, secret) ? { event: before, dup: true } : new ChatError("cid_conflict"),
    );
    return false;
  });

  const pairs = fresh.flatMap((entry) => wantedMembers(entry, locked));
  // Read after every lock was there: within a chat it goes back only if the database's clock does.
  const time = Math.max(0, ...[...locked.values()].map(({ locked_at }) => locked_at));
  const scope = new Scope(tx, time, locked, pairs.length > 0 ? await members.many(tx, pairs) : []);
  const stored: StoredEvent[] = [];
  for (const entry of fresh) {
    try {
      const added = (await entry.act(scope)).map(({ chat, kind, body }, i): StoredEvent => ({
        chat,
        seq: scope.take(chat),
        kind,
        from: entry.sender,
        cid: i === 0 ? entry.cid : newCid(),
        time: scope.time,
        body: JSON.stringify(body),
      }));
      stored.push(...added);
      outcomes.set(entry, { event: added[0], dup: false });
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      outcomes.set(entry, error);
    }
  }
  if (stored.length > 0) {
    await events.insert(tx, stored);
    await storeHeads(tx, scope.moved());
  } else if (outcomes.size > 0 && tx.dialect === "mysql") {
    // Only repeats and refusals: what they rest on may have been read before it was flushed.
    await servers.flush(tx, serverId);
  }
  return { outcomes, skipped, stored };
}

/** An entry with a chat that is not locked is skipped, and what follows it in any of its chats with it. */
function divide(entries: readonly Entry[], locked: ReadonlyMap<ChatId, LockedChat>) {
  const reached: Entry[] = [];
  const skipped: Entry[] = [];
  const passed = new Set<ChatId>();
  for (const entry of entries) {
    if (entry.chats.every((chat) => locked.has(chat) && !passed.has(chat))) {
      reached.push(entry);
    } else {
      skipped.push(entry);
      for (const chat of entry.chats) passed.add(chat);
    }
  }
  return { reached, skipped };
}

function wantedMembers(
  entry: Entry,
  locked: ReadonlyMap<ChatId, LockedChat>,
): (readonly [ChatId, UserId])[] {
  const [chat] = entry.chats;
  const { kind, low_user, high_user } = locked.get(chat)!;
  const main: (readonly [ChatId, UserId])[] = kind === "direct"
    ? [[chat, low_user!], [chat, high_user!]]
    : [[chat, entry.sender]];
  return entry.members ? [...main, ...entry.members] : main;
}

/** A repeat asks for what is stored; a text that was deleted since is compared by what is kept of it. */
function isSameRequest(entry: Entry, before: KeptEvent, secret: string): boolean {
  if (!isSameTarget(entry, before.kind, before.chat)) return false;
  const body = JSON.parse(before.body) as Record<string, unknown>;
  return Object.entries(entry.request).every(([field, value]) =>
    field === "text" && before.digest !== null
      ? digest(secret, value as string) === before.digest
      : JSON.stringify(body[field]) === JSON.stringify(value)
  );
}
