/**
 * What a chat's log holds: the kinds of events and their fields, and the line that carries one.
 * The line is made once, from the stored body, and the same bytes go to every session.
 */
import { z } from "zod";
import {
  chatEntry,
  type ChatId,
  chatId,
  type Cid,
  contactState,
  description,
  groupName,
  role,
  seq,
  sessionId,
  text,
  type UserId,
  userId,
} from "./fields.ts";

const ended = z.array(sessionId).meta({ description: "sessions that this ended" });
const deleted = seq.optional().meta({ description: "the deletion that took the text away" });
const name = z.string();

/** The kinds, by the log they stand in. Kinds not listed here may come from newer servers: pass them on, ignore them. */
export const EVENT_KINDS = {
  text: {
    log: "any",
    about: "a message",
    body: z.object({ text: text.optional(), edits: z.array(seq).optional(), deleted }),
  },
  edit: {
    log: "any",
    about: "`target` now reads `text`",
    body: z.object({ target: seq, text: text.optional(), deleted }),
  },
  delete: { log: "any", about: "`target` and its edits are blanked", body: z.object({ target: seq }) },
  create: {
    log: "group",
    about: "the group begins",
    body: z.object({ name: groupName, description, public: z.boolean() }),
  },
  join: {
    log: "group",
    about: "`user` is a member from here on",
    body: z.object({ user: userId, name, role }),
  },
  leave: { log: "group", about: "`user` is no longer a member", body: z.object({ user: userId }) },
  kick: { log: "group", about: "`user` was removed by `from`", body: z.object({ user: userId }) },
  role: { log: "group", about: "`user` has this role now", body: z.object({ user: userId, role }) },
  group: {
    log: "group",
    about: "the group's name, description or visibility changed",
    body: z.object({
      name: groupName.optional(),
      description: description.optional(),
      public: z.boolean().optional(),
    }),
  },
  added: {
    log: "personal",
    about:
      "a chat is open to you; its events after `entry.seq` follow, or after what an answer has said of it before",
    body: z.object({ entry: chatEntry }),
  },
  removed: { log: "personal", about: "you are no longer in this group", body: z.object({ of: chatId }) },
  contact: {
    log: "personal",
    about: "how you and `user` stand to each other",
    body: z.object({ user: userId, name, state: contactState }),
  },
  block: {
    log: "personal",
    about: "you blocked or unblocked `user`",
    body: z.object({ user: userId, blocked: z.boolean() }),
  },
  signin: {
    log: "personal",
    about: "a session began",
    body: z.object({ session: sessionId, device: name, ended }),
  },
  signout: { log: "personal", about: "sessions ended", body: z.object({ ended }) },
  password: { log: "personal", about: "the password changed", body: z.object({ ended }) },
  profile: { log: "personal", about: "your name changed", body: z.object({ name }) },
} as const;

export type EventKind = keyof typeof EVENT_KINDS;
export type EventBody<K extends EventKind> = z.infer<(typeof EVENT_KINDS)[K]["body"]>;

/** An event as the log has it. `body` is JSON text: an object with the fields of the kind. */
export interface StoredEvent {
  readonly chat: ChatId;
  readonly seq: number;
  readonly kind: string;
  readonly from: UserId;
  readonly cid: Cid;
  readonly time: number;
  readonly body: string;
}

/** The event as clients see it, without a line end. Only the body can hold characters that JSON escapes. */
export function eventLine(event: StoredEvent): string {
  const { chat, seq, kind, from, cid, time, body } = event;
  const head =
    `{"type":"event","chat":${chat},"seq":${seq},"kind":"${kind}","from":${from},"cid":"${cid}","time":${time}`;
  return body === "{}" ? `${head}}` : `${head},${body.slice(1)}`;
}

/** An event as it is read back from its line. */
export type EventMessage = {
  readonly type: "event";
  readonly chat: ChatId;
  readonly seq: number;
  readonly kind: string;
  readonly from: UserId;
  readonly cid: Cid;
  readonly time: number;
} & { readonly [field: string]: unknown };
