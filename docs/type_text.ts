/** How `docs/protocol.md` writes a field's type: short, in words, the same for the same schema. */
import { z } from "zod";
import * as fields from "../lib/protocol/fields.ts";
import { limits } from "../lib/protocol/limits.ts";

interface NamedType {
  readonly schema: z.ZodType;
  readonly name: string;
  /** What it stands for; without it, the table of types does not list it, or lists its fields. */
  readonly about?: string;
}

const SAFE = "`A-Z a-z 0-9 _ -`";

/** Types that have a name: what it stands for is explained once, in the table of types. */
export const NAMED_TYPES: readonly NamedType[] = [
  {
    schema: fields.userId,
    name: "id",
    about: "an integer from 1 to 2⁵³ − 1; users, chats and sessions are counted apart",
  },
  { schema: fields.chatId, name: "id" },
  { schema: fields.sessionId, name: "id" },
  { schema: fields.seq, name: "seq", about: "an integer from 1: an event's number in its chat's log" },
  {
    schema: fields.position,
    name: "position",
    about: "an integer from 0: the number of the last event that counts, 0 for none",
  },
  {
    schema: fields.time,
    name: "time",
    about: "milliseconds since 1970: of what is stored by the database's clock, of a `ping` by the server's",
  },
  {
    schema: fields.cid,
    name: "cid",
    about: `1–${limits.cidChars} characters of ${SAFE}: chosen by the client, for one thing only`,
  },
  {
    schema: fields.token,
    name: "token",
    about: `20–128 characters of ${SAFE}: what a login answered with, as good as the password`,
  },
  { schema: fields.epoch, name: "epoch", about: `1–64 characters of ${SAFE}: which database it is` },
  {
    schema: fields.userName,
    name: "user name",
    about: `1–${limits.nameChars} letters, digits, \`.\`, \`_\` and \`-\`, the first a letter or digit`,
  },
  {
    schema: fields.namePrefix,
    name: "name",
    about: `1–${limits.groupNameChars} characters: a name, or where it is searched for, its beginning`,
  },
  { schema: fields.chatKind, name: "kind", about: spelledOut(fields.chatKind) },
  { schema: fields.role, name: "role", about: spelledOut(fields.role) },
  { schema: fields.contactState, name: "state", about: spelledOut(fields.contactState) },
  { schema: fields.user, name: "user" },
  { schema: fields.chatEntry, name: "chat entry" },
  { schema: fields.contact, name: "contact" },
  { schema: fields.session, name: "session" },
  { schema: fields.group, name: "group" },
  { schema: fields.member, name: "member" },
];

/** A type by its name, or in words. */
export function typeText(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional) return typeText(schema.unwrap() as z.ZodType);
  return NAMED_TYPES.find((type) => isSame(type.schema, schema))?.name ?? spelledOut(schema);
}

/** A description makes a copy of a schema; the values of an enum show whose copy it is. */
function isSame(a: z.ZodType, b: z.ZodType): boolean {
  return a === b || a instanceof z.ZodEnum && b instanceof z.ZodEnum && a.options.join() === b.options.join();
}

function spelledOut(schema: z.ZodType): string {
  if (schema instanceof z.ZodArray) return `[${typeText(schema.element as z.ZodType)}]`;
  if (schema instanceof z.ZodRecord) return `{"id": ${typeText(schema.valueType as z.ZodType)}, …}`;
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(", ");
  if (schema instanceof z.ZodLiteral) return `\`${schema.value}\``;
  if (schema instanceof z.ZodObject) {
    return "type" in schema.shape ? "event" : `{${fieldList(schema, ", ")}}`;
  }
  const { type, minLength, maxLength, minimum, maximum } = z.toJSONSchema(schema, { io: "input" });
  if (type === "string" && maxLength !== undefined) return `${minLength ?? 0}–${maxLength} characters`;
  if (type === "integer" && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) {
    return `${minimum}–${maximum}`;
  }
  if (typeof type !== "string") throw new Error(`no words for this type: ${JSON.stringify({ type })}`);
  return type;
}

/** The fields of an object, `?` behind optional ones, without those in `skip`. */
export function fieldList(object: z.ZodObject, separator = " · ", skip: readonly string[] = []): string {
  return Object.entries(object.shape as Record<string, z.ZodType>)
    .filter(([name]) => !skip.includes(name))
    .map(([name, schema]) => fieldText(name, schema))
    .join(separator) || "–";
}

function fieldText(name: string, schema: z.ZodType): string {
  const shown = `\`${name}${schema instanceof z.ZodOptional ? "?" : ""}\``;
  const type = typeText(schema);
  const about = z.globalRegistry.get(schema)?.description;
  const words = [shown];
  if (type !== name) words.push(type);
  // What is said of a named type, or wherever lists are cut, is said once in the text.
  if (about && !SAID_ONCE.has(name) && !NAMED_TYPES.some((named) => named.schema === schema)) {
    words.push(`(${about})`);
  }
  return words.join(" ");
}

const SAID_ONCE = new Set(["more", "dup", "reset"]);
