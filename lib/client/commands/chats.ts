/** Commands about chats: opening them, reading back, lists. */
import type { ChatId } from "../../protocol/fields.ts";
import { limits } from "../../protocol/limits.ts";
import type { ChatEvent } from "../events.ts";
import { readPages } from "../pages.ts";
import { eventLines, type Scene } from "../view/events.ts";
import { chatLines } from "../view/lists.ts";
import { chat, integer, optional } from "./arguments.ts";
import { type Command, command, type Context } from "./command.ts";

const USUAL_EVENTS = 20;

interface Backlog {
  readonly chat?: ChatId;
  readonly events: readonly ChatEvent[];
  /** There are older ones. */
  readonly more: boolean;
}

export const CHATS: readonly Command[] = [
  command({
    name: "open",
    area: "chats",
    args: { chat: chat("NAME") },
    help: "open a chat: lines that are no commands go there, until another one is opened",
    example: "/open bob",
    async run(context, { chat }) {
      const { places } = context;
      const place = await places.place(chat);
      const backlog = "chat" in place
        ? await read(context, place.chat, USUAL_EVENTS)
        : { events: [], more: false };
      places.open = place;
      places.oldest = backlog.events[0]?.seq;
      if ("chat" in place) await markRead(context, place.chat);
      return { title: places.title(place), ...place, ...backlog };
    },
    show: (answer, scene) => [`-- ${answer.title} --`, ...backlogLines(answer, scene)],
  }),
  command({
    name: "close",
    area: "chats",
    args: {},
    help: "close the open chat",
    example: "/close",
    run({ places }) {
      places.open = undefined;
      return {};
    },
  }),
  command({
    name: "history",
    area: "chats",
    args: { count: optional(integer("COUNT")), chat: optional(chat()) },
    help: "show a chat's last messages",
    example: "/history 50 hiking",
    async run(context, { count = USUAL_EVENTS, chat }) {
      const backlog = await read(context, await context.places.chat(chat), count);
      if (!chat) context.places.oldest = backlog.events[0]?.seq;
      return backlog;
    },
    show: backlogLines,
  }),
  command({
    name: "more",
    area: "chats",
    args: { count: optional(integer("COUNT")) },
    help: "show what lies before the messages that are shown of the open chat",
    example: "/more 50",
    async run(context, { count = USUAL_EVENTS }) {
      const { places } = context;
      const chat = await places.chat();
      if (places.oldest === 1) return { chat, events: [], more: false };
      const backlog = await read(context, chat, count, places.oldest);
      places.oldest = backlog.events[0]?.seq ?? places.oldest;
      return backlog;
    },
    show: (backlog, scene) =>
      backlog.events.length > 0 ? backlogLines(backlog, scene) : ["-- there is nothing before"],
  }),
  command({
    name: "read",
    area: "chats",
    args: { chat: optional(chat()) },
    help: "mark a chat as read",
    example: "/read hiking",
    async run(context, { chat }) {
      await markRead(context, await context.places.chat(chat));
      return {};
    },
  }),
  command({
    name: "typing",
    area: "chats",
    args: { chat: optional(chat()) },
    help: "tell the others that you are writing",
    example: "/typing bob",
    run: async ({ client, places }, { chat }) => client.request("typing", { chat: await places.chat(chat) }),
  }),
  command({
    name: "chats",
    area: "chats",
    args: {},
    help: "list your chats and what is unread in them",
    example: "/chats",
    async run({ client }) {
      const pages = await readPages(
        (after: ChatId | undefined) => client.request("chats", { after }),
        ({ chats }) => chats.at(-1)?.chat,
      );
      return { chats: pages.flatMap(({ chats }) => chats) };
    },
    show: ({ chats }) => chatLines(chats),
  }),
];

/** The last events below `before`, with the names of whom they are from. */
async function read({ client }: Context, chat: ChatId, count: number, before?: number): Promise<Backlog> {
  const limit = Math.min(Math.max(count, 1), limits.historyEvents);
  const { events, more } = await client.history(chat, { limit, ...before === undefined ? {} : { before } });
  return { chat, events, more };
}

function backlogLines({ chat, events, more }: Backlog, scene: Scene): string[] {
  const lines = events.flatMap((event) => eventLines(event, { ...scene, ...chat ? { open: chat } : {} }));
  if (lines.length === 0) return ["-- nothing was said here yet"];
  return more ? ["-- older: /more", ...lines] : lines;
}

async function markRead({ client }: Context, chat: ChatId): Promise<void> {
  const head = client.state.chats.get(chat)?.seq ?? 0;
  if (head > 0 && client.state.unread(chat) > 0) await client.request("read", { chat, seq: head });
}
