/** Events as the client hands them on: checked, and a union over their kinds. */
import { z } from "zod";
import { EVENT_KINDS, type EventBody, type EventKind } from "../protocol/events.ts";
import { type ChatId, chatId, cid, seq, time, type UserId, userId } from "../protocol/fields.ts";

export interface EventHead {
  readonly type: "event";
  readonly chat: ChatId;
  readonly seq: number;
  readonly from: UserId;
  readonly cid: string;
  readonly time: number;
}

export type EventOf<K extends EventKind> = EventHead & { readonly kind: K } & Readonly<EventBody<K>>;

/** Of a kind that this client does not know, or whose fields are not what the kind has. It counts, and says nothing. */
export type UnknownEvent = EventHead & { readonly kind: "unknown"; readonly was: string };

export type ChatEvent = { [K in EventKind]: EventOf<K> }[EventKind] | UnknownEvent;

const head = z.object({
  type: z.literal("event"),
  chat: chatId,
  seq,
  kind: z.string(),
  from: userId,
  cid,
  time,
});

/** The event in a parsed line or in an answer of `history`; fields that this client does not know stay in it. */
export function readEvent(value: unknown): ChatEvent | undefined {
  const checked = head.safeParse(value);
  if (!checked.success) return undefined;
  const { kind } = checked.data;
  const isKnown = Object.hasOwn(EVENT_KINDS, kind) &&
    EVENT_KINDS[kind as EventKind].body.safeParse(value).success;
  if (isKnown) return value as ChatEvent;
  return { ...value as object, ...checked.data, kind: "unknown", was: kind };
}
