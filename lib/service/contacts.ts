/** Contacts and blocks: how two users stand to each other. What changes is told in both personal logs. */
import * as chats from "../models/chats.ts";
import * as model from "../models/contacts.ts";
import * as members from "../models/members.ts";
import type { UserRow } from "../models/users.ts";
import type { Queryable } from "../database/database.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Contact, ContactState, UserId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { named } from "./accounts.ts";
import type { ChatServer } from "./chat_server.ts";
import { openDirect } from "./directs.ts";
import { type Draft, draft, type Entry } from "./entry.ts";
import { newCid } from "./ids.ts";
import { cut } from "./page.ts";
import type { UserCall } from "./routes.ts";
import type { Session } from "./session.ts";

export async function add(call: UserCall, request: Request<"contact_add">): Promise<Reply<"contact_add">> {
  return await ask(call, await otherThanMe(call, request), ["none", "incoming"]);
}

export async function accept(
  call: UserCall,
  request: Request<"contact_accept">,
): Promise<Reply<"contact_accept">> {
  return await ask(call, await otherThanMe(call, request), ["incoming"]);
}

/** Moves on from one of the `expected` states: none → requested, incoming → friend. */
async function ask(
  { server, session }: UserCall,
  other: UserRow,
  expected: readonly ContactState[],
): Promise<Reply<"contact_add">> {
  const me = session.user;
  await server.appender.append({
    ...between(session, other, "contact"),
    act: async ({ tx }) => {
      const before = await model.state(tx, me, other.id);
      if (!expected.includes(before)) {
        if (before === "none") throw new ChatError("not_found", "this user has not asked you");
        return [];
      }
      if (await isBlocked(tx, me, other.id)) throw new ChatError("blocked");
      if (before === "none") {
        for (const user of [me, other.id]) {
          if (await model.count(tx, user) >= limits.contactsPerUser) throw new ChatError("limit_reached");
        }
      }
      const [mine, theirs] = before === "incoming"
        ? ["friend", "friend"] as const
        : ["requested", "incoming"] as const;
      await model.set(tx, me, other.id, mine, theirs);
      return told(session, other, mine, theirs);
    },
  });
  return { user: publicUser(other), state: await model.state(server.database, me, other.id) };
}

export async function remove(
  call: UserCall,
  request: Request<"contact_remove">,
): Promise<Reply<"contact_remove">> {
  const { server, session } = call;
  const other = await otherThanMe(call, request);
  await server.appender.append({
    ...between(session, other, "contact"),
    act: async ({ tx }) => {
      const ended = await end(tx, session, other);
      if (ended.length === 0) throw new ChatError("not_found", "this user is no contact of yours");
      return ended;
    },
  });
  return {};
}

export function block(call: UserCall, request: Request<"block">): Promise<Reply<"block">> {
  return setBlocked(call, request, true);
}

export function unblock(call: UserCall, request: Request<"unblock">): Promise<Reply<"unblock">> {
  return setBlocked(call, request, false);
}

/** Under the lock of the direct chat, so that no text that is stored later gets past a block (delivery rule 5). */
async function setBlocked(
  call: UserCall,
  request: Request<"block" | "unblock">,
  blocked: boolean,
): Promise<Reply<"block">> {
  const { server, session } = call;
  const other = await otherThanMe(call, request);
  const chat = await openDirect(server.database, session.user, other.id);
  await server.appender.append({
    ...between(session, other, "block"),
    chats: [session.personal, chat, other.personal_chat],
    members: [[chat, session.user]],
    endsGroup: true,
    act: async (scope) => {
      if (scope.member(chat, session.user)!.blocked === (blocked ? 1 : 0)) return [];
      await members.setBlocked(scope.tx, chat, session.user, blocked);
      const ended = blocked ? await end(scope.tx, session, other) : [];
      return [draft(session.personal, "block", { user: other.id, blocked }), ...ended];
    },
  });
  const head = (await chats.heads(server.database, [chat])).get(chat);
  server.feeds.notice(chat, { muted: head?.blocked === 1 });
  return {};
}

export async function list(
  { server, session }: UserCall,
  { after = 0 as UserId }: Request<"contacts">,
): Promise<Reply<"contacts">> {
  return await contactPage(server, session.user, after);
}

export async function contactPage(
  server: ChatServer,
  user: UserId,
  after: number,
): Promise<Reply<"contacts">> {
  const { database, presence } = server;
  const max = limits.pageRows + 1;
  const blocked = await chats.blockedBy(database, user, after, max);
  const rows = await model.ofUser(database, user, after, max);
  const friends = rows.filter(({ state }) => state === "friend").map(({ id }) => id);
  const online = await presence.online(friends);
  const contacts: Contact[] = rows.map(({ id, name, state }) => ({
    user: { id, name },
    state,
    blocked: false,
    ...state === "friend" ? { online: online.has(id) } : {},
  }));
  for (const { id, name } of blocked) contacts.push({ user: { id, name }, state: "none", blocked: true });
  contacts.sort((a, b) => a.user.id - b.user.id);
  const page = cut(contacts, limits.pageRows);
  return { contacts: page.rows, more: page.more };
}

/** An entry of both personal logs. */
function between(session: Session, other: UserRow, kind: "contact" | "block"): Omit<Entry, "act"> {
  return {
    chats: [session.personal, other.personal_chat],
    sender: session.user,
    cid: newCid(),
    kind,
    request: {},
    endsGroup: false,
  };
}

/** Ends what there is between the two, and tells both. */
async function end(tx: Queryable, session: Session, other: UserRow): Promise<Draft[]> {
  if (await model.state(tx, session.user, other.id) === "none") return [];
  await model.remove(tx, session.user, other.id);
  return told(session, other, "none", "none");
}

function told(session: Session, other: UserRow, mine: ContactState, theirs: ContactState): Draft[] {
  return [
    draft(session.personal, "contact", { user: other.id, name: other.name, state: mine }),
    draft(other.personal_chat, "contact", { user: session.user, name: session.name, state: theirs }),
  ];
}

/** Whether a block stands between the two. Under the lock of a personal log of either, which a block takes too. */
export async function isBlocked(tx: Queryable, a: UserId, b: UserId): Promise<boolean> {
  const direct = await chats.direct(tx, Math.min(a, b) as UserId, Math.max(a, b) as UserId);
  return direct !== undefined && (await chats.heads(tx, [direct.id])).get(direct.id)?.blocked === 1;
}

async function otherThanMe(call: UserCall, by: { user?: UserId; name?: string }): Promise<UserRow> {
  const other = await named(call, by);
  if (other.id === call.session.user) throw new ChatError("bad_request", "user: expected somebody else");
  return other;
}

function publicUser({ id, name }: UserRow) {
  return { id, name };
}
