/**
 * What login, register and resume end with: the session's chats are followed from what the answer says on, so that
 * between the answer and the first event nothing is missing and nothing comes twice (delivery rule 14).
 */
import * as chats from "../models/chats.ts";
import type { EntryRow } from "../models/chats.ts";
import * as contactModel from "../models/contacts.ts";
import * as sessions from "../models/sessions.ts";
import type { UserRow } from "../models/users.ts";
import { ChatError } from "../protocol/errors.ts";
import type { ChatEntry, ChatId, SessionId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Reply } from "../protocol/requests.ts";
import { contactPage } from "./contacts.ts";
import { cut } from "./page.ts";
import type { Call } from "./routes.ts";
import { Session } from "./session.ts";

export interface Attachment {
  readonly user: UserRow;
  readonly session: SessionId;
  /**
   * When it was used, by the order in which requests had their turn: one that takes long is not later than the next one,
   * with which its client went on.
   */
  readonly used: number;
  /** A new session begins at its own sign-in, so that it passes every event that might end it. */
  readonly signinSeq?: number;
  /** What a session that goes on has of each chat. */
  readonly have?: ReadonlyMap<ChatId, number>;
  readonly epoch?: string;
}

export async function attach(call: Call, attachment: Attachment): Promise<Reply<"resume">> {
  const { server, connection, afterwards } = call;
  const { database, feeds, presence, epoch } = server;
  const { user, session: id, signinSeq } = attachment;
  const personal = user.personal_chat;

  // The personal head comes first: a chat that is not in the list that follows is told of by an event above it.
  const heads = await feeds.open([personal]);
  const mine = () => chats.ofUser(database, user.id, 0, limits.chatsPerUser + 1);
  const others = (await mine()).map((row) => row.id).filter((chat) => chat !== personal);
  for (const [chat, row] of await feeds.open(others)) heads.set(chat, row);
  // Again: who was removed before a head was read would follow from there, and the Feed has passed the removal.
  const rows = (await mine()).filter(({ id }) => heads.has(id));
  const contacts = await contactPage(server, user.id, 0);
  const friends = await contactModel.friends(database, user.id);
  const online = await presence.online(friends);
  await server.flusher.flush(); // what was read since the heads
  // Last: if the session was ended before the personal head was read, its row is gone; if after, an event tells it.
  if (!await sessions.lives(database, id)) throw new ChatError("bad_token");

  const head = (row: EntryRow) => heads.get(row.id)?.last_seq ?? row.last_seq;
  const isOther = attachment.epoch !== undefined && attachment.epoch !== epoch ||
    rows.some((row) => (attachment.have?.get(row.id) ?? 0) > head(row));
  const have = isOther ? undefined : attachment.have;
  const positions = new Map<ChatId, number>();
  const news: ChatEntry[] = [];
  for (const row of rows) {
    const has = have?.get(row.id);
    const wanted = has ?? (row.id === personal && signinSeq !== undefined ? signinSeq : head(row));
    const position = Math.max(wanted, row.first_seq - 1); // who became a member later begins there
    positions.set(row.id, position);
    if (has !== undefined && has === head(row)) continue;
    const read = Math.max(row.read_seq, server.reads.pending(row.id, user.id));
    news.push(toEntry(row, has === undefined ? position : head(row), read));
  }

  // A client that has gone meanwhile may have gone on elsewhere: what it had asked here replaces nothing. A server that
  // was stopped for a while finds such requests when it goes on.
  const used = connection.peer.hasEnded ? 0 : attachment.used;
  const session = new Session({
    id,
    user,
    personal,
    used,
    knownTo: heads.get(personal)!.last_seq,
    peer: connection.peer,
    feeds,
    presence,
    onEnded: (reason) => connection.end(reason),
  });
  for (const row of rows) if (row.other_id !== null) session.directs.set(row.other_id, row.id);
  afterwards.push(() => {
    connection.enter(session);
    presence.watch(session, friends, online);
    session.start(positions);
    feeds.notice(personal, { resumed: { session: id, used } });
  });

  const page = cut(news, limits.pageRows);
  return {
    user: { id: user.id, name: user.name },
    epoch,
    session: id,
    chats: page.rows,
    contacts: contacts.contacts,
    ...page.more || contacts.more ? { more: true } : {},
    ...isOther ? { reset: true } : {},
  };
}

export function toEntry(row: EntryRow, seq: number, read: number): ChatEntry {
  const { id: chat, kind, name, role, other_id, other_name } = row;
  switch (kind) {
    case "direct":
      return { chat, kind, user: { id: other_id!, name: other_name! }, seq, read };
    case "group":
      return { chat, kind, name, role, seq, read };
    case "personal":
      return { chat, kind, seq, read };
  }
}
