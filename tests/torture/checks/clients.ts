/** What each client showed: everything that is its user's to see, once, in the log's order, and nothing else. */
import type { ChatRow, Finding, Run, Shown } from "../evidence.ts";
import { hash } from "../payload.ts";
import type { Case, Chat } from "./case.ts";

export function* clients(facts: Case): Generator<Finding> {
  for (const shown of facts.evidence.shown) {
    if (shown.resets > 0) {
      yield {
        offence: "wrong",
        about: `${shown.client} was told ${shown.resets} × that the log is another one`,
      };
    }
    for (const [id, runs] of shown.runs) {
      const chat = facts.chats.get(id);
      if (chat) yield* ordered(shown, chat, runs);
      else yield { offence: "wrong", chat: id, about: `${shown.client} saw a chat that is not there` };
    }
    if (shown.isFinal) { for (const chat of facts.chats.values()) yield* complete(shown, chat); }
  }
}

function* ordered(shown: Shown, { row, memberships }: Chat, runs: readonly Run[]): Generator<Finding> {
  const { client, user } = shown;
  const chat = row.id;
  const start = shown.starts.get(chat);
  const all = `${client} showed ${describe(runs)} after ${
    start ?? "no start"
  }, the log ends at ${row.lastSeq}`;
  let last = start;
  for (const [i, { first, last: end }] of runs.entries()) {
    const isDoubled = runs.slice(0, i).some((run) => run.first <= end && first <= run.last);
    if (isDoubled) yield { offence: "doubled", chat, seq: first, about: all };
    else if (last !== undefined && first <= last) {
      yield { offence: "out of order", chat, seq: first, about: all };
    } else if (
      first !== (last ?? NaN) + 1 && !memberships.begins(user, first) &&
      !memberships.ends(user, first, end, last ?? 0)
    ) {
      yield { offence: "hole", chat, seq: (last ?? 0) + 1, about: all };
    }
    for (let seq = first; seq <= end; seq++) {
      if (memberships.has(user, seq)) continue;
      yield { offence: "not a member's", chat, seq, about: `${all}; user ${user} was no member at ${seq}` };
      break;
    }
    if (end > row.lastSeq) yield { offence: "lost", chat, seq: end, about: all };
    last = Math.max(last ?? 0, end);
  }
}

/** How many events of a chat this client still has to show, where its user may see it from `first` on. */
export function missing(
  { starts, runs }: Pick<Shown, "starts" | "runs">,
  { id, lastSeq }: ChatRow,
  first: number,
): number {
  const last = runs.get(id)?.reduce((max, run) => Math.max(max, run.last), 0) ?? 0;
  return Math.max(0, lastSeq - Math.max(first - 1, starts.get(id) ?? 0, last));
}

function* complete(shown: Shown, { row, memberships }: Chat): Generator<Finding> {
  const first = memberships.current.get(shown.user);
  const count = first === undefined ? 0 : missing(shown, row, first);
  if (count === 0) return;
  const { id: chat, lastSeq } = row;
  const has = describe(shown.runs.get(chat) ?? []);
  const about = `${shown.client} lacks ${count} events at its end: it has ${has}, the log ends at ${lastSeq}`;
  yield { offence: "lost", chat, seq: lastSeq - count + 1, about };
}

export function* pages(facts: Case): Generator<Finding> {
  for (const { user, chat, seqs } of facts.evidence.pages) {
    const memberships = facts.chats.get(chat)?.memberships;
    const place = { chat, seq: seqs[0], about: `user ${user} got a history of ${seqs.join(" ")}` };
    if (seqs.some((seq, i) => i > 0 && seq !== seqs[i - 1]! + 1)) yield { offence: "hole", ...place };
    if (seqs.some((seq) => !memberships?.has(user, seq))) yield { offence: "not a member's", ...place };
  }
}

/** What was shown is what is stored, for everybody the same. */
export function* contents({ chats, evidence }: Case): Generator<Finding> {
  for (const { log } of chats.values()) {
    for (const event of log) {
      const seen = evidence.sightings.get(event.chat)?.get(event.seq);
      if (seen === undefined || seen === digestOf(event)) continue;
      const { chat, seq, from: sender, cid } = event;
      yield { offence: "wrong", chat, seq, sender, cid, about: "a client was shown something else" };
    }
  }
}

export function digestOf(
  event: { readonly kind: string; readonly from: number; readonly cid: string; readonly time: number },
): number {
  const { kind, from, cid, time } = event;
  return hash(`${kind} ${from} ${cid} ${time}`);
}

/** The last ones: what is wrong at the end matters most. */
function describe(runs: readonly Run[]): string {
  if (runs.length === 0) return "nothing";
  const ranges = runs.slice(-8).map(({ first, last }) => first === last ? `${first}` : `${first}–${last}`);
  return `${runs.length > 8 ? "… " : ""}${ranges.join(" ")}`;
}
