/** Requests about texts and the logs that hold them. */
import { z } from "zod";
import { chatEntry, chatId, cid, position, seq, text, time, userId } from "../fields.ts";
import { limits } from "../limits.ts";
import { atMostOneOf, dup, id, more, oneOf, type RequestSpec } from "./spec.ts";

const stored = { chat: chatId, seq, time, dup };
/** `event` lines, as pushes carry them. */
const events = z.array(z.looseObject({ type: z.literal("event"), chat: chatId, seq }));

export const CHATS_REQUESTS = {
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
} as const satisfies Record<string, RequestSpec>;
