/**
 * Sessions: a sign-in is an event of the personal log that names the sessions it ends, and so are revocation and a
 * new password; whoever passes such an event and is named in it closes. That is exact however many servers there are.
 */
import * as model from "../models/sessions.ts";
import * as users from "../models/users.ts";
import type { UserRow } from "../models/users.ts";
import { ChatError } from "../protocol/errors.ts";
import type { EventBody } from "../protocol/events.ts";
import type { ChatId, SessionId } from "../protocol/fields.ts";
import type { Reply, Request } from "../protocol/requests.ts";
import { attach } from "./attach.ts";
import { draft } from "./entry.ts";
import { newCid, randomName, tokenHash } from "./ids.ts";
import type { Call, UserCall } from "./routes.ts";

/** 192 random bits. */
const TOKEN_BYTES = 24;

export async function signIn(call: Call, user: UserRow, device = ""): Promise<Reply<"login">> {
  const { appender, sessionsPerUser } = call.server;
  const token = randomName(TOKEN_BYTES);
  const { event } = await appender.append({
    chats: [user.personal_chat],
    sender: user.id,
    cid: newCid(),
    kind: "signin",
    request: {},
    endsGroup: false,
    act: async ({ tx, time }) => {
      // The password that was verified may have been changed since, and every session ended.
      if ((await users.byId(tx, user.id))?.password !== user.password) throw new ChatError("wrong_login");
      const living = await model.ofUser(tx, user.id);
      const ended = living.slice(0, Math.max(0, living.length + 1 - sessionsPerUser)).map(({ id }) => id);
      await model.remove(tx, ended);
      const session = await model.insert(tx, user.id, tokenHash(token), device, time);
      return [draft(user.personal_chat, "signin", { session, device, ended })];
    },
  });
  const { session } = JSON.parse(event!.body) as EventBody<"signin">;
  const { seq: signinSeq, time: used } = event!;
  const reply = await call.connection.arrive(() => attach(call, { user, session, used, signinSeq }));
  return { ...reply, token };
}

export function resume(call: Call, request: Request<"resume">): Promise<Reply<"resume">> {
  return call.connection.arrive(() => goOn(call, request));
}

async function goOn(call: Call, request: Request<"resume">): Promise<Reply<"resume">> {
  const { database } = call.server;
  const session = await model.byTokenHash(database, tokenHash(request.token));
  if (!session) throw new ChatError("bad_token");
  const used = await model.touch(database, session.id);
  const user = await users.byId(database, session.user_id);
  if (!user || used === undefined) throw new ChatError("bad_token");
  const have = new Map(
    Object.entries(request.have ?? {}).map(([chat, seq]) => [Number(chat) as ChatId, seq]),
  );
  return await attach(call, { user, session: session.id, used, have, epoch: request.epoch });
}

export async function list({ server, session }: UserCall): Promise<Reply<"sessions">> {
  const rows = await model.ofUser(server.database, session.user);
  return {
    sessions: rows.map(({ id, device, created, used }) => ({
      session: id,
      device,
      created,
      used,
      current: id === session.id,
    })),
  };
}

export async function revoke(call: UserCall, request: Request<"revoke">): Promise<Reply<"revoke">> {
  if (request.session === call.session.id) return await logout(call);
  await end(call, request.session);
  return {};
}

export async function logout(call: UserCall): Promise<Reply<"logout">> {
  const { connection, session } = call;
  session.isLoggingOut = true;
  try {
    await end(call, session.id);
  } catch (error) {
    session.isLoggingOut = false;
    throw error;
  }
  connection.leave();
  return {};
}

async function end({ server, session }: UserCall, id: SessionId): Promise<void> {
  await server.appender.append({
    chats: [session.personal],
    sender: session.user,
    cid: newCid(),
    kind: "signout",
    request: {},
    endsGroup: false,
    act: async ({ tx }) => {
      const living = await model.ofUser(tx, session.user);
      if (!living.some((row) => row.id === id)) throw new ChatError("not_found", "you have no such session");
      await model.remove(tx, [id]);
      return [draft(session.personal, "signout", { ended: [id] })];
    },
  });
}
