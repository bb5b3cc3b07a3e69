/** A line of the server → a checked message. What is none is nothing: a client survives every server. */
import { z } from "zod";
import { requestId } from "../protocol/fields.ts";
import { type Push, PUSHES } from "../protocol/messages.ts";
import { type ChatEvent, readEvent } from "./events.ts";

const answered = {
  ok: z.looseObject({ type: z.literal("ok"), re: requestId.optional() }),
  error: z.object({
    type: z.literal("error"),
    re: requestId.optional(),
    code: z.string(),
    message: z.string(),
    retry: z.boolean(),
  }),
};

/** Not the protocol's own schema: a newer server may have reasons that this client does not know. */
const bye = z.object({
  type: z.literal("bye"),
  reason: z.string(),
  retry_ms: z.number().min(0).optional(),
});

export type Ok = z.infer<typeof answered.ok>;
export type ErrorAnswer = z.infer<typeof answered.error>;
export type Bye = z.infer<typeof bye>;
export type Hint = Push<"read" | "typing" | "presence">;
export type ServerMessage = Ok | ErrorAnswer | ChatEvent | Push<"welcome"> | Hint | Bye;

const SCHEMAS: { readonly [type: string]: z.ZodType<ServerMessage> } = {
  ...answered,
  bye,
  welcome: PUSHES.welcome.fields,
  read: PUSHES.read.fields,
  typing: PUSHES.typing.fields,
  presence: PUSHES.presence.fields,
};

export function readMessage(line: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { type } = value as { type?: unknown };
  if (type === "event") return readEvent(value);
  if (typeof type !== "string" || !Object.hasOwn(SCHEMAS, type)) return undefined;
  return SCHEMAS[type]!.safeParse(value).data;
}
