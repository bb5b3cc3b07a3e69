/** Commands that write: into a named chat, or change what was written. */
import type { ChatId } from "../../protocol/fields.ts";
import { limits } from "../../protocol/limits.ts";
import type { Reply } from "../../protocol/requests.ts";
import { chat, optional, restOfLine, text, type TextRef } from "./arguments.ts";
import { type Command, command, type Context } from "./command.ts";
import { CommandError } from "./errors.ts";
import type { Place } from "./places.ts";

export const TEXTS: readonly Command[] = [
  command({
    name: "send",
    area: "chats",
    args: { to: chat("NAME"), text: restOfLine("TEXT") },
    help: "send a text to a user or a group, without opening the chat",
    example: "/send bob lunch at one?",
    run: async (context, { to, text }) => sendText(context, await context.places.place(to), text),
  }),
  command({
    name: "edit",
    area: "chats",
    args: { target: optional(text()), text: restOfLine("TEXT") },
    help: "replace one of your texts; without a number, your last one in the open chat",
    example: "/edit ^42 lunch at two?",
    run: async (context, { target, text }) =>
      context.client.request("edit", { ...await locate(context, target), text }),
  }),
  command({
    name: "delete",
    area: "chats",
    args: { target: optional(text()) },
    help: "blank a text; without a number, your last one in the open chat",
    example: "/delete hiking^42",
    run: async (context, { target }) => context.client.request("delete", await locate(context, target)),
  }),
];

/** The client keeps the text until it is stored: what follows need not wait. */
export async function sendText(
  { client, started }: Context,
  to: Place,
  text: string,
): Promise<Reply<"send">> {
  const stored = client.send(to, text);
  started?.();
  return await stored;
}

async function locate(context: Context, ref?: TextRef): Promise<{ chat: ChatId; target: number }> {
  const chat = await context.places.chat(ref?.chat);
  return { chat, target: ref?.seq ?? await lastOfMine(context, chat) };
}

async function lastOfMine({ client }: Context, chat: ChatId): Promise<number> {
  const { events } = await client.history(chat, { limit: limits.historyEvents });
  const mine = events.findLast((event) =>
    event.kind === "text" && event.from === client.state.me?.id && event.text !== undefined
  );
  if (mine) return mine.seq;
  throw new CommandError(`none of the last ${limits.historyEvents} messages here is a text of yours`);
}
