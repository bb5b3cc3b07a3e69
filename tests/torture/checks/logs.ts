/** The logs themselves: numbered without a hole, and holding nothing of somebody who had no right to it. */
import type { Finding } from "../evidence.ts";
import { type Case, type Chat, shownAs } from "./case.ts";

export function* numbered({ chats }: Case): Generator<Finding> {
  for (const { row, log } of chats.values()) {
    const chat = row.id;
    let expected = 1;
    for (const { seq } of log) {
      if (seq > expected) yield { offence: "hole", chat, seq: expected, about: `the log goes on at ${seq}` };
      if (seq < expected) yield { offence: "doubled", chat, seq, about: "the number is given twice" };
      expected = seq + 1;
    }
    const last = log.at(-1)?.seq ?? 0;
    if (row.lastSeq === last) continue;
    yield { offence: "wrong", chat, seq: last, about: `last_seq is ${row.lastSeq}, the log ends at ${last}` };
  }
}

export function* rights(facts: Case): Generator<Finding> {
  for (const chat of facts.chats.values()) {
    yield* members(facts, chat);
    yield* authors(chat);
  }
  yield* blocks(facts);
}

/** The table of members says the same as the log. */
function* members({ evidence }: Case, { row, memberships }: Chat): Generator<Finding> {
  for (const { event, about } of memberships.contradictions) {
    yield { offence: "wrong", ...event, sender: event.from, about };
  }
  const now = memberships.current;
  const rows = evidence.stored.members.filter(({ chat }) => chat === row.id);
  const has = new Map(rows.map(({ user, firstSeq }) => [user, firstSeq]));
  for (const user of new Set([...now.keys(), ...has.keys()])) {
    const [log, table] = [now.get(user), has.get(user)];
    if (log === table) continue;
    const about = `user ${user} is a member from ${log} by the log, from ${table} by the table`;
    yield { offence: "wrong", chat: row.id, about };
  }
}

function* authors({ row, log, memberships }: Chat): Generator<Finding> {
  if (row.kind === "personal") return; // others' requests write there too
  for (const [i, event] of log.entries()) {
    const { chat, seq, from: sender, cid } = event;
    if (memberships.has(sender, seq)) continue;
    const before = log[i - 1];
    // An owner who leaves names the next one in the same transaction.
    if (event.kind === "role" && before?.kind === "leave" && before.from === sender) continue;
    yield { offence: "not a member's", chat, seq, sender, cid, about: `${shownAs(event)}, who is no member` };
  }
}

/** While one of the two blocks the other, their chat stands still. Events of one millisecond may stand either way. */
function* blocks(facts: Case): Generator<Finding> {
  for (const { row, log, memberships } of facts.chats.values()) {
    const pair = [...memberships.current.keys()];
    if (row.kind !== "direct" || pair.length !== 2) continue;
    for (const [user, other] of [pair, pair.toReversed()] as [number, number][]) {
      let since = Infinity;
      for (const { time, blocked } of [...changes(facts, user, other), { time: Infinity, blocked: false }]) {
        if (!blocked) {
          for (const event of log.filter((each) => since < each.time && each.time < time)) {
            const { chat, seq, from: sender, cid } = event;
            const about = `${
              shownAs(event)
            } at ${event.time}, though ${user} blocked ${other} from ${since} to ${time}`;
            yield { offence: "not a member's", chat, seq, sender, cid, about };
          }
        }
        since = blocked ? Math.min(since, time) : Infinity;
      }
    }
  }
}

function changes(facts: Case, user: number, other: number): { time: number; blocked: boolean }[] {
  return facts.blocksOf(user)
    .filter((event) => event.user === other)
    .map(({ time, blocked }) => ({ time, blocked: blocked! }));
}
