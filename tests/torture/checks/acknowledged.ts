/** What was acknowledged is stored, once, where the acknowledgement says; what was refused was refused rightly. */
import type { Deed, Finding, Refused } from "../evidence.ts";
import { type Case, shownAs } from "./case.ts";

export function* acknowledged(facts: Case): Generator<Finding> {
  for (const ack of facts.evidence.acks) {
    const { sender, cid, chat, seq } = ack;
    const stored = facts.stored(sender, cid);
    if (stored.some((event) => event.chat === chat && event.seq === seq)) continue;
    const has = stored.map(shownAs).join("; ") || "nothing with this cid";
    yield { offence: "lost", ...ack, about: `was acknowledged, but the database has ${has}` };
  }
  for (const [first, ...others] of facts.storedTwice) {
    const { chat, seq, from: sender, cid } = first!;
    yield { offence: "doubled", chat, seq, sender, cid, about: `is also ${others.map(shownAs).join("; ")}` };
  }
}

/** What an acknowledged change of membership or of a block must have left in a log. */
const TRACES: { readonly [type: string]: (facts: Case, deed: Deed) => boolean } = {
  group_join: (facts, { chat, by, seq }) => facts.chats.get(chat!)?.memberships.has(by, seq!) ?? false,
  group_leave: (facts, deed) => happened(facts, deed, "leave"),
  group_kick: (facts, deed) => happened(facts, deed, "kick"),
  block: (facts, deed) => holds(facts, deed, true),
  unblock: (facts, deed) => holds(facts, deed, false),
};

export function* done(facts: Case): Generator<Finding> {
  for (const deed of facts.evidence.deeds) {
    const { type, by, chat, seq, user } = deed;
    if (TRACES[type]?.(facts, deed) ?? true) continue;
    const about = `${type} by ${by}${user ? ` of ${user}` : ""} was acknowledged, but no log tells of it`;
    yield { offence: "lost", chat, seq, sender: by, about };
  }
}

/** Between request and answer; a server's clock is read before its commit, and no clock goes back. */
function happened({ chats }: Case, { chat, by, user = by, askedAt, doneAt }: Deed, kind: string): boolean {
  const log = chats.get(chat!)?.log ?? [];
  return log.some((event) =>
    event.kind === kind && event.from === by && event.user === user && askedAt <= event.time &&
    event.time <= doneAt
  );
}

/** It was so at some time between request and answer. */
function holds(facts: Case, { by, user, askedAt, doneAt }: Deed, blocked: boolean): boolean {
  const changes = facts.blocksOf(by).filter((event) => event.user === user && event.time <= doneAt);
  const before = changes.findLast((event) => event.time < askedAt)?.blocked ?? false;
  return before === blocked || changes.some((event) => event.time >= askedAt && event.blocked === blocked);
}

/** The final refusals that a well-behaved client may meet. */
const RIGHTLY: { readonly [type: string]: readonly string[] } = {
  send: ["not_found", "blocked"],
  edit: ["not_found", "blocked", "not_allowed", "limit_reached"],
  delete: ["not_found", "blocked", "not_allowed"],
  history: ["not_found"],
  read: ["not_found", "bad_request"],
  typing: ["not_found"],
  group_join: ["not_found"],
  group_leave: ["not_found"],
  group_kick: ["not_found", "not_allowed"],
  group_invite: ["not_found", "not_allowed", "blocked"],
  group_role: ["not_found", "not_allowed"],
  group_edit: ["not_found", "not_allowed"],
  contact_add: ["blocked"],
};

export function* refused(facts: Case): Generator<Finding> {
  for (const refusal of facts.evidence.refusals) {
    const { type, by: sender, chat, cid, code, retry, askedAt, doneAt } = refusal;
    const place = { chat, sender, cid };
    if (!retry && !(RIGHTLY[type]?.includes(code))) {
      yield { offence: "wrong", ...place, about: `${type} was refused with ${code}` };
    } else if (isMembers(facts, refusal)) {
      const about =
        `send was refused with ${code}, though its sender was a member from ${askedAt} to ${doneAt}`;
      yield { offence: "lost", ...place, about };
    }
  }
}

function isMembers(facts: Case, { type, by, chat, code, askedAt, doneAt }: Refused): boolean {
  if (type !== "send" || code !== "not_found" || chat === undefined) return false;
  return facts.chats.get(chat)?.memberships.lasted(by, askedAt, doneAt) ?? false;
}
