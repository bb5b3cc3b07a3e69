import { deepStrictEqual as equal } from "node:assert/strict";
import { eventLines, hintLines } from "../../lib/client/view/events.ts";
import {
  chatLines,
  contactLines,
  groupInfoLines,
  groupLines,
  sessionLines,
  userLines,
  welcomeLines,
} from "../../lib/client/view/lists.ts";
import { columns, when } from "../../lib/client/view/names.ts";
import { printable, printableLines } from "../../lib/client/view/printable.ts";
import { State } from "../../lib/client/state.ts";
import { EVENT_KINDS } from "../../lib/protocol/events.ts";
import { type ChatEvent, readEvent } from "../../lib/client/events.ts";
import { direct, entrance, event, group, text } from "./kit.ts";

const NOW = new Date(2026, 10, 21, 14, 2).getTime();
const EVIL = "\x1b]0;owned\x07\x9b2J\u202eabc\r\u2028\ud800";

function known(): State {
  const state = new State();
  state.enter(entrance(direct(17, 40), group(5, 9)) as never, true);
  return state;
}

function lines(event: ChatEvent, open?: number, state = known()): string[] {
  return eventLines({ ...event, time: NOW } as ChatEvent, { state, open: open as never, now: NOW });
}

/** Whether a terminal could be steered by it. */
function isSafe(line: string): boolean {
  // deno-lint-ignore no-control-regex -- these are what it looks for
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/u.test(line) && line.isWellFormed();
}

Deno.test("control characters become visible", () => {
  equal(printable("a\x1b[2Jb"), "a␛[2Jb");
  equal(printable("\0\t\x7f"), "␀␉␡");
  equal(printable("\x9b\u202e\u2066"), "<U+009B><U+202E><U+2066>");
  equal(printable("世界 🙂 é"), "世界 🙂 é");
  equal(printableLines("a\r\nb\nc\rd"), ["a", "b", "c␍d"]);
});

Deno.test("a text says when, where and who", () => {
  equal(lines(text(17, 41, "hi")), ["14:02 [bob] ^41 bob: hi"]);
  equal(lines(text(17, 41, "hi"), 17), ["14:02 ^41 bob: hi"]);
  equal(lines(text(5, 10, "hi", 99), 5), ["14:02 ^10 @99: hi"]);
  equal(lines(text(88, 1, "hi")), ["14:02 [#88] ^1 bob: hi"]);
});

Deno.test("further lines of a text cannot pass for messages", () => {
  equal(lines(text(17, 41, "a\n14:02 ^42 ann: b"), 17), [
    "14:02 ^41 bob: a",
    "      │ 14:02 ^42 ann: b",
  ]);
});

Deno.test("edits and deletions are said", () => {
  equal(lines(event(17, 42, "edit", { target: 41, text: "ho" }), 17), ["14:02 -- ann edited ^41: ho"]);
  equal(lines(event(17, 43, "delete", { target: 41 }), 17), ["14:02 -- ann deleted ^41"]);
  equal(lines(event(17, 41, "text", { deleted: 43 }), 17), ["14:02 ^41 ann: (deleted)"]);
  equal(lines(event(17, 41, "text", { text: "hi", edits: [42] }), 17), ["14:02 ^41 ann: hi (edited)"]);
});

Deno.test("what happens in groups and to oneself is said", () => {
  equal(lines(event(5, 10, "join", { user: 12, name: "bob", role: "member" }, 12), 5), [
    "14:02 -- bob joined",
  ]);
  equal(lines(event(5, 10, "join", { user: 12, name: "bob", role: "member" }), 5), [
    "14:02 -- ann added bob",
  ]);
  equal(lines(event(5, 11, "group", { name: "walks", public: true }), 5), [
    "14:02 -- the group is called walks now, is public now (ann)",
  ]);
  equal(lines(event(1, 4, "added", { entry: { ...group(6, 3), name: "hiking club" } })), [
    "14:02 -- you are in the group hiking club (#6) as a member: /open #6",
  ]);
  equal(lines(event(1, 4, "added", { entry: direct(18, 0) })), []);
  equal(lines(event(1, 4, "contact", { user: 12, name: "bob", state: "incoming" })), [
    "14:02 -- bob asks to be your friend: /accept bob",
  ]);
  equal(lines({ ...text(17, 41), kind: "unknown", was: "poll" } as ChatEvent), []);
  equal(hintLines({ type: "presence", user: 12, online: true } as never, known()), ["-- bob is online"]);
});

Deno.test("whatever the network sends, nothing steers the terminal", () => {
  const fields = {
    name: EVIL,
    text: EVIL,
    description: EVIL,
    device: EVIL,
    public: true,
    role: "owner",
    user: 12,
    of: 5,
    blocked: true,
    state: "incoming",
    target: 1,
    session: 1,
    ended: [1],
    entry: { ...group(6, 3), name: EVIL },
  };
  const state = known();
  state.learn([{ id: 7 as never, name: EVIL }, { id: 12 as never, name: EVIL }]);
  for (const kind of Object.keys(EVENT_KINDS)) {
    const shown = lines({ ...event(5, 10, kind, fields), text: EVIL } as ChatEvent, undefined, state);
    equal(shown.filter((line) => !isSafe(line)), [], kind);
  }
  const user = { id: 12, name: EVIL };
  const lists = [
    userLines([user] as never),
    contactLines([{ user, state: "friend", blocked: false }] as never),
    chatLines([{ ...group(5, 9), name: EVIL }, { ...direct(17, 9), user }] as never),
    groupLines([{ chat: 5, name: EVIL, description: EVIL, public: true, members: 1 }] as never),
    groupInfoLines(
      {
        group: { chat: 5, name: EVIL, description: EVIL, public: true, members: 1 },
        members: [{ user, role: "owner" }],
      } as never,
    ),
    sessionLines({ sessions: [{ session: 1, device: EVIL, created: 1, used: 1, current: true }] } as never),
    welcomeLines(
      {
        user,
        chats: [{ ...group(5, 9, 1), name: EVIL }],
        contacts: [{ user, state: "incoming", blocked: false }],
      } as never,
    ),
  ];
  equal(lists.flat().filter((line) => !isSafe(line)), []);
});

Deno.test("an event whose fields are not its kind's says nothing", () => {
  const odd = readEvent({ ...event(5, 10, "join", { user: "bob" }) });
  equal([odd?.kind, lines(odd!)], ["unknown", []]);
});

Deno.test("a time of another day has its date", () => {
  const day = new Date(2025, 0, 2, 3, 4).getTime();
  equal([when(day, NOW), when(NOW, NOW)], ["2025-01-02 03:04", "14:02"]);
});

Deno.test("columns are as wide as their widest cell", () => {
  equal(columns([["a", "bb", ""], ["aaa", "b", "c"]]), ["a    bb", "aaa  b   c"]);
});
