/** Requests about who one is: accounts and their sessions. */
import { z } from "zod";
import {
  chatEntry,
  contact,
  device,
  epoch,
  namePrefix,
  password,
  position,
  session,
  sessionId,
  token,
  user,
  userId,
  userName,
} from "../fields.ts";
import { limits } from "../limits.ts";
import { boolean, id, more, oneOf, type RequestSpec } from "./spec.ts";

/** What a login, and a resume, begins with. */
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

export const ACCOUNT_REQUESTS = {
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
} as const satisfies Record<string, RequestSpec>;
