/**
 * The fields that messages are made of, as zod schemas: what a well-formed value is, stated once.
 * Only checks that are true of the value alone; what depends on who asks is the service's business.
 */
import { z } from "zod";
import { limits } from "./limits.ts";
import { canonicalName, nameKey } from "./names.ts";

/** An integer that JSON carries exactly, and that is not the odd `-0`. */
const integer = z.int("expected an integer").refine((n) => !Object.is(n, -0), "expected an integer, not -0");
const id = integer.min(1, "expected an integer of at least 1");

export const userId = id.brand<"UserId">().meta({ description: "A user's id" });
export const chatId = id.brand<"ChatId">().meta({ description: "A chat's id" });
export const sessionId = id.brand<"SessionId">().meta({ description: "A session's id" });
/** The number of an event in its chat's log, from 1. */
export const seq = integer.min(1, "expected an integer of at least 1");
/** How far into a log: the number of the last event that counts, 0 for none. */
export const position = integer.min(0, "expected an integer of at least 0");
/** Milliseconds since 1970: what is stored by the database's clock, the answer to a ping by the server's. */
export const time = integer.min(0);

export type UserId = z.infer<typeof userId>;
export type ChatId = z.infer<typeof chatId>;
export type SessionId = z.infer<typeof sessionId>;

/** Counts code points, as JSON Schema's `minLength` and `maxLength` do; the cheap tests decide nearly always. */
function hasChars(value: string, min: number, max: number): boolean {
  if (value.length >= 2 * min && value.length <= max) return true;
  if (value.length < min || value.length > 2 * max) return false;
  const count = [...value].length;
  return count >= min && count <= max;
}

/** A well-formed string of `min` to `max` code points without NUL. JSON can carry lone surrogates; UTF-8 cannot. */
function chars(min: number, max: number) {
  return z.string()
    .refine((s) => hasChars(s, min, max), `expected ${min} to ${max} characters`)
    .refine((s) => s.isWellFormed() && !s.includes("\0"), "expected Unicode text without NUL")
    .meta({ minLength: min, maxLength: max });
}

// deno-lint-ignore no-control-regex -- these are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/u;

/** One line of text that a terminal shows as it is: no control characters, no white space at its ends. */
function title(min: number, max: number) {
  return chars(min, max)
    .refine(
      (s) => !CONTROL.test(s) && s.trim() === s,
      "expected text without control characters or outer spaces",
    );
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Some characters grow when they are folded: by 18 the worst of them. What is stored stays bounded. */
const MAX_KEY_LENGTH = 190;

function isStorable(name: string, max: number): boolean {
  return hasChars(canonicalName(name), 1, max) && nameKey(name).length <= MAX_KEY_LENGTH;
}

const TOO_LONG = "expected a shorter name: its letters grow when they are compared";

export const userName = chars(1, limits.nameChars)
  .refine(
    (s) => NAME.test(s) && !INVISIBLE.test(s),
    "expected letters, digits, '.', '_' or '-', the first a letter or digit",
  )
  .refine((s) => isStorable(s, limits.nameChars), TOO_LONG);
/** The beginning of a name to search for: whatever is no name finds nothing. */
export const namePrefix = title(1, limits.groupNameChars);
export const password = chars(limits.passwordMinChars, limits.passwordMaxChars);
export const device = title(1, limits.deviceChars);
export const groupName = title(1, limits.groupNameChars)
  .refine((s) => isStorable(s, limits.groupNameChars), TOO_LONG);
export const description = chars(0, limits.descriptionChars);
export const text = chars(1, limits.textChars);
/** Client-chosen, unique for its sender: what makes a repeat harmless. */
export const cid = z.string().regex(
  /^[A-Za-z0-9_-]{1,64}$/,
  `expected 1 to ${limits.cidChars} of A-Z a-z 0-9 _ and -`,
).brand<"Cid">();
export type Cid = z.infer<typeof cid>;
export const token = z.string().regex(
  /^[A-Za-z0-9_-]{20,128}$/,
  "expected a token that a login answered with",
);
export const epoch = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected the epoch of a welcome");
/** Echoed as `re`. */
export const requestId = z.union([
  z.string().refine((s) => s.length <= 64 && s.isWellFormed(), "expected a string of at most 64 characters"),
  integer,
], "expected a string or an integer");
export type RequestId = z.infer<typeof requestId>;

export const chatKind = z.enum(["direct", "group", "personal"]);
export type ChatKind = z.infer<typeof chatKind>;
export const role = z.enum(["owner", "admin", "member"]);
export type Role = z.infer<typeof role>;
export const contactState = z.enum(["friend", "requested", "incoming", "none"]);
export type ContactState = z.infer<typeof contactState>;

/** A user as others see them. */
export const user = z.object({ id: userId, name: z.string() });
export type User = z.infer<typeof user>;

export const contact = z.object({
  user,
  state: contactState.meta({ description: "`requested` by me, `incoming` from them" }),
  blocked: z.boolean().meta({ description: "by me" }),
  online: z.boolean().optional().meta({ description: "friends only" }),
});
export type Contact = z.infer<typeof contact>;

/** An entry of the list of chats. In an `added` event, `seq` and `read` are where the new member's log begins. */
export const chatEntry = z.object({
  chat: chatId,
  kind: chatKind,
  user: user.optional().meta({ description: "direct: the other one" }),
  name: z.string().optional().meta({ description: "group" }),
  role: role.optional().meta({ description: "group: mine" }),
  seq: position.meta({ description: "the log's head" }),
  read: position.meta({ description: "how far I have read" }),
});
export type ChatEntry = z.infer<typeof chatEntry>;

export const session = z.object({
  session: sessionId,
  device: z.string(),
  created: time,
  used: time,
  current: z.boolean(),
});

export const group = z.object({
  chat: chatId,
  name: z.string(),
  description: z.string(),
  public: z.boolean(),
  members: integer,
});
export type Group = z.infer<typeof group>;

export const member = z.object({ user, role, online: z.boolean().optional() });
