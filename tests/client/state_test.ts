import { deepStrictEqual as equal } from "node:assert/strict";
import { State } from "../../lib/client/state.ts";
import type { ChatId, UserId } from "../../lib/protocol/fields.ts";
import { direct, entrance, event, group, text } from "./kit.ts";

const chat = (id: number) => id as ChatId;
const user = (id: number) => id as UserId;

function entered(...chats: object[]): State {
  const state = new State();
  state.enter(entrance(...chats) as never, true);
  return state;
}

Deno.test("unread is what lies above what was read", () => {
  const state = entered(direct(17, 43, 41));
  equal(state.unread(chat(17)), 2);
  state.event(text(17, 44));
  equal(state.unread(chat(17)), 3);
  state.reply("read", { chat: 17, seq: 44 }, {});
  equal(state.unread(chat(17)), 0);
  equal(state.unread(chat(99)), 0);
});

Deno.test("what I write behind what I have read is not unread", () => {
  const state = entered(direct(17, 41));
  state.event(text(17, 42, "mine", 7));
  equal(state.unread(chat(17)), 0);
  state.event(text(17, 43));
  state.event(text(17, 44, "mine", 7));
  equal(state.unread(chat(17)), 2);
});

Deno.test("another device of mine reads; somebody else's reading is theirs", () => {
  const state = entered(direct(17, 43, 41));
  state.hint({ type: "read", chat: chat(17), user: user(12), seq: 43 });
  equal(state.unread(chat(17)), 2);
  state.hint({ type: "read", chat: chat(17), user: user(7), seq: 42 });
  equal(state.unread(chat(17)), 1);
});

Deno.test("groups: coming, going, names and roles", () => {
  const state = entered();
  state.event(event(1, 4, "added", { entry: group(5, 0) }));
  state.event(event(5, 1, "join", { user: 12, name: "bob", role: "member" }));
  state.event(event(5, 2, "group", { name: "walks" }));
  state.event(event(5, 3, "role", { user: 7, role: "admin" }));
  const { name, role, isLeft } = state.chats.get(chat(5))!;
  equal([name, role, isLeft, state.nameOf(user(12))], ["walks", "admin", false, "bob"]);
  state.event(event(1, 5, "removed", { of: 5 }));
  equal(state.chats.get(chat(5))?.isLeft, true);
  state.event(event(1, 6, "added", { entry: group(5, 9) }));
  equal([state.chats.get(chat(5))?.isLeft, state.chats.get(chat(5))?.seq], [false, 9]);
});

Deno.test("contacts come, change and go", () => {
  const state = entered();
  const standing = () => state.contacts.get(user(12));
  state.event(event(1, 4, "contact", { user: 12, name: "bob", state: "incoming" }));
  state.event(event(1, 5, "contact", { user: 12, name: "bob", state: "friend" }));
  state.hint({ type: "presence", user: user(12), online: true });
  equal([standing()?.state, standing()?.online], ["friend", true]);
  state.event(event(1, 6, "block", { user: 12, blocked: true }));
  state.event(event(1, 7, "contact", { user: 12, name: "bob", state: "none" }));
  equal([standing()?.state, standing()?.blocked, standing()?.online], ["none", true, undefined]);
  state.event(event(1, 8, "block", { user: 12, blocked: false }));
  equal(standing(), undefined);
});

Deno.test("names are learnt from answers, and my own changes", () => {
  const state = entered();
  state.reply("find_user", {}, { users: [{ id: user(30), name: "carl" }] });
  state.event(event(1, 4, "profile", { name: "anna" }));
  equal([state.nameOf(user(30)), state.nameOf(user(7)), state.nameOf(user(31))], ["carl", "anna", undefined]);
});

Deno.test("a resume keeps what it does not mention; another log drops it", () => {
  const state = entered(direct(17, 40), direct(18, 2));
  state.enter(entrance(direct(17, 43, 41)) as never, false);
  equal([state.chats.size, state.unread(chat(17))], [3, 2]);
  state.enter(entrance(direct(17, 5)) as never, true);
  equal([state.chats.size, state.chats.get(chat(17))?.seq], [2, 5]);
  state.clear();
  equal([state.me, state.chats.size], [undefined, 0]);
});
