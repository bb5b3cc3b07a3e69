/** Waits until nothing is under way: every outbox empty, every client at the head of each of its chats. */
import { pause } from "../../lib/service/pause.ts";
import { missing } from "./checks/clients.ts";
import type { Load } from "./load.ts";
import { type Heads, type Query, readHeads } from "./stored.ts";

const POLL_MS = 250;
/** Quiet is what stays so: what a connection that is lost had asked for may still be under way at a server. */
const SETTLE_MS = 2_000;

export interface Outcome {
  readonly isQuiet: boolean;
  /** How long it took. */
  readonly ms: number;
  readonly left: string;
}

/** Whether it became quiet in time; `left` says what was still to come. */
export async function quiet(load: Load, query: Query, timeoutMs: number): Promise<Outcome> {
  const began = performance.now();
  let since = began;
  let before = "";
  while (true) {
    const heads = await readHeads(query, load.scope);
    const left = whatIsLeft(load, heads);
    const logs = heads.chats.map(({ id, lastSeq }) => `${id}:${lastSeq}`).join(" ");
    const now = performance.now();
    if (left !== "" || logs !== before) since = now;
    before = logs;
    if (now - since >= SETTLE_MS) return { isQuiet: true, ms: since - began, left };
    if (now - began > timeoutMs + SETTLE_MS) return { isQuiet: false, ms: now - began, left };
    await pause(POLL_MS);
  }
}

function whatIsLeft(load: Load, { chats, members }: Heads): string {
  const offline = load.devices.filter(({ isOnline }) => !isOnline).length;
  const unsent = load.devices.reduce((sum, { client }) => sum + (client?.unacknowledged ?? 0), 0);
  const views = [...load.devices, ...load.witnesses].flatMap(({ view }) => view ? [view] : []);
  const rows = new Map(chats.map((row) => [row.id, row]));
  let behind = 0;
  for (const { user, chat, firstSeq } of members) {
    for (const view of views) if (view.user === user) behind += missing(view, rows.get(chat)!, firstSeq);
  }
  const { pending } = load;
  if (offline + unsent + behind + pending === 0) return "";
  return `${offline} devices not connected, ${unsent} requests not acknowledged, ${pending} not answered, ` +
    `${behind} events not shown`;
}
