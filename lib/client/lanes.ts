/** Which requests of the outbox must keep their order: those of one chat, however it is named. */
import type { ChatId, UserId } from "../protocol/fields.ts";
import type { Draft } from "./outbox.ts";
import type { State } from "./state.ts";

/** A direct chat's lane is named after the other user: the chat has no number before its first text. */
export function laneOf({ type, fields }: Draft, state: State): string {
  if (type === "group_create") return "groups";
  const { user, chat } = fields as { user?: UserId; chat?: ChatId };
  const entry = chat === undefined ? undefined : state.chats.get(chat);
  const other = user ?? (entry?.kind === "personal" ? state.me?.id : entry?.user?.id);
  return other === undefined ? `chat ${chat}` : `user ${other}`;
}
