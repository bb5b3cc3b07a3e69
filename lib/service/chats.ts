/** What a session asks of its chats beside writing in them. */
import * as model from "../models/chats.ts";
import * as events from "../models/events.ts";
import * as members from "../models/members.ts";
import { ChatError } from "../protocol/errors.ts";
import { eventLine, type StoredEvent } from "../protocol/events.ts";
import type { ChatId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import { pushLine } from "../protocol/messages.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { toEntry } from "./attach.ts";
import type { Feed } from "./feed.ts";
import { cut } from "./page.ts";
import type { UserCall } from "./routes.ts";

const DEFAULT_HISTORY_EVENTS = 100;

export async function list(
  { server, session }: UserCall,
  { after = 0 as ChatId }: Request<"chats">,
): Promise<Reply<"chats">> {
  const rows = await model.ofUser(server.database, session.user, after, limits.pageRows + 1);
  const { rows: page, more } = cut(
    rows.map((row) => {
      // Where this session stands: from there on, events come.
      const seq = session.cursor(row.id)?.position ?? row.last_seq;
      return toEntry(row, seq, Math.max(row.read_seq, server.reads.pending(row.id, session.user)));
    }),
    limits.pageRows,
  );
  return { chats: page, more };
}

export async function history(call: UserCall, request: Request<"history">): Promise<Reply<"history">> {
  const { server, session } = call;
  const { database, feeds, flusher } = server;
  const { chat, after, before = Number.MAX_SAFE_INTEGER, limit = DEFAULT_HISTORY_EVENTS } = request;
  const isForward = after !== undefined;
  const found: StoredEvent[] = isForward
    ? await events.visibleAbove(database, chat, session.user, after, limit + 1)
    : await events.visibleBelow(database, chat, session.user, before, limit + 1);
  if (found.length === 0 && !await members.get(database, chat, session.user)) {
    throw new ChatError("not_found");
  }
  // What was read may not be durable yet; up to the head of the Feed it is. Beyond it there may be what this client
  // was answered already, while the Feed waits for what stands before that.
  const head = feeds.get(chat)?.head ?? -1;
  if (found.some(({ seq }) => seq > head)) await flusher.flush();
  const { rows, more } = cut(found.map((event) => JSON.parse(eventLine(event))), limit);
  return { events: isForward ? rows : rows.reverse(), more };
}

export async function read(call: UserCall, { chat, seq }: Request<"read">): Promise<Reply<"read">> {
  const { server, session } = call;
  const feed = await followed(call, chat);
  if (seq > feed.head) {
    // Another server may have told the client of an event that has not come here yet.
    const head = (await model.heads(server.database, [chat])).get(chat)?.last_seq ?? 0;
    if (seq > head) throw new ChatError("bad_request", `seq: expected at most ${head}, the chat's head`);
  }
  server.reads.note(chat, session.user, seq);
  const line = pushLine({ type: "read", chat, user: session.user, seq });
  // The user's other sessions are to know, wherever they are; the other members, where there are few.
  server.feeds.hint(feed.showsHints ? chat : session.personal, line, session);
  return {};
}

export async function typing(call: UserCall, { chat }: Request<"typing">): Promise<Reply<"typing">> {
  const { server, session } = call;
  const feed = await followed(call, chat);
  if (feed.showsHints) {
    server.feeds.hint(chat, pushLine({ type: "typing", chat, user: session.user }), session);
  }
  return {};
}

/** The Feed of a chat that the session follows, or is about to: its answer may have come before its events. */
async function followed({ server, session }: UserCall, chat: ChatId): Promise<Feed> {
  if (!session.cursor(chat)) await session.followed();
  const feed = session.cursor(chat) && server.feeds.get(chat);
  if (!feed) throw new ChatError("not_found");
  return feed;
}
