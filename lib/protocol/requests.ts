/**
 * Every request, in one table: its fields, who may send it, and what its `ok` carries.
 * Types, checks, `docs/protocol.md` and `docs/protocol.schema.json` all come from here.
 */
import { z } from "zod";
import {
  chatEntry,
  chatId,
  cid,
  contact,
  contactState,
  description,
  device,
  epoch,
  group,
  groupName,
  member,
  namePrefix,
  password,
  position,
  requestId,
  role,
  seq,
  session,
  sessionId,
  text,
  time,
  token,
  user,
  userId,
  userName,
} from "./fields.ts";
import { limits } from "./limits.ts";

const boolean = z.boolean();
const more = z.boolean().meta({ description: "the list was cut: ask for the rest" });
const id = requestId.optional();

/** `event` lines, as pushes carry them. */
const events = z.array(z.looseObject({ type: z.literal("event"), chat: chatId, seq }));

const welcomeBack = {
  user,
  epoch,
  session: sessionId,
  chats: z.array(chatEntry),
  contacts: z.array(contact),
  more: more.optional(),
  reset: boolean.optional().meta({
    description: "the log is another one than `epoch` and `have` speak of: drop your copy",
  }),
};
const stored = {
  chat: chatId,
  seq,
  time,
  dup: boolean.optional().meta({ description: "this cid was stored before" }),
};

/** Exactly one of two fields; in JSON Schema, a `oneOf`. */
function oneOf<S extends z.ZodRawShape>(fields: z.ZodObject<S>, a: keyof S & string, b: keyof S & string) {
  return fields
    .refine((request) => {
      const given = request as Record<string, unknown>;
      return (given[a] === undefined) !== (given[b] === undefined);
    }, { error: `expected either '${a}' or '${b}'`, path: [a] })
    .meta({ oneOf: [{ required: [a] }, { required: [b] }] });
}

/** At most one of two fields. */
function atMostOneOf<S extends z.ZodRawShape>(
  fields: z.ZodObject<S>,
  a: keyof S & string,
  b: keyof S & string,
) {
  return fields
    .refine((request) => {
      const given = request as Record<string, unknown>;
      return given[a] === undefined || given[b] === undefined;
    }, { error: `expected '${a}' or '${b}', not both`, path: [a] })
    .meta({ not: { required: [a, b] } });
}

/** At least one of the optional fields. */
function someOf<S extends z.ZodRawShape>(fields: z.ZodObject<S>, ...names: (keyof S & string)[]) {
  return fields
    .refine((request) => names.some((name) => (request as Record<string, unknown>)[name] !== undefined), {
      error: `expected at least one of ${names.map((name) => `'${name}'`).join(", ")}`,
      path: [names[0]!],
    })
    .meta({ anyOf: names.map((name) => ({ required: [name] })) });
}

/**
 * - `area`: where the documents list it.
 * - `from`: `guest`, only before a login; `user`, only after one; `anyone`.
 * - `together`: waits for its commit together with those before and behind it; every other request waits until
 *   those before it are answered, and is answered before the next one starts.
 */
export const REQUESTS = {
  register: {
    area: "account",
    from: "guest",
    about: "a new account, and a session",
    fields: z.object({
      type: z.literal("register"),
      id,
      name: userName,
      password,
      device: device.optional(),
    }),
    ok: z.object({ ...welcomeBack, token: z.string() }),
  },
  login: {
    area: "account",
    from: "guest",
    about: "a new session",
    fields: oneOf(
      z.object({
        type: z.literal("login"),
        id,
        // Not `userName`: whatever is no name is a wrong login, and says no more.
        name: namePrefix.optional(),
        user: userId.optional(),
        password: z.string().max(4 * limits.passwordMaxChars),
        device: device.optional(),
      }),
      "name",
      "user",
    ),
    ok: z.object({ ...welcomeBack, token: z.string() }),
  },
  resume: {
    area: "account",
    from: "guest",
    about: "go on with a session; `have` names the chats whose missing events are to follow (0: all of them)",
    fields: z.object({
      type: z.literal("resume"),
      id,
      token,
      epoch: epoch.optional(),
      have: z.record(z.string().regex(/^[1-9][0-9]{0,15}$/, "expected a chat's id"), position)
        .refine((have) => Object.keys(have).length <= limits.chatsPerUser + 1, "expected fewer chats")
        .optional(),
    }),
    ok: z.object(welcomeBack),
  },
  logout: {
    area: "account",
    from: "user",
    about: "ends this session; the connection may log in again",
    fields: z.object({ type: z.literal("logout"), id }),
    ok: z.object({}),
  },
  password: {
    area: "account",
    from: "user",
    about: "a new password; ends the other sessions",
    fields: z.object({
      type: z.literal("password"),
      id,
      old: z.string().max(4 * limits.passwordMaxChars),
      new: password,
    }),
    ok: z.object({}),
  },
  sessions: {
    area: "account",
    from: "user",
    about: "my sessions",
    fields: z.object({ type: z.literal("sessions"), id }),
    ok: z.object({ sessions: z.array(session) }),
  },
  revoke: {
    area: "account",
    from: "user",
    about: "ends one of my sessions",
    fields: z.object({ type: z.literal("revoke"), id, session: sessionId }),
    ok: z.object({}),
  },
  profile: {
    area: "account",
    from: "user",
    about: "a new name",
    fields: z.object({ type: z.literal("profile"), id, name: userName }),
    ok: z.object({ user }),
  },
  find_user: {
    area: "account",
    from: "user",
    about: "users whose name begins so",
    fields: z.object({ type: z.literal("find_user"), id, name: namePrefix }),
    ok: z.object({ users: z.array(user) }),
  },

  contact_add: {
    area: "contacts",
    from: "user",
    about: "asks somebody to be a friend; two who ask each other are friends",
    fields: oneOf(
      z.object({ type: z.literal("contact_add"), id, user: userId.optional(), name: namePrefix.optional() }),
      "user",
      "name",
    ),
    ok: z.object({ user, state: contactState }),
  },
  contact_accept: {
    area: "contacts",
    from: "user",
    about: "accepts what somebody asked",
    fields: z.object({ type: z.literal("contact_accept"), id, user: userId }),
    ok: z.object({ user, state: contactState }),
  },
  contact_remove: {
    area: "contacts",
    from: "user",
    about: "ends a friendship, or a request in either direction",
    fields: z.object({ type: z.literal("contact_remove"), id, user: userId }),
    ok: z.object({}),
  },
  block: {
    area: "contacts",
    from: "user",
    about: "ends the friendship too; from its answer on, nothing comes in from this user, nor goes out",
    fields: z.object({ type: z.literal("block"), id, user: userId }),
    ok: z.object({}),
  },
  unblock: {
    area: "contacts",
    from: "user",
    about: "takes a block back",
    fields: z.object({ type: z.literal("unblock"), id, user: userId }),
    ok: z.object({}),
  },
  contacts: {
    area: "contacts",
    from: "user",
    about: "friends, requests and blocks, by user id",
    fields: z.object({ type: z.literal("contacts"), id, after: userId.optional() }),
    ok: z.object({ contacts: z.array(contact), more }),
  },

  send: {
    area: "chats",
    from: "user",
    together: true,
    about: "a text; to a user, it opens the direct chat (to oneself: the personal one)",
    fields: oneOf(
      z.object({ type: z.literal("send"), id, chat: chatId.optional(), user: userId.optional(), cid, text }),
      "chat",
      "user",
    ),
    ok: z.object(stored),
  },
  edit: {
    area: "chats",
    from: "user",
    together: true,
    about: "another text for one of mine",
    fields: z.object({ type: z.literal("edit"), id, chat: chatId, target: seq, cid, text }),
    ok: z.object(stored),
  },
  delete: {
    area: "chats",
    from: "user",
    together: true,
    about: "blanks a text of mine, or as a group's owner or admin, anybody's",
    fields: z.object({ type: z.literal("delete"), id, chat: chatId, target: seq, cid }),
    ok: z.object(stored),
  },
  history: {
    area: "chats",
    from: "user",
    about: "events above `after` or below `before`, ascending; with neither, the last ones",
    fields: atMostOneOf(
      z.object({
        type: z.literal("history"),
        id,
        chat: chatId,
        after: position.optional(),
        before: seq.optional(),
        limit: z.int("expected an integer").min(1).max(limits.historyEvents).optional(),
      }),
      "after",
      "before",
    ),
    ok: z.object({ events, more }),
  },
  read: {
    area: "chats",
    from: "user",
    about: "I have read up to here; never goes back",
    fields: z.object({ type: z.literal("read"), id, chat: chatId, seq }),
    ok: z.object({}),
  },
  typing: {
    area: "chats",
    from: "user",
    about: "I am writing: a hint, not stored",
    fields: z.object({ type: z.literal("typing"), id, chat: chatId }),
    ok: z.object({}),
  },
  chats: {
    area: "chats",
    from: "user",
    about: "my chats, by id",
    fields: z.object({ type: z.literal("chats"), id, after: chatId.optional() }),
    ok: z.object({ chats: z.array(chatEntry), more }),
  },

  group_create: {
    area: "groups",
    from: "user",
    about: "a group of which I am the owner",
    fields: z.object({
      type: z.literal("group_create"),
      id,
      name: groupName,
      description: description.optional(),
      public: boolean.optional(),
      cid: cid.optional(),
    }),
    ok: z.object({ chat: chatId, dup: stored.dup }),
  },
  group_join: {
    area: "groups",
    from: "user",
    about: "become a member of a public group",
    fields: z.object({ type: z.literal("group_join"), id, chat: chatId }),
    ok: z.object({ chat: chatId, seq }),
  },
  group_invite: {
    area: "groups",
    from: "user",
    about: "adds a user: in a public group any member may, in a private one its owner and admins",
    fields: z.object({ type: z.literal("group_invite"), id, chat: chatId, user: userId }),
    ok: z.object({}),
  },
  group_leave: {
    area: "groups",
    from: "user",
    about: "an owner who leaves is followed by an admin, else by the longest member",
    fields: z.object({ type: z.literal("group_leave"), id, chat: chatId }),
    ok: z.object({}),
  },
  group_kick: {
    area: "groups",
    from: "user",
    about: "removes a member: the owner anybody, an admin members",
    fields: z.object({ type: z.literal("group_kick"), id, chat: chatId, user: userId }),
    ok: z.object({}),
  },
  group_role: {
    area: "groups",
    from: "user",
    about: "the owner's: makes an admin, a member, or the next owner (and becomes an admin)",
    fields: z.object({ type: z.literal("group_role"), id, chat: chatId, user: userId, role }),
    ok: z.object({}),
  },
  group_edit: {
    area: "groups",
    from: "user",
    about: "another name, description or visibility: the owner and admins",
    fields: someOf(
      z.object({
        type: z.literal("group_edit"),
        id,
        chat: chatId,
        name: groupName.optional(),
        description: description.optional(),
        public: boolean.optional(),
      }),
      "name",
      "description",
      "public",
    ),
    ok: z.object({}),
  },
  group_info: {
    area: "groups",
    from: "user",
    about: "a group and, for its members, who is in it (by user id)",
    fields: z.object({ type: z.literal("group_info"), id, chat: chatId, after: userId.optional() }),
    ok: z.object({ group, members: z.array(member), more }),
  },
  group_find: {
    area: "groups",
    from: "user",
    about: "public groups whose name begins so",
    fields: z.object({ type: z.literal("group_find"), id, name: namePrefix }),
    ok: z.object({ groups: z.array(group) }),
  },

  ping: {
    area: "connection",
    from: "anyone",
    about: "keeps the connection from being idle",
    fields: z.object({ type: z.literal("ping"), id }),
    ok: z.object({ time }),
  },
} as const satisfies Record<string, RequestSpec>;

interface RequestSpec {
  readonly area: "account" | "contacts" | "chats" | "groups" | "connection";
  readonly from: "guest" | "user" | "anyone";
  readonly together?: true;
  readonly about: string;
  readonly fields: z.ZodObject;
  readonly ok: z.ZodObject;
}

export type RequestType = keyof typeof REQUESTS;
/** A checked request. */
export type Request<T extends RequestType = RequestType> = {
  [K in T]: z.infer<(typeof REQUESTS)[K]["fields"]>;
}[T];
/** What `ok` carries beside `type` and `re`. */
export type Reply<T extends RequestType = RequestType> = { [K in T]: z.infer<(typeof REQUESTS)[K]["ok"]> }[T];
