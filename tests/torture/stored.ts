/** Reads what the database holds, past the servers. */
import type { ChatKind, ChatRow, MemberRow, Stored } from "./evidence.ts";

/** Runs one statement that reads. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

/** Where each client should be: enough to see whether all is quiet. */
export interface Heads {
  readonly chats: readonly ChatRow[];
  readonly members: readonly MemberRow[];
}

/** Where others have their chats too: the users whose chats are read, and chats that they may have left. */
export interface Scope {
  readonly users: readonly number[];
  readonly chats: readonly number[];
}

/** Rows of one statement: a long run's log is read in parts. */
const PAGE_ROWS = 20_000;

export async function readHeads(query: Query, scope: Scope): Promise<Heads> {
  const chats = await query(`SELECT id, kind, last_seq FROM chats WHERE ${within(scope, "id")}`);
  const members = await query(
    `SELECT chat_id, user_id, first_seq FROM members WHERE ${within(scope, "chat_id")}`,
  );
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

export async function readStored(query: Query, scope: Scope): Promise<Stored> {
  const { chats, members } = await readHeads(query, scope);
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

function within({ users, chats }: Scope, column: string): string {
  const theirs = `SELECT m.chat_id FROM members m WHERE m.user_id IN (${users.join()})`;
  return `(${column} IN (${chats.join()}) OR ${column} IN (${theirs}))`;
}
