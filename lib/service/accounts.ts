/** Accounts: who somebody is. Sessions, which come of a login, are next door. */
import { DatabaseError } from "../database/database.ts";
import * as chats from "../models/chats.ts";
import * as members from "../models/members.ts";
import * as sessions from "../models/sessions.ts";
import * as users from "../models/users.ts";
import type { UserRow } from "../models/users.ts";
import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { canonicalName } from "../protocol/names.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { draft } from "./entry.ts";
import { newCid } from "./ids.ts";
import type { Call, UserCall } from "./routes.ts";
import { signIn } from "./sessions.ts";

export async function register(call: Call, request: Request<"register">): Promise<Reply<"register">> {
  const { database, passwords } = call.server;
  const { name, device } = request;
  // The unique key decides; asking first saves the hashing.
  if (await users.byName(database, name)) throw new ChatError("name_taken");
  const password = await passwords.hash(request.password);
  const user = await nameOrTaken(() =>
    database.transaction(async (tx) => {
      const id = await users.insert(tx, name, password, await chats.now(tx));
      const personal_chat = await chats.insertPersonal(tx);
      await members.insert(tx, personal_chat, id, "owner");
      await users.setPersonalChat(tx, id, personal_chat);
      return { id, name: canonicalName(name), password, personal_chat };
    })
  );
  return await signIn(call, user, device);
}

export async function login(call: Call, request: Request<"login">): Promise<Reply<"login">> {
  const { database, passwords } = call.server;
  const row: UserRow | undefined = request.user === undefined
    ? await users.byName(database, request.name!)
    : await users.byId(database, request.user);
  if (!await passwords.verify(request.password, row?.password)) throw new ChatError("wrong_login");
  return await signIn(call, row!, request.device);
}

export async function password(call: UserCall, request: Request<"password">): Promise<Reply<"password">> {
  const { session, server } = call;
  const row = await users.byId(server.database, session.user);
  if (!await server.passwords.verify(request.old, row?.password)) throw new ChatError("wrong_login");
  const hash = await server.passwords.hash(request.new);
  await server.appender.append({
    chats: [session.personal],
    sender: session.user,
    cid: newCid(),
    kind: "password",
    request: {},
    endsGroup: false,
    act: async ({ tx }) => {
      const others = (await sessions.ofUser(tx, session.user)).map(({ id }) => id).filter((id) =>
        id !== session.id
      );
      await sessions.remove(tx, others);
      await users.setPassword(tx, session.user, hash);
      return [draft(session.personal, "password", { ended: others })];
    },
  });
  return {};
}

export async function profile(call: UserCall, request: Request<"profile">): Promise<Reply<"profile">> {
  const { session, server } = call;
  const name = canonicalName(request.name);
  await server.appender.append({
    chats: [session.personal],
    sender: session.user,
    cid: newCid(),
    kind: "profile",
    request: {},
    endsGroup: false,
    act: async ({ tx }) => {
      const holder = await users.byName(tx, name);
      if (holder && holder.id !== session.user) throw new ChatError("name_taken");
      await users.rename(tx, session.user, name);
      return [draft(session.personal, "profile", { name })];
    },
  });
  session.name = name;
  return { user: { id: session.user, name } };
}

export async function find(call: UserCall, request: Request<"find_user">): Promise<Reply<"find_user">> {
  return { users: await users.byPrefix(call.server.database, request.name, limits.foundRows) };
}

/** A user that the request names by id or by name. */
export async function named(call: Call, by: { user?: UserRow["id"]; name?: string }): Promise<UserRow> {
  const { database } = call.server;
  const row = by.user === undefined
    ? await users.byName(database, by.name!)
    : await users.byId(database, by.user);
  if (!row) throw new ChatError("not_found", "there is no such user");
  return row;
}

async function nameOrTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DatabaseError && error.fault === "duplicate") throw new ChatError("name_taken");
    throw error;
  }
}
