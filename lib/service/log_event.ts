/** An event on its way to sessions: its line is made once, and the same bytes go to all of them. */
import { eventLine, type EventMessage, type StoredEvent } from "../protocol/events.ts";
import type { ChatId, Cid, UserId } from "../protocol/fields.ts";

const encoder = new TextEncoder();

export function encodeLine(line: string): Uint8Array {
  return encoder.encode(`${line}\n`);
}

/** Kinds after which a member is one no longer. */
const LEAVING = new Set(["leave", "kick"]);
/** Kinds that change what a Feed knows of its chat. */
const MEMBERSHIP = new Map([["join", 1], ["leave", -1], ["kick", -1]]);

type Header = Pick<StoredEvent, "chat" | "seq" | "kind" | "from" | "cid">;

export class LogEvent {
  readonly chat: ChatId;
  readonly seq: number;
  readonly kind: string;
  /** With `cid`: which event this is, whatever its number. */
  readonly from: UserId;
  readonly cid: Cid;
  readonly line: string;
  #bytes: Uint8Array | undefined;

  private constructor({ chat, seq, kind, from, cid }: Header, line: string) {
    this.chat = chat;
    this.seq = seq;
    this.kind = kind;
    this.from = from;
    this.cid = cid;
    this.line = line;
  }

  static fromStored(event: StoredEvent): LogEvent {
    return new LogEvent(event, eventLine(event));
  }

  /** Throws SyntaxError for what is no event's line. */
  static fromLine(line: string): LogEvent {
    return new LogEvent(JSON.parse(line) as EventMessage, line);
  }

  get bytes(): Uint8Array {
    return this.#bytes ??= encodeLine(this.line);
  }

  message(): EventMessage {
    return JSON.parse(this.line) as EventMessage;
  }

  /** Who is no longer a member from here on. */
  get leaver(): UserId | undefined {
    return LEAVING.has(this.kind) ? this.message().user as UserId : undefined;
  }

  /** How this changes the number of members. */
  get memberChange(): number {
    return MEMBERSHIP.get(this.kind) ?? 0;
  }
}
