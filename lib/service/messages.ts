/** Texts: send, edit, delete. The three wait for their commit together with others. */
import type { Database } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import * as events from "../models/events.ts";
import type { KeptEvent } from "../models/events.ts";
import type { MemberRow } from "../models/members.ts";
import * as users from "../models/users.ts";
import type { UserRow } from "../models/users.ts";
import { ChatError } from "../protocol/errors.ts";
import type { EventBody } from "../protocol/events.ts";
import type { ChatId, UserId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { checkChats } from "./chat_count.ts";
import { openDirect, otherOf } from "./directs.ts";
import { type Appended, type Draft, draft, type Entry, type Scope } from "./entry.ts";
import { digest } from "./ids.ts";
import type { UserCall } from "./routes.ts";

/** Where a text goes. A direct chat in which nothing was said yet brings the other user along. */
interface Target {
  readonly chat: ChatId;
  readonly opens?: UserRow;
}

export async function send(call: UserCall, request: Request<"send">): Promise<Reply<"send">> {
  const { session, server } = call;
  const { chat, opens } = await session.inOrder(() => targetOf(call, request));
  const { cid, text } = request;
  return stored(
    await server.appender.append({
      chats: opens ? [chat, session.personal, opens.personal_chat] : [chat],
      sender: session.user,
      cid,
      kind: "text",
      request: { text },
      chars: text.length,
      source: session,
      endsGroup: false,
      act: async (scope) => {
        writer(scope, chat, session.user);
        const message = draft(chat, "text", { text });
        if (!opens || scope.head(chat) > 0) return [message];
        await checkChats(scope, session.user);
        await checkChats(scope, opens.id);
        const me = { id: session.user, name: session.name };
        const them = { id: opens.id, name: opens.name };
        return [message, added(session.personal, chat, them), added(opens.personal_chat, chat, me)];
      },
    }),
  );
}

/** The chat is open: its first event, which is stored together with this one, follows its position 0. */
function added(personal: ChatId, chat: ChatId, user: { id: UserId; name: string }): Draft {
  return draft(personal, "added", { entry: { chat, kind: "direct", user, seq: 0, read: 0 } });
}

/** At once for a chat that the session follows. */
function targetOf({ session, server }: UserCall, { chat, user }: Request<"send">): Target | Promise<Target> {
  if (user === session.user) return { chat: session.personal };
  const known = chat ?? session.directs.get(user!);
  if (known === undefined) return opened(server.database, session.user, user!);
  return session.cursor(known) ? { chat: known } : found(server.database, session.user, known);
}

/** The direct chat with a user whom this session has none with yet. */
async function opened(database: Database, me: UserId, user: UserId): Promise<Target> {
  const other = await users.byId(database, user);
  if (!other) throw new ChatError("not_found", "there is no such user");
  return { chat: await openDirect(database, me, user), opens: other };
}

/** A chat that this session does not follow: perhaps a direct one that is empty. The Appender checks the rest. */
async function found(database: Database, me: UserId, chat: ChatId): Promise<Target> {
  const row = await chats.byId(database, chat);
  if (row?.kind !== "direct" || row.last_seq > 0) return { chat };
  return { chat, opens: await users.byId(database, otherOf(row, me)) };
}

export async function edit(call: UserCall, request: Request<"edit">): Promise<Reply<"edit">> {
  const { chat, target, text } = request;
  return stored(
    await call.server.appender.append({
      ...change(call, request, "edit", { target, text }),
      chars: text.length,
      act: async (scope) => {
        const [event, member] = await visible(scope, chat, target, call.session.user);
        if (event.from !== member.user_id) {
          throw new ChatError("not_allowed", "only who wrote a text edits it");
        }
        const body = JSON.parse(event.body) as EventBody<"text">;
        const edits = body.edits ?? [];
        if (edits.length >= limits.editsPerText) throw new ChatError("limit_reached");
        const next = { ...body, edits: [...edits, scope.next(chat)] };
        await events.setBody(scope.tx, chat, target, JSON.stringify(next));
        return [draft(chat, "edit", { target, text })];
      },
    }),
  );
}

export async function remove(call: UserCall, request: Request<"delete">): Promise<Reply<"delete">> {
  const { chat, target } = request;
  const { secret } = call.server;
  return stored(
    await call.server.appender.append({
      ...change(call, request, "delete", { target }),
      chars: limits.textChars * 8, // it rewrites a text and its edits
      act: async (scope) => {
        const [event, member] = await visible(scope, chat, target, call.session.user);
        const isMine = event.from === member.user_id;
        const mayAny = scope.chat(chat).kind === "group" && member.role !== "member";
        if (!isMine && !mayAny) throw new ChatError("not_allowed");
        const deleted = scope.next(chat);
        const { text, edits = [] } = JSON.parse(event.body) as EventBody<"text">;
        const blanks = (await events.some(scope.tx, chat, edits)).map(({ seq, body }) => {
          const { text } = JSON.parse(body) as EventBody<"edit">;
          return { seq, body: JSON.stringify({ target, deleted }), digest: digest(secret, text!) };
        });
        blanks.push({ seq: target, body: JSON.stringify({ deleted }), digest: digest(secret, text!) });
        await events.blank(scope.tx, chat, blanks);
        return [draft(chat, "delete", { target })];
      },
    }),
  );
}

function change(
  { session }: UserCall,
  { chat, cid }: Request<"edit" | "delete">,
  kind: "edit" | "delete",
  request: object,
): Omit<Entry, "act"> {
  // A deletion behind an edit must find the edit's event.
  return {
    chats: [chat],
    sender: session.user,
    cid,
    kind,
    request,
    source: session,
    endsGroup: kind === "edit",
  };
}

/** The member who writes; refuses who is none, and in a direct chat whoever a block stands before. */
function writer(scope: Scope, chat: ChatId, user: UserId): MemberRow {
  const row = scope.chat(chat);
  const member = scope.member(chat, user);
  if (!member) throw new ChatError("not_found");
  if (row.kind === "direct") {
    const other = scope.member(chat, otherOf(row, user));
    if (member.blocked || other?.blocked) throw new ChatError("blocked");
  }
  return member;
}

/** A text that this writer can see and that still has its words. */
async function visible(
  scope: Scope,
  chat: ChatId,
  seq: number,
  user: UserId,
): Promise<[KeptEvent, MemberRow]> {
  const member = writer(scope, chat, user);
  const event = seq >= member.first_seq ? await events.get(scope.tx, chat, seq) : undefined;
  if (event?.kind !== "text" || event.digest !== null) {
    throw new ChatError("not_found", "there is no such text");
  }
  return [event, member];
}

function stored({ event, dup }: Appended): Reply<"send"> {
  const { chat, seq, time } = event!;
  return { chat, seq, time, ...dup ? { dup } : {} };
}
