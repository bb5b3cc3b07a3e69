/** What the server says unasked, besides events: schemas, and the lines that carry answers and pushes. */
import { z } from "zod";
import { BYES, type ChatError } from "./errors.ts";
import { chatId, epoch, type RequestId, seq, userId } from "./fields.ts";

export const PUSHES = {
  welcome: {
    about: "the first line of every connection",
    fields: z.object({
      type: z.literal("welcome"),
      protocol: z.literal(1),
      server: z.string(),
      limits: z.object({ line: z.int(), text: z.int(), window: z.int(), idle_s: z.int() }),
      epoch: epoch.meta({ description: "changes when the database is another one than before" }),
      presence: z.enum(["all", "server"]).meta({
        description: "`server`: presence, typing and read positions cover the users of this server only",
      }),
    }),
  },
  read: {
    about: "`user` has read up to here; my own other sessions get it too",
    fields: z.object({ type: z.literal("read"), chat: chatId, user: userId, seq }),
  },
  typing: {
    about: "`user` is writing",
    fields: z.object({ type: z.literal("typing"), chat: chatId, user: userId }),
  },
  presence: {
    about: "a friend came or went",
    fields: z.object({ type: z.literal("presence"), user: userId, online: z.boolean() }),
  },
  bye: {
    about: "the last line: the connection closes",
    fields: z.object({
      type: z.literal("bye"),
      reason: z.enum(Object.keys(BYES) as [keyof typeof BYES]),
      retry_ms: z.int().optional().meta({
        description: "connect again after so many ms; absent: not by yourself",
      }),
    }),
  },
} as const;

export type PushType = keyof typeof PUSHES;
export type Push<T extends PushType = PushType> = { [K in T]: z.infer<(typeof PUSHES)[K]["fields"]> }[T];

export function pushLine(push: Push): string {
  return JSON.stringify(push);
}

export function okLine(re: RequestId | undefined, reply: object): string {
  return JSON.stringify({ type: "ok", re, ...reply });
}

export function errorLine(re: RequestId | undefined, error: ChatError): string {
  const { code, message, retry } = error;
  return JSON.stringify({ type: "error", re, code, message, retry });
}
