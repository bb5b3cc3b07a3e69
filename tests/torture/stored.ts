/** Reads what the database holds, past the servers. */
import type { ChatKind, ChatRow, MemberRow, Stored } from "./evidence.ts";

/** Runs one statement that reads. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

/** Where each client should be: enough to see whether all is quiet. */
export interface Heads {
  readonly chats: readonly ChatRow[];
  readonly members: readonly MemberRow[];
}

/** Rows of one statement: a long run's log is read in parts. */
const PAGE_ROWS = 20_000;

export async function readHeads(query: Query): Promise<Heads> {
  const chats = await query("SELECT id, kind, last_seq FROM chats");
  const members = await query("SELECT chat_id, user_id, first_seq FROM members");
  return {
    chats: chats.map((row) => ({
      id: Number(row.id),
      kind: row.kind as ChatKind,
      lastSeq: Number(row.last_seq),
    })),
    members: members.map((row) => ({
      chat: Number(row.chat_id),
      user: Number(row.user_id),
      firstSeq: Number(row.first_seq),
    })),
  };
}

export async function readStored(query: Query): Promise<Stored> {
  const { chats, members } = await readHeads(query);
  const events: Stored["events"][number][] = [];
  for (const { id } of chats) {
    for (let after = 0;;) {
      const rows = await query(
        `SELECT seq, sender_id, cid, kind, time, body FROM events
         WHERE chat_id = ${id} AND seq > ${after} ORDER BY seq LIMIT ${PAGE_ROWS}`,
      );
      for (const row of rows) {
        const { user, blocked } = JSON.parse(row.body as string) as { user?: number; blocked?: boolean };
        events.push({
          chat: id,
          seq: Number(row.seq),
          from: Number(row.sender_id),
          cid: row.cid as string,
          kind: row.kind as string,
          time: Number(row.time),
          user,
          blocked,
        });
      }
      if (rows.length < PAGE_ROWS) break;
      after = events.at(-1)!.seq;
    }
  }
  return { chats, members, events };
}
