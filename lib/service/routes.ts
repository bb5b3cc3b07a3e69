/** Which handler serves which request: a table that the compiler keeps complete. */
import { ChatError } from "../protocol/errors.ts";
import { type Reply, type Request, REQUESTS, type RequestType } from "../protocol/requests.ts";
import * as accounts from "./accounts.ts";
import type { ChatServer } from "./chat_server.ts";
import * as chats from "./chats.ts";
import type { Connection } from "./connection.ts";
import * as contacts from "./contacts.ts";
import * as groups from "./groups.ts";
import * as messages from "./messages.ts";
import type { Session } from "./session.ts";
import * as sessions from "./sessions.ts";

/** One request's surroundings. */
export interface Call {
  readonly server: ChatServer;
  readonly connection: Connection;
  /** Done right after the answer was queued, with nothing in between. */
  readonly afterwards: (() => void)[];
}

/** What a request of a logged-in client is served with. */
export interface UserCall extends Call {
  readonly session: Session;
}

type CallOf<T extends RequestType> = (typeof REQUESTS)[T]["from"] extends "user" ? UserCall : Call;
/** Checks what depends on who asks, does it, and returns what `ok` carries; refuses by throwing ChatError. */
type Handler<T extends RequestType> = (call: CallOf<T>, request: Request<T>) => Reply<T> | Promise<Reply<T>>;

const ROUTES: { readonly [T in RequestType]: Handler<T> } = {
  register: accounts.register,
  login: accounts.login,
  resume: sessions.resume,
  logout: sessions.logout,
  password: accounts.password,
  sessions: sessions.list,
  revoke: sessions.revoke,
  profile: accounts.profile,
  find_user: accounts.find,

  contact_add: contacts.add,
  contact_accept: contacts.accept,
  contact_remove: contacts.remove,
  block: contacts.block,
  unblock: contacts.unblock,
  contacts: contacts.list,

  send: messages.send,
  edit: messages.edit,
  delete: messages.remove,
  history: chats.history,
  read: chats.read,
  typing: chats.typing,
  chats: chats.list,

  group_create: groups.create,
  group_join: groups.join,
  group_invite: groups.invite,
  group_leave: groups.leave,
  group_kick: groups.kick,
  group_role: groups.setRole,
  group_edit: groups.edit,
  group_info: groups.info,
  group_find: groups.find,

  ping: () => ({ time: Date.now() }),
};

/** Serves a request, if this client may send it now. */
export async function perform(call: Call, request: Request): Promise<Reply> {
  const { from } = REQUESTS[request.type];
  const { session } = call.connection;
  if (from === "guest" && session) throw new ChatError("already_logged_in");
  if (from === "user" && !session) throw new ChatError("not_logged_in");
  // The table pairs each request with its handler; the compiler cannot follow the pair through the lookup.
  const handler = ROUTES[request.type] as (call: Call, request: Request) => Reply | Promise<Reply>;
  return await handler(session ? { ...call, session } as UserCall : call, request);
}
