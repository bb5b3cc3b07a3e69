/**
 * Groups. Who may do what stands in the log's order: every change of membership or role is an event under the lock
 * of the group's row, and what a member may not see looks like what does not exist.
 */
import * as model from "../models/chats.ts";
import * as events from "../models/events.ts";
import * as members from "../models/members.ts";
import type { MemberRow } from "../models/members.ts";
import type { UserRow } from "../models/users.ts";
import { ChatError } from "../protocol/errors.ts";
import type { EventKind } from "../protocol/events.ts";
import type { ChatId, Role, User, UserId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { named } from "./accounts.ts";
import { checkChats } from "./chat_count.ts";
import { isBlocked } from "./contacts.ts";
import { type Draft, draft, type Entry, type Scope } from "./entry.ts";
import { newCid } from "./ids.ts";
import { cut } from "./page.ts";
import type { UserCall } from "./routes.ts";
import type { Session } from "./session.ts";

const RANKS: { readonly [role in Role]: number } = { owner: 2, admin: 1, member: 0 };

export async function create(
  call: UserCall,
  request: Request<"group_create">,
): Promise<Reply<"group_create">> {
  const { server, session } = call;
  const { database } = server;
  const { name, description = "", public: isPublic = false, cid = newCid() } = request;
  const [before] = request.cid ? await events.byCids(database, [[session.user, cid]]) : [];
  const chat = before?.chat ?? await model.insertGroup(database);
  const { event, dup } = await server.appender.append({
    ...change(session, [chat, session.personal], "create"),
    cid,
    request: { name, description, public: isPublic },
    act: async (scope) => {
      await checkChats(scope, session.user);
      await members.insert(scope.tx, chat, session.user, "owner", 1, 1);
      await model.countMembers(scope.tx, chat, 1);
      await model.describe(scope.tx, chat, name, description, isPublic);
      const entry = { chat, kind: "group", name, role: "owner", seq: 0, read: 0 } as const;
      return [
        draft(chat, "create", { name, description, public: isPublic }),
        draft(session.personal, "added", { entry }),
      ];
    },
  });
  return { chat: event!.chat, ...dup ? { dup } : {} };
}

export async function join(call: UserCall, { chat }: Request<"group_join">): Promise<Reply<"group_join">> {
  const { server, session } = call;
  const me = { id: session.user, name: session.name };
  const { event } = await server.appender.append({
    ...change(session, [chat, session.personal], "join"),
    act: async (scope) => {
      const row = scope.chat(chat);
      if (row.kind !== "group") throw new ChatError("not_found");
      if (scope.member(chat, session.user)) return [];
      if (row.public === 0) throw new ChatError("not_found");
      return await enter(scope, chat, me, session.personal, scope.next(chat));
    },
  });
  return { chat, seq: event?.seq ?? (await model.byId(server.database, chat))!.last_seq };
}

export async function invite(
  call: UserCall,
  request: Request<"group_invite">,
): Promise<Reply<"group_invite">> {
  const { server, session } = call;
  const { chat } = request;
  const other = await named(call, request);
  await server.appender.append({
    ...change(session, [chat, other.personal_chat], "join"),
    members: [[chat, other.id]],
    act: async (scope) => {
      const mine = member(scope, chat, session.user);
      if (scope.chat(chat).public === 0 && mine.role === "member") throw new ChatError("not_allowed");
      if (scope.member(chat, other.id)) return [];
      if (await isBlocked(scope.tx, session.user, other.id)) throw new ChatError("blocked");
      return await enter(scope, chat, other, other.personal_chat, scope.head(chat));
    },
  });
  return {};
}

/** Makes a user a member from the next event on; checks before it writes. `read`: up to where it counts as read. */
async function enter(
  scope: Scope,
  chat: ChatId,
  user: User,
  personal: ChatId,
  read: number,
): Promise<Draft[]> {
  const { name, members: count } = scope.chat(chat);
  if (count >= limits.groupMembers) throw new ChatError("limit_reached", "the group is full");
  await checkChats(scope, user.id);
  const role = "member";
  const first = scope.next(chat);
  await members.insert(scope.tx, chat, user.id, role, first, read);
  await model.countMembers(scope.tx, chat, 1);
  const entry = { chat, kind: "group", name, role, seq: first - 1, read } as const;
  return [
    draft(chat, "join", { user: user.id, name: user.name, role }),
    draft(personal, "added", { entry }),
  ];
}

export async function leave(call: UserCall, { chat }: Request<"group_leave">): Promise<Reply<"group_leave">> {
  const { server, session } = call;
  await server.appender.append({
    ...change(session, [chat, session.personal], "leave"),
    act: async (scope) => {
      const { role } = member(scope, chat, session.user);
      const next = role === "owner" ? await members.successor(scope.tx, chat, session.user) : undefined;
      const left = await exit(scope, chat, session.user, session.personal, "leave");
      if (next === undefined) return left;
      await members.setRole(scope.tx, chat, next, "owner");
      return [...left, draft(chat, "role", { user: next, role: "owner" })];
    },
  });
  return {};
}

export async function kick(call: UserCall, request: Request<"group_kick">): Promise<Reply<"group_kick">> {
  const { session } = call;
  const { chat } = request;
  const other = await otherMember(call, request);
  await call.server.appender.append({
    ...change(session, [chat, other.personal_chat], "kick"),
    members: [[chat, other.id]],
    act: async (scope) => {
      const mine = member(scope, chat, session.user);
      const theirs = member(scope, chat, other.id);
      if (RANKS[mine.role] <= RANKS[theirs.role]) throw new ChatError("not_allowed");
      return await exit(scope, chat, other.id, other.personal_chat, "kick");
    },
  });
  return {};
}

/** Ends a membership. A group without members is no longer to be found. */
async function exit(
  scope: Scope,
  chat: ChatId,
  user: UserId,
  personal: ChatId,
  kind: "leave" | "kick",
): Promise<Draft[]> {
  const { name, description, members: count } = scope.chat(chat);
  await members.remove(scope.tx, chat, user);
  await model.countMembers(scope.tx, chat, -1);
  if (count === 1) await model.describe(scope.tx, chat, name, description, false);
  return [draft(chat, kind, { user }), draft(personal, "removed", { of: chat })];
}

export async function setRole(call: UserCall, request: Request<"group_role">): Promise<Reply<"group_role">> {
  const { session } = call;
  const { chat, role } = request;
  const other = await otherMember(call, request);
  await call.server.appender.append({
    ...change(session, [chat], "role"),
    members: [[chat, other.id]],
    act: async (scope) => {
      const mine = member(scope, chat, session.user);
      const theirs = member(scope, chat, other.id);
      if (mine.role !== "owner") throw new ChatError("not_allowed");
      if (theirs.role === role) return [];
      await members.setRole(scope.tx, chat, other.id, role);
      const changed = [draft(chat, "role", { user: other.id, role })];
      if (role !== "owner") return changed;
      await members.setRole(scope.tx, chat, session.user, "admin");
      return [...changed, draft(chat, "role", { user: session.user, role: "admin" })];
    },
  });
  return {};
}

export async function edit(call: UserCall, request: Request<"group_edit">): Promise<Reply<"group_edit">> {
  const { chat, name, description, public: isPublic } = request;
  await call.server.appender.append({
    ...change(call.session, [chat], "group"),
    act: async (scope) => {
      if (member(scope, chat, call.session.user).role === "member") throw new ChatError("not_allowed");
      const row = model.toGroup(scope.chat(chat));
      await model.describe(
        scope.tx,
        chat,
        name ?? row.name,
        description ?? row.description,
        isPublic ?? row.public,
      );
      return [draft(chat, "group", { name, description, public: isPublic })];
    },
  });
  return {};
}

export async function info(call: UserCall, request: Request<"group_info">): Promise<Reply<"group_info">> {
  const { server, session } = call;
  const { database, presence } = server;
  const { chat, after = 0 } = request;
  const row = await model.byId(database, chat);
  const mine = row?.kind === "group" ? await members.get(database, chat, session.user) : undefined;
  if (row?.kind !== "group" || (!mine && row.public === 0)) throw new ChatError("not_found");
  if (!mine) return { group: model.toGroup(row), members: [], more: false };
  const page = cut(await members.ofChat(database, chat, after, limits.pageRows + 1), limits.pageRows);
  const shows = row.members <= limits.hintMembers;
  const online = shows ? await presence.online(page.rows.map(({ id }) => id)) : undefined;
  return {
    group: model.toGroup(row),
    members: page.rows.map(({ id, name, role }) => ({
      user: { id, name },
      role,
      ...online ? { online: online.has(id) } : {},
    })),
    more: page.more,
  };
}

export async function find(call: UserCall, request: Request<"group_find">): Promise<Reply<"group_find">> {
  return { groups: await model.publicByPrefix(call.server.database, request.name, limits.foundRows) };
}

/** An entry that ends its group's part of the transaction: what follows may depend on it. */
function change(
  session: Session,
  chats: readonly [ChatId, ...ChatId[]],
  kind: EventKind,
): Omit<Entry, "act"> {
  return { chats, sender: session.user, cid: newCid(), kind, request: {}, endsGroup: true };
}

function member(scope: Scope, chat: ChatId, user: UserId): MemberRow {
  const row = scope.chat(chat).kind === "group" ? scope.member(chat, user) : undefined;
  if (!row) throw new ChatError("not_found");
  return row;
}

/** Somebody else whom the request names. Whether they are a member is seen under the lock. */
async function otherMember(call: UserCall, { user }: { user: UserId }): Promise<UserRow> {
  if (user === call.session.user) throw new ChatError("bad_request", "user: expected another member");
  return await named(call, { user });
}
