/** events: the logs. Rows are only ever added; a deletion blanks a body and keeps a digest of what was sent. */
import { placeholders, type Queryable } from "../database/database.ts";
import type { StoredEvent } from "../protocol/events.ts";
import type { ChatId, Cid, UserId } from "../protocol/fields.ts";

type EventRow = {
  chat_id: ChatId;
  seq: number;
  sender_id: UserId;
  cid: Cid;
  kind: string;
  time: number;
  body: string;
  digest: string | null;
};

/** A stored event and, when its text was deleted since, the digest of that text. */
export interface KeptEvent extends StoredEvent {
  readonly digest: string | null;
}

const COLUMNS = "chat_id, seq, sender_id, cid, kind, time, body, digest";
const QUALIFIED = "e.chat_id, e.seq, e.sender_id, e.cid, e.kind, e.time, e.body, e.digest";

function toEvent({ chat_id, seq, sender_id, cid, kind, time, body, digest }: EventRow): KeptEvent {
  return { chat: chat_id, seq, kind, from: sender_id, cid, time, body, digest };
}

/** In the order of the unique key, so that two servers' inserts meet its gaps in the same order. */
export async function insert(tx: Queryable, events: readonly StoredEvent[]): Promise<void> {
  const rows = events
    .toSorted((a, b) => a.from - b.from || (a.cid < b.cid ? -1 : a.cid > b.cid ? 1 : 0))
    .map((e) => [e.chat, e.seq, e.from, e.cid, e.kind, e.time, e.body]);
  await tx.insertMany(
    "INSERT INTO events (chat_id, seq, sender_id, cid, kind, time, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    rows,
  );
}

export async function byCids(
  tx: Queryable,
  pairs: readonly (readonly [UserId, Cid])[],
): Promise<KeptEvent[]> {
  const list = placeholders(pairs.length, "(?,?)");
  const rows = await tx.query<EventRow>({
    mysql: `SELECT ${COLUMNS} FROM events FORCE INDEX (events_cid) WHERE (sender_id, cid) IN (${list})`,
    sqlite: `SELECT ${COLUMNS} FROM events WHERE (sender_id, cid) IN (VALUES ${list})`,
  }, pairs.flat());
  return rows.map(toEvent);
}

export async function get(db: Queryable, chat: ChatId, seq: number): Promise<KeptEvent | undefined> {
  const rows = await db.query<EventRow>(`SELECT ${COLUMNS} FROM events WHERE chat_id = ? AND seq = ?`, [
    chat,
    seq,
  ]);
  return rows[0] && toEvent(rows[0]);
}

/** Those of these events that there are. */
export async function some(db: Queryable, chat: ChatId, seqs: readonly number[]): Promise<StoredEvent[]> {
  if (seqs.length === 0) return [];
  const sql = `SELECT ${COLUMNS} FROM events WHERE chat_id = ? AND seq IN (${placeholders(seqs.length)})`;
  return (await db.query<EventRow>(sql, [chat, ...seqs])).map(toEvent);
}

/** Which events stand at these places, as far as there are any: of each its chat, and what it is known by. */
export async function at(
  db: Queryable,
  places: readonly (readonly [ChatId, number])[],
): Promise<{ chat: ChatId; from: UserId; cid: Cid }[]> {
  if (places.length === 0) return [];
  const list = placeholders(places.length, "(?,?)");
  const rows = await db.query<Pick<EventRow, "chat_id" | "sender_id" | "cid">>({
    mysql:
      `SELECT chat_id, sender_id, cid FROM events FORCE INDEX (PRIMARY) WHERE (chat_id, seq) IN (${list})`,
    sqlite: `SELECT chat_id, sender_id, cid FROM events WHERE (chat_id, seq) IN (VALUES ${list})`,
  }, places.flat());
  return rows.map(({ chat_id, sender_id, cid }) => ({ chat: chat_id, from: sender_id, cid }));
}

/** For the Feed, which knows who may see them: events above `after`, ascending. */
export async function above(
  db: Queryable,
  chat: ChatId,
  after: number,
  limit: number,
): Promise<StoredEvent[]> {
  const sql = `SELECT ${COLUMNS} FROM events WHERE chat_id = ? AND seq > ? ORDER BY seq LIMIT ?`;
  return (await db.query<EventRow>(sql, [chat, after, limit])).map(toEvent);
}

const VISIBLE = `SELECT ${QUALIFIED} FROM members m JOIN events e ON e.chat_id = m.chat_id`;
const MINE = "WHERE m.chat_id = ? AND m.user_id = ?";

/**
 * What a member may see above `after`, ascending; nothing for who is no member at this moment. One lower bound, not two:
 * of two SQLite takes the first, and walks over all that was read before.
 */
export async function visibleAbove(
  db: Queryable,
  chat: ChatId,
  reader: UserId,
  after: number,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await db.query<EventRow>({
    mysql: `${VISIBLE} AND e.seq >= GREATEST(m.first_seq, ?) ${MINE} ORDER BY e.seq LIMIT ?`,
    sqlite: `${VISIBLE} AND e.seq >= MAX(m.first_seq, ?) ${MINE} ORDER BY e.seq LIMIT ?`,
  }, [after + 1, chat, reader, limit]);
  return rows.map(toEvent);
}

/** What a member may see below `before`, descending. */
export async function visibleBelow(
  db: Queryable,
  chat: ChatId,
  reader: UserId,
  before: number,
  limit: number,
): Promise<StoredEvent[]> {
  const sql = `${VISIBLE} AND e.seq >= m.first_seq ${MINE} AND e.seq < ? ORDER BY e.seq DESC LIMIT ?`;
  return (await db.query<EventRow>(sql, [chat, reader, before, limit])).map(toEvent);
}

export async function setBody(tx: Queryable, chat: ChatId, seq: number, body: string): Promise<void> {
  await tx.execute("UPDATE events SET body = ? WHERE chat_id = ? AND seq = ?", [body, chat, seq]);
}

/** Takes texts away, in one statement: each gets a body without it, and what is kept to know it by. */
export async function blank(
  tx: Queryable,
  chat: ChatId,
  blanks: readonly { seq: number; body: string; digest: string }[],
): Promise<void> {
  const cases = Array(blanks.length).fill("WHEN ? THEN ?").join(" ");
  await tx.execute(
    `UPDATE events SET body = CASE seq ${cases} END, digest = CASE seq ${cases} END
     WHERE chat_id = ? AND seq IN (${placeholders(blanks.length)})`,
    [
      ...blanks.flatMap(({ seq, body }) => [seq, body]),
      ...blanks.flatMap(({ seq, digest }) => [seq, digest]),
      chat,
      ...blanks.map(({ seq }) => seq),
    ],
  );
}
