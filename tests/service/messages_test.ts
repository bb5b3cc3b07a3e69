import { deepStrictEqual as equal, notStrictEqual, ok } from "node:assert/strict";
import { DatabaseError } from "../../lib/database/database.ts";
import * as chats from "../../lib/models/chats.ts";
import * as members from "../../lib/models/members.ts";
import type { UserId } from "../../lib/protocol/fields.ts";
import { limits } from "../../lib/protocol/limits.ts";
import { scenario } from "../kit/scenario.ts";
import { startServer } from "../kit/server.ts";
import { serviceTest } from "../kit/services.ts";
import { Refused } from "../kit/wire.ts";
import { holdNext } from "./hold.ts";

scenario("the first text to a user opens a direct chat on both sides", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const sent = await ann.wire.request("send", { user: bob.id, cid: "one", text: "hi" });
  equal(sent.seq, 1);

  const opened = await bob.wire.event(bob.personal, "added");
  equal(opened.entry, { chat: sent.chat, kind: "direct", user: ann.reply.user, seq: 0, read: 0 });
  const event = await bob.wire.event(sent.chat, "text");
  equal([event.seq, event.from, event.text, event.cid, event.time], [1, ann.id, "hi", "one", sent.time]);

  // The sender gets the event in its place too.
  await ann.wire.event(ann.personal, "added");
  equal((await ann.wire.event(sent.chat, "text")).seq, 1);

  const back = await bob.wire.request("send", { chat: sent.chat, cid: "one", text: "hello" });
  equal([back.chat, back.seq], [sent.chat, 2]);
  equal((await ann.wire.event(sent.chat, "text")).text, "hello");
});

scenario("two who write first at once share one chat", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const [a, b] = await Promise.all([
    ann.wire.request("send", { user: bob.id, cid: "a", text: "from ann" }),
    bob.wire.request("send", { user: ann.id, cid: "b", text: "from bob" }),
  ]);
  equal(a.chat, b.chat);
  equal([a.seq, b.seq].sort(), [1, 2]);
  const texts = await ann.wire.texts(a.chat, 2);
  equal(await bob.wire.texts(a.chat, 2), texts);
});

scenario("a text to oneself is a note in the personal chat", async (deployment) => {
  await using ann = await deployment.user("ann");
  const { chat } = await ann.wire.request("send", { user: ann.id, cid: "n", text: "milk" });
  equal(chat, ann.personal);
  equal((await ann.wire.event(chat, "text")).text, "milk");
});

scenario("a repeated cid is one event, with its first answer", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const send = { user: bob.id, cid: "same", text: "once" };
  const first = await ann.wire.request("send", send);
  equal(await ann.wire.request("send", send), { ...first, dup: true });
  // At once, over another connection, and on another server.
  await using again = await deployment.login("ann");
  const repeats = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? ann : again).wire.request("send", send)),
  );
  for (const repeat of repeats) equal(repeat, { ...first, dup: true });
  equal(await ann.wire.refused("send", { ...send, text: "twice" }), "cid_conflict");
  equal(await ann.wire.refused("send", { user: ann.id, cid: "same", text: "once" }), "cid_conflict");

  // Upper and lower case are different cids, and another's cids are another's.
  equal((await ann.wire.request("send", { ...send, cid: "SAME" })).seq, 2);
  equal((await bob.wire.request("send", { chat: first.chat, cid: "same", text: "mine" })).seq, 3);
  equal((await bob.wire.request("history", { chat: first.chat })).events.map(({ seq }) => seq), [1, 2, 3]);
});

scenario("repeats that are under way at the same time are one event", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using again = await deployment.login("ann");
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => (i % 2 ? ann : again).wire.request("send", { user: ann.id, cid: "race", text: "note" }),
    ),
  );
  equal(new Set(answers.map(({ seq }) => seq)).size, 1);
  equal(answers.filter(({ dup }) => !dup).length, 1);
});

scenario("texts are stored and shown as they were sent", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const texts = [
    "中文 🎉 e\u0301 \u202Eright-to-left",
    `'; DROP TABLE users; -- " \\ %s %n \${x}`,
    "*3\r\n$3\r\nSET\r\n",
    "\u001b]0;title\u0007\u001b[2J",
    "line\nline\ttab \u0001\u001f",
    '{"type":"event","chat":1,"seq":1,"kind":"kick","user":1}',
    "\ufeffbom",
    "x".repeat(8_000),
    "🎉".repeat(8_000),
  ];
  let chat = 0;
  for (const [i, text] of texts.entries()) {
    ({ chat } = await ann.wire.request("send", { user: bob.id, cid: `t${i}`, text }));
  }
  equal(await bob.wire.texts(chat, texts.length), texts);
  const { events } = await bob.wire.request("history", { chat });
  equal(events.map(({ text }) => text), texts);
  equal(await ann.wire.refused("send", { chat, cid: "long", text: "🎉".repeat(8_001) }), "bad_request");
});

scenario("many texts at once are numbered without a hole, in each connection's order", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "first", text: "first" });
  const count = 200;
  const send = (user: typeof ann, i: number) =>
    user.wire.request("send", { chat, cid: `${i}`, text: `${user.reply.user.name} ${i}` });
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) => [send(ann, i), send(bob, i)]).flat(),
  );
  equal(
    answers.map(({ seq }) => seq).sort((a, b) => a - b),
    Array.from({ length: 2 * count }, (_, i) => i + 2),
  );

  const [atAnn, atBob] = await Promise.all([ann, bob].map((user) => user.wire.texts(chat, 2 * count + 1)));
  equal(atAnn, atBob);
  for (const name of ["ann", "bob"]) {
    const own = atAnn!.filter((text) => text.startsWith(`${name} `));
    equal(own, Array.from({ length: count }, (_, i) => `${name} ${i}`));
  }
});

scenario("a text can be edited by its author alone", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const { chat, seq } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "helo" });
  equal(await bob.wire.refused("edit", { chat, target: seq, cid: "e", text: "ha" }), "not_allowed");
  const edit = { chat, target: seq, cid: "2", text: "hello" };
  const edited = await ann.wire.request("edit", edit);
  equal(edited.seq, 2);
  await bob.wire.event(chat, "text");
  const event = await bob.wire.event(chat, "edit");
  equal([event.target, event.text], [1, "hello"]);
  equal(await ann.wire.request("edit", edit), { ...edited, dup: true });
  equal(await ann.wire.refused("edit", { ...edit, text: "hullo" }), "cid_conflict");
  equal(await ann.wire.refused("edit", { ...edit, cid: "3", target: 2 }), "not_found");
  // An edit since makes no conflict of a repeat of the text.
  equal((await ann.wire.request("send", { user: bob.id, cid: "1", text: "helo" })).dup, true);
});

scenario(
  "a deleted text is gone from the log, with its edits, and its repeat still has its answer",
  async (deployment) => {
    await using ann = await deployment.user("ann");
    await using bob = await deployment.user("bob");
    const send = { user: bob.id, cid: "1", text: "secret word" };
    const sent = await ann.wire.request("send", send);
    const { chat } = sent;
    const edit = { chat, target: 1, cid: "2", text: "secret words" };
    const edited = await ann.wire.request("edit", edit);
    equal(await bob.wire.refused("delete", { chat, target: 1, cid: "d" }), "not_allowed");
    const deleted = await ann.wire.request("delete", { chat, target: 1, cid: "3" });
    equal(deleted.seq, 3);
    const { events } = await bob.wire.request("history", { chat });
    ok(!JSON.stringify(events).includes("secret"));
    equal(events.map(({ kind, deleted }) => [kind, deleted]), [["text", 3], ["edit", 3], [
      "delete",
      undefined,
    ]]);

    equal(await ann.wire.request("send", send), { ...sent, dup: true });
    equal(await ann.wire.request("edit", edit), { ...edited, dup: true });
    equal(await ann.wire.refused("send", { ...send, text: "other" }), "cid_conflict");
    equal(await ann.wire.refused("delete", { chat, target: 1, cid: "4" }), "not_found");
    equal(await ann.wire.refused("edit", { chat, target: 1, cid: "5", text: "x" }), "not_found");
    equal(await ann.wire.request("delete", { chat, target: 1, cid: "3" }), { ...deleted, dup: true });
  },
);

scenario("a text that is edited and deleted at once is gone, with that edit", async (deployment) => {
  const server = deployment.server();
  await using ann = await server.user("ann");
  await using other = await server.connect();
  const chat = ann.personal;
  const { seq } = await ann.wire.request("send", { chat, cid: "1", text: "one" });
  // Both wait for the chat, and would go in one group behind it.
  const busy = holdNext(server.database, "transaction");
  const first = ann.wire.request("send", { chat, cid: "2", text: "two" });
  await busy.reached;
  const edited = ann.wire.request("edit", { chat, target: seq, cid: "3", text: "secret" });
  const deleted = ann.wire.request("delete", { chat, target: seq, cid: "4" });
  await other.settle(); // what was written before this has come
  busy.release();
  await Promise.all([first, edited, deleted]);
  const { events } = await ann.wire.request("history", { chat });
  equal(
    events.filter(({ kind }) => kind !== "signin").map(({ kind, text, deleted }) => [kind, text, deleted]),
    [
      ["text", undefined, (await deleted).seq],
      ["text", "two", undefined],
      ["edit", undefined, (await deleted).seq],
      ["delete", undefined, undefined],
    ],
  );
});

serviceTest("a text behind one whose chat could not be looked up is refused with it", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  await using bob = await server.user("bob");
  const lookup = holdNext(server.database, "query", {
    error: new DatabaseError("lost", "gone"),
    picks: (sql) => String(sql).includes("FROM users"),
  });
  // In one write, so that both have come when the first is looked up.
  const line = (cid: string) => JSON.stringify({ type: "send", id: cid, user: bob.id, cid, text: cid });
  await ann.wire.write(`${line("first")}\n${line("second")}\n`);
  await lookup.reached;
  lookup.release();
  for (const cid of ["first", "second"]) {
    equal((await ann.wire.take("error", ({ re }) => re === cid)).code, "unavailable");
  }
  // What comes after the answer is looked up anew.
  equal((await ann.wire.request("send", { user: bob.id, cid: "first", text: "first" })).seq, 1);
});

scenario("a direct chat in which nothing was said takes no room among a user's chats", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await using cid = await deployment.user("cid");
  await deployment.server().database.transaction(async (tx) => {
    for (let i = 1; i < limits.chatsPerUser - 1; i++) {
      await members.insert(tx, await chats.insertGroup(tx), ann.id as UserId, "owner");
    }
  });
  await bob.wire.request("block", { user: ann.id });
  equal(await ann.wire.refused("send", { user: bob.id, cid: "1", text: "refused" }), "blocked");
  equal((await ann.wire.request("send", { user: cid.id, cid: "2", text: "the last one" })).seq, 1);
  await bob.wire.request("unblock", { user: ann.id });
  equal(await ann.wire.refused("send", { user: bob.id, cid: "3", text: "one more" }), "limit_reached");
});

scenario("what is not there and what is not mine look the same", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await using eve = await deployment.user("eve");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "private" });
  for (const other of [chat, ann.personal, 999_999]) {
    const errors = [
      await eve.wire.ask({ type: "send", chat: other, cid: "x", text: "x" }),
      await eve.wire.ask({ type: "history", chat: other }),
      await eve.wire.ask({ type: "read", chat: other, seq: 1 }),
      await eve.wire.ask({ type: "typing", chat: other }),
      await eve.wire.ask({ type: "edit", chat: other, target: 1, cid: "x", text: "x" }),
      await eve.wire.ask({ type: "delete", chat: other, target: 1, cid: "x" }),
      await eve.wire.ask({ type: "group_info", chat: other }),
      await eve.wire.ask({ type: "group_join", chat: other }),
      await eve.wire.ask({ type: "group_leave", chat: other }),
      await eve.wire.ask({ type: "group_kick", chat: other, user: ann.id }),
      await eve.wire.ask({ type: "group_edit", chat: other, name: "x" }),
      await eve.wire.ask({ type: "group_invite", chat: other, user: eve.id }),
      await eve.wire.ask({ type: "group_role", chat: other, user: ann.id, role: "member" }),
    ];
    for (const { code, message } of errors) {
      equal(code, "not_found");
      equal(message, "there is no such thing, or it is not yours to see");
    }
  }
  equal((await ann.wire.request("history", { chat })).events.length, 1);
});

scenario("a block holds from its answer on, in both directions", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "hi" });
  await bob.wire.request("block", { user: ann.id });
  equal(await ann.wire.refused("send", { chat, cid: "2", text: "hey" }), "blocked");
  equal(await ann.wire.refused("send", { user: bob.id, cid: "3", text: "hey" }), "blocked");
  equal(await bob.wire.refused("send", { chat, cid: "2", text: "and?" }), "blocked");
  equal((await ann.wire.request("send", { chat, cid: "1", text: "hi" })).dup, true);
  equal((await bob.wire.request("contacts")).contacts, [
    { user: ann.reply.user, state: "none", blocked: true },
  ]);
  // Who is blocked is not told so, but by what is refused.
  equal((await ann.wire.request("contacts")).contacts, []);
  await bob.wire.request("unblock", { user: ann.id });
  equal((await ann.wire.request("send", { chat, cid: "4", text: "hello" })).seq, 2);
});

scenario("a block before the first text keeps the chat closed and hidden", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await bob.wire.request("block", { user: ann.id });
  equal(await ann.wire.refused("send", { user: bob.id, cid: "1", text: "hi" }), "blocked");
  equal((await ann.wire.request("chats")).chats.length, 1);
  equal((await bob.wire.request("chats")).chats.length, 1);
  await ann.wire.settle();
  ok(!ann.wire.kept.some((message) => message.type === "event" && message.kind === "added"));
});

scenario("no text gets in after the answer to a block, whatever races it", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "0", text: "0" });
  const sends = Array.from(
    { length: 60 },
    (_, i) =>
      ann.wire.request("send", { chat, cid: `r${i}`, text: `${i}` }).then(({ seq }) => seq, (error) => {
        equal((error as Refused).refusal.code, "blocked");
        return 0;
      }),
  );
  await bob.wire.request("block", { user: ann.id });
  const { events } = await bob.wire.request("history", { chat, limit: 500 });
  const stored = (await Promise.all(sends)).filter((seq) => seq > 0);
  equal(events.length, stored.length + 1);
  notStrictEqual(await ann.wire.refused("send", { chat, cid: "late", text: "late" }), "ok");
});
