/** `docs/protocol.schema.json`: every line in either direction, as JSON Schema 2020-12, made of lib/protocol. */
import { z } from "zod";
import { type ErrorCode, ERRORS } from "../lib/protocol/errors.ts";
import { EVENT_KINDS } from "../lib/protocol/events.ts";
import { chatId, cid, requestId, seq, time, userId } from "../lib/protocol/fields.ts";
import { PUSHES } from "../lib/protocol/messages.ts";
import { REQUESTS } from "../lib/protocol/requests.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const ANY_KIND = z.string().regex(/^[a-z_]+$/);

type JsonSchema = Record<string, unknown>;

export function protocolSchema(): JsonSchema {
  const requests = definitions("request", REQUESTS, ({ fields, about }) => [fields, about]);
  const oks = definitions("ok", REQUESTS, ({ ok }) => [answer(ok), undefined]);
  const pushes = definitions("push", PUSHES, ({ fields, about }) => [fields, about]);
  const events = definitions(
    "event",
    EVENT_KINDS,
    ({ body, about }, kind) => [event(z.literal(kind), body), about],
  );
  return {
    $schema: DIALECT,
    title: "clusterchat protocol 1",
    description: "A line that a client sends or a server sends; protocol.md says what the lines mean. " +
      "Fields that stand nowhere here are to be ignored, and so are event kinds. " +
      "What `ok` carries depends on the request whose `id` it has as `re`: `ok.<type>`.",
    anyOf: [{ $ref: "#/$defs/fromClient" }, { $ref: "#/$defs/fromServer" }],
    $defs: {
      fromClient: { description: "A request.", oneOf: references(requests) },
      fromServer: {
        description: "The answer to a request, an event, or another push.",
        anyOf: [...references({ ok: 0, error: 0, event: 0 }), ...references(pushes)],
      },
      ok: definition(answer(z.object({})), "The request was carried out."),
      error: definition(refusal, "The request was refused, or failed."),
      event: definition(event(ANY_KIND, z.object({})), "An entry of a chat's log."),
      ...requests,
      ...oks,
      ...pushes,
      ...events,
    },
  };
}

function answer(ok: z.ZodObject): z.ZodObject {
  return z.object({ type: z.literal("ok"), re: requestId.optional(), ...ok.shape });
}

const refusal = z.object({
  type: z.literal("error"),
  re: requestId.optional(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode]),
  message: z.string(),
  retry: z.boolean(),
});

function event(kind: z.ZodType, body: z.ZodObject): z.ZodObject {
  return z.object({
    type: z.literal("event"),
    chat: chatId,
    seq,
    kind,
    from: userId,
    cid,
    time,
    ...body.shape,
  });
}

/** One definition for each entry of a table, named `<prefix>.<key>`. */
function definitions<T>(
  prefix: string,
  entries: Readonly<Record<string, T>>,
  describe: (entry: T, key: string) => [z.ZodType, string | undefined],
): JsonSchema {
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [`${prefix}.${key}`, definition(...describe(entry, key))]),
  );
}

function definition(schema: z.ZodType, description: string | undefined): JsonSchema {
  // As input: what is received may have fields that are not known yet.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return description === undefined ? json : { description, ...json };
}

function references(definitions: object): { $ref: string }[] {
  return Object.keys(definitions).map((name) => ({ $ref: `#/$defs/${name}` }));
}
