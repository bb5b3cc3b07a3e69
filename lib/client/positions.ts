/**
 * How far each chat's log has been shown, and which event comes next. Pure: events go in, in whatever order; what comes
 * out is each event once, in the order of its log.
 *
 * Holds true:
 * - only events move a position; an answer sets one only where a chat begins;
 * - an event at or below the position is dropped; one that leaves a hole waits, and the hole is asked for;
 * - what `history` answers with is the whole truth: numbers that it leaves out are not this user's to see.
 */
import type { ChatEntry, ChatId } from "../protocol/fields.ts";
import type { ChatEvent } from "./events.ts";

export interface Ready {
  /** To be shown, in this order. */
  readonly events: ChatEvent[];
  /** Chats whose events above `after` must be asked for; answer with `filled` or `unfillable`. */
  readonly holes: Hole[];
}

export interface Hole {
  readonly chat: ChatId;
  readonly after: number;
}

interface Track {
  /** The last event shown; unknown while the chat's beginning is. */
  position: number | undefined;
  /** The log goes at least so far. */
  goal: number;
  /** Events behind a hole, by number. */
  readonly held: Map<number, ChatEvent>;
  isAsked: boolean;
  /** Not a member at the moment. */
  isGone: boolean;
}

/** Events that wait behind a hole, for each chat; more come out of `history` in their turn. */
const MAX_HELD = 1_000;
/** Far more chats than a user can have: events of still others are a server's fault, and dropped. */
const MAX_TRACKS = 20_000;

export class Positions {
  readonly #tracks = new Map<ChatId, Track>();
  /** Whether the list of chats was seen to its end: then a chat that is not in it is a new one. */
  #isComplete = false;
  /** After a resume, while the list is not at its end: an unlisted chat may begin before its first event. */
  #holdsUnlisted = false;

  /** A login, or a log that is another one: the chats of the answer, each live from its head. */
  begin(entries: readonly ChatEntry[], isComplete: boolean): void {
    this.#tracks.clear();
    this.#isComplete = isComplete;
    this.#holdsUnlisted = false;
    for (const { chat, seq } of entries) this.#track(chat, seq);
  }

  /** What another run of the program had. Its list of chats counts as complete. */
  restore(have: Readonly<Record<string, number>>): void {
    this.begin([], Object.keys(have).length > 0);
    for (const [chat, position] of Object.entries(have)) this.#track(Number(chat) as ChatId, position);
  }

  /** For `resume`: each chat's position. */
  have(): Record<string, number> {
    const have: Record<string, number> = {};
    for (const [chat, { position, isGone }] of this.#tracks) {
      if (position !== undefined && !isGone) have[chat] = position;
    }
    return have;
  }

  /** The answer to `resume`: what is missing of the chats that were named comes by itself. */
  resumed(entries: readonly ChatEntry[], isComplete: boolean): Ready {
    this.#holdsUnlisted = this.#isComplete && !isComplete;
    return this.#listed(entries, isComplete);
  }

  /** A further page of the list of chats. */
  page(entries: readonly ChatEntry[], isComplete: boolean): Ready {
    return this.#listed(entries, isComplete);
  }

  receive(event: ChatEvent): Ready {
    const ready: Ready = { events: [], holes: [] };
    const { chat, seq } = event;
    if (!this.#tracks.has(chat) && this.#tracks.size >= MAX_TRACKS) return ready;
    const track = this.#tracks.get(chat) ??
      this.#track(chat, this.#holdsUnlisted ? undefined : seq - 1);
    this.#hold(track, event);
    this.#pass(chat, track, ready);
    return ready;
  }

  /** What `history` answered: the first visible events above the hole's `after`, ascending. */
  filled(chat: ChatId, events: readonly ChatEvent[]): Ready {
    const ready: Ready = { events: [], holes: [] };
    const track = this.#tracks.get(chat);
    if (track?.position === undefined) return ready;
    track.isAsked = false;
    const before = track.position;
    for (const event of events) {
      if (event.chat !== chat || event.seq <= track.position) continue;
      track.position = event.seq;
      this.#show(event, ready);
    }
    if (track.position === before) skipHole(track);
    this.#pass(chat, track, ready);
    return ready;
  }

  /** The hole cannot be filled: goes on behind it. */
  unfillable(chat: ChatId): Ready {
    return this.filled(chat, []);
  }

  /** The connection is over: what was held comes again. */
  lost(): void {
    this.#holdsUnlisted = false;
    for (const [chat, track] of this.#tracks) {
      if (track.position === undefined) {
        this.#tracks.delete(chat);
        continue;
      }
      track.held.clear();
      track.isAsked = false;
      track.goal = track.position;
    }
  }

  #track(chat: ChatId, position: number | undefined): Track {
    const track: Track = { position, goal: position ?? 0, held: new Map(), isAsked: false, isGone: false };
    this.#tracks.set(chat, track);
    return track;
  }

  #listed(entries: readonly ChatEntry[], isComplete: boolean): Ready {
    const ready: Ready = { events: [], holes: [] };
    for (const { chat, seq } of entries) {
      const known = this.#tracks.get(chat);
      // New since: everything in it that is mine to see was missed.
      const track = known ?? this.#track(chat, this.#isComplete ? 0 : seq);
      if (known?.position !== undefined && !known.isGone) continue;
      track.position ??= 0;
      track.isGone = false;
      track.goal = Math.max(track.goal, seq);
      this.#pass(chat, track, ready);
    }
    if (isComplete) this.#complete(ready);
    return ready;
  }

  #complete(ready: Ready): void {
    this.#isComplete = true;
    this.#holdsUnlisted = false;
    for (const [chat, track] of this.#tracks) {
      if (track.position !== undefined) continue;
      track.position = Math.min(...track.held.keys()) - 1;
      this.#pass(chat, track, ready);
    }
  }

  #hold(track: Track, event: ChatEvent): void {
    if (event.seq <= (track.position ?? -1)) return;
    track.goal = Math.max(track.goal, event.seq);
    if (track.held.size < MAX_HELD || event.seq === (track.position ?? -1) + 1) {
      track.held.set(event.seq, event);
    }
  }

  /** Shows what is next, as far as it goes, and asks for what is missing then. */
  #pass(chat: ChatId, track: Track, ready: Ready): void {
    if (track.position === undefined) return;
    for (let next; (next = track.held.get(track.position + 1));) {
      track.held.delete(next.seq);
      track.position = next.seq;
      this.#show(next, ready);
    }
    for (const seq of track.held.keys()) if (seq <= track.position) track.held.delete(seq);
    if (track.goal <= track.position || track.isAsked) return;
    track.isAsked = true;
    ready.holes.push({ chat, after: track.position });
  }

  #show(event: ChatEvent, ready: Ready): void {
    ready.events.push(event);
    if (event.kind === "added") this.#added(event.entry, ready);
    if (event.kind === "removed") {
      const track = this.#tracks.get(event.of);
      if (track) track.isGone = true;
    }
  }

  /** A chat is open to this user: its events after `entry.seq` follow. */
  #added({ chat, seq }: ChatEntry, ready: Ready): void {
    const track = this.#tracks.get(chat);
    if (!track) this.#track(chat, seq);
    else if (track.position === undefined || track.isGone) {
      track.position = Math.max(track.position ?? 0, seq);
      track.isGone = false;
      this.#pass(chat, track, ready);
    }
  }
}

/** Moves to the first event that is held; without any, what was said to be there is not. */
function skipHole(track: Track): void {
  const held = [...track.held.keys()].filter((seq) => seq > track.position!);
  if (held.length > 0) track.position = Math.min(...held) - 1;
  else track.goal = track.position!;
}
