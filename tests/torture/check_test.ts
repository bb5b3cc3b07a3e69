import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { check } from "./check.ts";
import { digestOf } from "./checks/clients.ts";
import type { Ack, EventRow, Evidence, Finding, Shown } from "./evidence.ts";

const [ANN, BOB, EVE] = [1, 2, 3] as const;
/** Personal chats 11 to 13, the direct chat of ann and bob, a group. */
const [DIRECT, GROUP] = [20, 30] as const;

type Draft = Partial<EventRow> & Pick<EventRow, "from" | "kind">;

/** A log from its events; numbers and times follow each other unless they are given. */
function log(chat: number, drafts: readonly Draft[]): EventRow[] {
  return drafts.map((draft, i) => ({
    chat,
    seq: i + 1,
    cid: `${chat}-${i + 1}`,
    time: 100 * (i + 1),
    ...draft,
  }));
}

const GROUP_LOG: readonly Draft[] = [
  { from: ANN, kind: "create" },
  { from: BOB, kind: "join", user: BOB },
  { from: BOB, kind: "text" },
  { from: ANN, kind: "kick", user: BOB },
  { from: ANN, kind: "text" },
  { from: BOB, kind: "join", user: BOB },
  { from: BOB, kind: "text" },
];

interface Logs {
  readonly group?: readonly Draft[];
  readonly direct?: readonly Draft[];
  readonly ann?: readonly Draft[];
}

function stored({ group = GROUP_LOG, direct = [], ann = [] }: Logs = {}): Evidence["stored"] {
  const logs = [log(GROUP, group), log(DIRECT, direct), log(11, ann)];
  const kinds = {
    11: "personal",
    12: "personal",
    13: "personal",
    [DIRECT]: "direct",
    [GROUP]: "group",
  } as const;
  const events = logs.flat();
  const heads = new Map(events.map(({ chat, seq }) => [chat, seq]));
  return {
    events,
    chats: Object.entries(kinds).map(([id, kind]) => ({
      id: Number(id),
      kind,
      lastSeq: heads.get(Number(id)) ?? 0,
    })),
    members: [
      ...[ANN, BOB, EVE].map((user) => ({ chat: 10 + user, user, firstSeq: 1 })),
      ...[ANN, BOB].map((user) => ({ chat: DIRECT, user, firstSeq: 1 })),
      { chat: GROUP, user: ANN, firstSeq: 1 },
      { chat: GROUP, user: BOB, firstSeq: 6 },
    ],
  };
}

const NOTHING: Evidence = {
  stored: stored(),
  acks: [],
  deeds: [],
  refusals: [],
  shown: [],
  pages: [],
  sightings: new Map(),
  oddities: [],
  ghosts: [],
};

/** A client that showed these ranges of the group's log. */
function client(
  user: number,
  ranges: readonly (readonly [number, number])[],
  more: Partial<Shown> = {},
): Shown {
  const runs = new Map([[GROUP as number, ranges.map(([first, last]) => ({ first, last }))]]);
  return { client: `user ${user}`, user, starts: new Map(), runs, resets: 0, isFinal: true, ...more };
}

/** What the checker finds in this evidence, in short. */
function found(evidence: Partial<Evidence>): string[] {
  return check({ ...NOTHING, ...evidence }).map(short);
}

function short({ offence, chat, seq }: Finding): string {
  return [offence, chat, seq].filter((part) => part !== undefined).join(" ");
}

function replaced(index: number, draft: Draft): readonly Draft[] {
  return GROUP_LOG.with(index, draft);
}

Deno.test("a run in which everything held passes", () => {
  const acks: Ack[] = [{ sender: BOB, cid: `${GROUP}-3`, chat: GROUP, seq: 3 }];
  const shown = [
    client(ANN, [[1, 7]]),
    // Kicked at 4, while it was away; a member again from 6 on.
    client(BOB, [[2, 3], [6, 7]]),
    client(BOB, [[7, 7]], { starts: new Map([[GROUP, 6]]) }),
    client(BOB, [[2, 4]], { isFinal: false }),
  ];
  const pages = [{ user: BOB, chat: GROUP, seqs: [6, 7] }];
  const deeds = [
    { type: "group_kick", by: ANN, user: BOB, chat: GROUP, askedAt: 399, doneAt: 401 },
    { type: "group_join", by: BOB, chat: GROUP, seq: 6, askedAt: 1, doneAt: 1_000 },
  ];
  const refusals = [
    { type: "send", by: BOB, chat: GROUP, code: "not_found", retry: false, askedAt: 410, doneAt: 490 },
  ];
  equal(check({ ...NOTHING, acks, shown, pages, deeds, refusals }), []);
});

Deno.test("an acknowledged event that is not there, or elsewhere, is lost", () => {
  const ack = (cid: string, seq: number): Ack => ({ sender: BOB, cid, chat: GROUP, seq });
  equal(found({ acks: [ack("other", 3), ack(`${GROUP}-3`, 7), ack(`${GROUP}-7`, 7)] }), [
    "lost 30 3",
    "lost 30 7",
  ]);
});

Deno.test("one cid in two places, a number given twice, and a missing one are found", () => {
  equal(found({ stored: stored({ group: replaced(6, { from: BOB, kind: "text", cid: `${GROUP}-3` }) }) }), [
    "doubled 30 3",
  ]);
  equal(found({ stored: stored({ group: replaced(6, { from: BOB, kind: "text", seq: 6 }) }) }), [
    "doubled 30 6",
  ]);
  const jump = found({ stored: stored({ group: replaced(6, { from: BOB, kind: "text", seq: 8 }) }) });
  equal(jump, ["hole 30 7"]);
});

Deno.test("a head that is not the log's end is wrong", () => {
  const { chats, ...rest } = stored();
  const moved = chats.map((row) => row.id === GROUP ? { ...row, lastSeq: 8 } : row);
  equal(found({ stored: { ...rest, chats: moved } }), ["wrong 30 7"]);
});

Deno.test("what was shown twice, too late, or with something missing is found", () => {
  const start = new Map([[GROUP as number, 1]]);
  equal(found({ shown: [client(ANN, [[1, 3], [3, 7]])] }), ["doubled 30 3"]);
  equal(found({ shown: [client(ANN, [[1, 3], [5, 7], [4, 4]])] }), ["hole 30 4", "out of order 30 4"]);
  equal(found({ shown: [client(ANN, [[1, 3], [5, 7]])] }), ["hole 30 4"]);
  equal(found({ shown: [client(ANN, [[3, 7]], { starts: start })] }), ["hole 30 2"]);
  equal(found({ shown: [client(ANN, [[2, 7]])] }), ["hole 30 1"]);
  // Membership begins at 6, not at 7.
  equal(found({ shown: [client(BOB, [[2, 4], [7, 7]])] }), ["hole 30 5"]);
});

Deno.test("of a membership that ended while a client fetched it, the end may be all that was shown", () => {
  equal(found({ shown: [client(BOB, [[3, 4], [6, 7]])] }), []);
  equal(found({ shown: [client(BOB, [[3, 3], [6, 7]])] }), ["hole 30 1"]);
  equal(found({ shown: [client(BOB, [[2, 2], [4, 4], [6, 7]])] }), ["hole 30 3"]);
});

Deno.test("a client that lacks the end is found, unless it left before", () => {
  equal(found({ shown: [client(ANN, [[1, 5]])] }), ["lost 30 6"]);
  equal(found({ shown: [client(BOB, [])] }), ["lost 30 6"]);
  equal(found({ shown: [client(BOB, [[2, 4]])] }), ["lost 30 6"]);
  equal(found({ shown: [client(ANN, [[1, 5]], { isFinal: false })] }), []);
  equal(found({ shown: [client(EVE, [])] }), []);
  // Seen, and gone: a crash of the database took it away.
  equal(found({ shown: [client(ANN, [[1, 8]])] }), ["lost 30 8"]);
});

Deno.test("what nobody but members may see is found, in events and in histories", () => {
  equal(found({ shown: [client(BOB, [[2, 7]])] }), ["not a member's 30 5"]);
  equal(found({ shown: [client(EVE, [[2, 3]])] }), ["hole 30 1", "not a member's 30 2"]);
  equal(found({ pages: [{ user: BOB, chat: GROUP, seqs: [5, 6] }] }), ["not a member's 30 5"]);
  equal(found({ pages: [{ user: ANN, chat: GROUP, seqs: [4, 6] }] }), ["hole 30 4"]);
});

Deno.test("an event of somebody who was kicked before is found", () => {
  equal(found({ stored: stored({ group: replaced(4, { from: BOB, kind: "text" }) }) }), [
    "not a member's 30 5",
  ]);
});

Deno.test("an owner who leaves may name the next one", () => {
  const left: Draft[] = [{ from: ANN, kind: "leave", user: ANN }, { from: ANN, kind: "role", user: BOB }];
  const { members, ...rest } = stored({ group: [...GROUP_LOG, ...left] });
  const without = members.filter(({ chat, user }) => chat !== GROUP || user !== ANN);
  equal(found({ stored: { ...rest, members: without } }), []);
  const later = stored({ group: [...GROUP_LOG, left[0]!, { from: BOB, kind: "text" }, left[1]!] });
  equal(found({ stored: { ...later, members: without } }), ["not a member's 30 10"]);
});

Deno.test("a table of members that says something else than the log is wrong", () => {
  const { members, ...rest } = stored();
  const change = (with_: typeof members) => found({ stored: { ...rest, members: with_ } });
  equal(change([...members, { chat: GROUP, user: EVE, firstSeq: 3 }]), ["wrong 30"]);
  equal(change(members.filter(({ chat }) => chat !== GROUP)), ["wrong 30", "wrong 30"]);
  equal(
    found({ stored: stored({ group: replaced(5, { from: EVE, kind: "join", user: ANN }) }) }).length > 0,
    true,
  );
});

Deno.test("a text that got past a block is found, from either side", () => {
  const ann: Draft[] = [
    { from: ANN, kind: "block", user: BOB, blocked: true, time: 200 },
    { from: ANN, kind: "block", user: BOB, blocked: false, time: 400 },
  ];
  const texts = (...times: number[]) => times.map((time): Draft => ({ from: BOB, kind: "text", time }));
  equal(found({ stored: stored({ ann, direct: texts(100, 200, 400, 401) }) }), []);
  equal(found({ stored: stored({ ann, direct: texts(100, 201, 500) }) }), ["not a member's 20 2"]);
  equal(
    found({ stored: stored({ ann: ann.slice(0, 1), direct: [{ from: ANN, kind: "text", time: 999 }] }) }),
    [
      "not a member's 20 1",
    ],
  );
});

Deno.test("an acknowledged kick, leave or block that no log tells of is lost", () => {
  const times = { askedAt: 500, doneAt: 600 };
  const deed = (type: string, more: object) => found({ deeds: [{ type, by: ANN, ...times, ...more }] });
  equal(deed("group_kick", { user: BOB, chat: GROUP }), ["lost 30"]);
  equal(deed("group_leave", { chat: GROUP }), ["lost 30"]);
  equal(deed("group_join", { chat: GROUP, seq: 9, by: EVE }), ["lost 30 9"]);
  equal(deed("block", { user: BOB }), ["lost"]);
  equal(deed("unblock", { user: BOB }), []);
  const ann: Draft[] = [{ from: ANN, kind: "block", user: BOB, blocked: true, time: 200 }];
  const blocked = stored({ ann });
  equal(found({ stored: blocked, deeds: [{ type: "block", by: ANN, user: BOB, ...times }] }), []);
  equal(found({ stored: blocked, deeds: [{ type: "unblock", by: ANN, user: BOB, ...times }] }), ["lost"]);
});

Deno.test("a wrong final refusal is found, one that may pass is none", () => {
  const refusal = { type: "send", by: BOB, chat: GROUP, retry: false, askedAt: 610, doneAt: 690 };
  equal(found({ refusals: [{ ...refusal, code: "bad_token" }] }), ["wrong 30"]);
  equal(found({ refusals: [{ ...refusal, code: "unavailable", retry: true }] }), []);
  // Bob is a member from 600 on, and was none until then.
  equal(found({ refusals: [{ ...refusal, code: "not_found" }] }), ["lost 30"]);
  equal(found({ refusals: [{ ...refusal, code: "not_found", askedAt: 590 }] }), []);
});

Deno.test("other contents, resets, ghosts and whatever else was odd are found", () => {
  const [event] = log(GROUP, GROUP_LOG);
  const sightings = (digest: number) => new Map([[GROUP as number, new Map([[1, digest]])]]);
  equal(found({ sightings: sightings(digestOf(event!)) }), []);
  equal(found({ sightings: sightings(digestOf({ ...event!, cid: "x" })) }), ["wrong 30 1"]);
  equal(found({ shown: [client(ANN, [[1, 7]], { resets: 1 })] }), ["wrong"]);
  equal(found({ ghosts: [BOB], oddities: [{ what: "a server crashed" }] }), ["ghost", "wrong"]);
  ok(check({ ...NOTHING, ghosts: [BOB] })[0]!.about.includes("user 2"));
});
