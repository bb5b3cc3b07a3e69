/** What the protocol client promises, with a server that a test plays. */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { direct, entrance, event, group, ME, settled, Stage, text, TOKEN } from "./kit.ts";

const STORED = { chat: 17, seq: 41, time: 5 };

Deno.test("an answer moves no position, the event does", async () => {
  using stage = await Stage.online(direct(17, 40));
  const sent = stage.client.send({ chat: 17 }, "hi", "cid-1");
  await stage.peer.answer("send", STORED);
  equal(await sent, STORED);
  equal(stage.client.saved?.have, { 1: 3, 17: 40 });
  await stage.peer.send(text(17, 41, "hi", ME.id));
  equal(stage.client.saved?.have, { 1: 3, 17: 41 });
});

Deno.test("events directly behind the answer to a login are not taken for old ones", async () => {
  using stage = new Stage();
  await stage.client.connect();
  void stage.client.login({ name: "ann", password: "secret-secret" });
  const { id } = await stage.peer.take("login");
  await stage.peer.send({ type: "ok", re: id, ...entrance(direct(17, 40)) }, text(17, 40), text(17, 41));
  equal(stage.shown, ["17:41"]);
});

Deno.test("a lost connection is resumed with what is there, and shows the rest once", async () => {
  using stage = await Stage.online(direct(17, 40));
  await stage.peer.send(text(17, 41));
  await stage.reconnect();
  const resume = await stage.peer.take("resume");
  equal(resume, { token: TOKEN, epoch: "e1", have: { 1: 3, 17: 41 }, type: "resume", id: 1 });
  const answer = { type: "ok", re: 1, ...entrance(direct(17, 43)) };
  await stage.peer.send(answer, text(17, 41), text(17, 42), text(17, 43));
  equal(stage.shown, ["17:41", "17:42", "17:43"]);
  equal(stage.statuses, ["connecting", "guest", "online", "offline", "online"]);
});

Deno.test("what was not acknowledged is sent again after the resume, with the same cid, in its order", async () => {
  using stage = await Stage.online(direct(17, 40));
  const sent = ["a", "b", "c"].map((cid) => stage.client.send({ chat: 17 }, cid, cid));
  await stage.peer.answer("send", STORED);
  await stage.reconnect();
  await stage.peer.answer("resume", entrance());
  equal(stage.peer.received.map(({ type, cid }) => `${type} ${cid}`), ["send b", "send c"]);
  await stage.peer.answer("send", { ...STORED, seq: 42, dup: true });
  await stage.peer.answer("send", { ...STORED, seq: 43 });
  equal((await Promise.all(sent)).map(({ seq }) => seq), [41, 42, 43]);
});

Deno.test("what is sent while there is no connection goes out when there is one", async () => {
  using stage = await Stage.online(direct(17, 40));
  stage.server.isDown = true;
  await stage.reconnect();
  const sent = stage.client.send({ chat: 17 }, "later", "later");
  const created = stage.client.request("group_create", { name: "hiking" });
  const found = stage.client.request("find_user", { name: "bo" });
  equal(stage.client.unacknowledged, 2);
  stage.server.isDown = false;
  await stage.clock.advance(10_000);
  await stage.peer.answer("resume", entrance());
  await stage.peer.answer("send", STORED);
  const { cid } = await stage.peer.answer("group_create", { chat: 5 });
  await stage.peer.answer("find_user", { users: [] });
  await Promise.all([sent, created, found, stage.client.drained()]);
  equal(String(cid).match(/^[A-Za-z0-9_-]{22}$/)?.length, 1);
});

Deno.test("texts to a user and to their direct chat keep one order", async () => {
  using stage = await Stage.online(direct(17, 40));
  void stage.client.send({ user: 12 }, "first", "first");
  void stage.client.send({ chat: 17 }, "second", "second").catch(() => {});
  await stage.peer.refuse("send", "busy", true);
  await stage.peer.refuse("send", "busy", true);
  await stage.clock.advance(500);
  equal(stage.peer.received.map(({ cid }) => cid), ["first"]);
  await stage.peer.answer("send", STORED);
  equal(stage.peer.received.map(({ cid }) => cid), ["second"]);
  await stage.peer.answer("send", STORED);
});

Deno.test("a hole is filled from history before what follows it is shown", async () => {
  using stage = await Stage.online(direct(17, 40));
  await stage.peer.send(text(17, 42), text(17, 43));
  const { chat, after } = await stage.peer.answer("history", { events: [text(17, 41)], more: true });
  equal([chat, after, stage.shown], [17, 40, ["17:41", "17:42", "17:43"]]);
});

Deno.test("a hole that cannot be filled at the moment is asked for again; one that never can is passed", async () => {
  using stage = await Stage.online(direct(17, 40));
  await stage.peer.send(text(17, 42));
  await stage.peer.refuse("history", "unavailable", true);
  equal(stage.shown, []);
  await stage.clock.advance(1_000);
  await stage.peer.refuse("history", "not_found");
  equal(stage.shown, ["17:42"]);
});

Deno.test("another log: the copy is dropped, and it goes on from the new heads", async () => {
  using stage = await Stage.online(direct(17, 40), direct(18, 2));
  let resets = 0;
  stage.client.on("reset", () => resets++);
  await stage.reconnect();
  await stage.peer.answer("resume", { ...entrance(direct(17, 5)), epoch: "e2", reset: true });
  await stage.peer.send(text(17, 6));
  equal([resets, stage.shown, stage.client.state.chats.has(18 as never)], [1, ["17:6"], false]);
  equal(stage.client.saved?.epoch, "e2");
});

Deno.test("another log: what is not acknowledged is not sent there, whose numbers are others", async () => {
  using stage = await Stage.online(direct(17, 40));
  const sending = rejects(stage.client.send({ chat: 17 }, "for those in 17"), { code: "other_database" });
  await stage.reconnect();
  await stage.peer.answer("resume", { ...entrance(direct(17, 5)), epoch: "e2", reset: true });
  await sending;
  equal(stage.client.unacknowledged, 0);
});

Deno.test("bye tells how long to stay away", async () => {
  using stage = await Stage.online();
  await stage.peer.send({ type: "bye", reason: "draining", retry_ms: 7_000 });
  equal(stage.client.status, { phase: "offline", retryMs: 7_000 });
  await stage.clock.advance(6_999);
  equal(stage.server.peers.length, 1);
  await stage.clock.advance(1);
  await stage.peer.take("resume");
});

for (const reason of ["ended", "replaced"]) {
  Deno.test(`bye ${reason} is for good`, async () => {
    using stage = await Stage.online(direct(17, 40));
    const sent = rejects(stage.client.send({ chat: 17 }, "hi"), { code: "session_ended" });
    await stage.peer.send({ type: "bye", reason });
    await sent;
    await stage.clock.advance(100_000);
    equal([stage.client.status.phase, stage.server.peers.length], ["ended", 1]);
    equal([stage.client.saved, stage.clock.waiting], [undefined, 0]);
    await rejects(stage.client.request("ping", {}), { code: "session_ended" });
    await stage.client.connect();
    equal(stage.client.status.phase, "guest");
  });
}

Deno.test("a token that is no longer good ends it; a busy server does not", async () => {
  using stage = await Stage.online();
  await stage.reconnect();
  await stage.peer.refuse("resume", "busy", true);
  equal(stage.client.status.phase, "offline");
  await stage.clock.advance(10_000);
  await stage.peer.refuse("resume", "bad_token");
  equal(stage.client.status.phase, "ended");
});

Deno.test("a server that says bye to every resume is not asked at once again", async () => {
  using stage = await Stage.online();
  await stage.peer.close();
  await stage.clock.advance(60_000);
  for (let i = 0; i < 5; i++) {
    await stage.peer.send({ type: "bye", reason: "idle", retry_ms: 0 });
    const before = stage.server.peers.length;
    await stage.clock.advance(100);
    equal(stage.server.peers.length, before);
    await stage.clock.advance(10_000);
  }
});

Deno.test("giving up: after so long without a server it is over", async () => {
  using stage = new Stage({ giveUpMs: 30_000 });
  await stage.client.connect();
  stage.server.isDown = true;
  const waits = rejects(stage.client.request("find_user", { name: "bo" }), { code: "session_ended" });
  await stage.peer.close();
  await stage.clock.advance(60_000);
  await waits;
  equal(stage.client.status.phase, "ended");
});

Deno.test("a request that may be asked twice is; another one fails, because nobody knows", async () => {
  using stage = await Stage.online();
  const found = stage.client.request("find_user", { name: "bo" });
  const kicked = rejects(stage.client.request("group_kick", { chat: 5, user: 12 }), {
    code: "connection_lost",
  });
  await stage.reconnect();
  await kicked;
  await stage.peer.answer("resume", entrance());
  await stage.peer.answer("find_user", { users: [] });
  await found;
});

Deno.test("a text that no line can carry is refused here", async () => {
  using stage = await Stage.online(direct(17, 40));
  await rejects(stage.client.send({ chat: 17 }, "\u0001".repeat(20_000)), { code: "too_long" });
  equal([stage.peer.received.length, stage.client.status.phase], [0, "online"]);
});

Deno.test("a guest's text is the server's to refuse", async () => {
  using stage = new Stage();
  await stage.client.connect();
  const sent = rejects(stage.client.send({ chat: 17 }, "hi"), { code: "not_logged_in" });
  await stage.peer.refuse("send", "not_logged_in");
  await sent;
});

Deno.test("after a logout the connection serves another login", async () => {
  using stage = await Stage.online(direct(17, 40));
  const sent = rejects(stage.client.send({ chat: 17 }, "hi"), { code: "logged_out" });
  const left = stage.client.logout();
  await stage.peer.take("send");
  await stage.peer.answer("logout");
  await left;
  await sent;
  equal([stage.client.saved, stage.client.state.me, stage.client.state.chats.size], [
    undefined,
    undefined,
    0,
  ]);
  const login = stage.client.login({ name: "bob", password: "secret-secret" });
  await stage.peer.answer("login", { ...entrance(), user: { id: 12, name: "bob" } });
  await login;
  equal(stage.client.state.me?.name, "bob");
});

Deno.test("a session of another run goes on, with its texts", async () => {
  using stage = new Stage();
  await stage.client.connect();
  const fields = { cid: "kept", chat: 17, text: "kept" };
  const pending = [{ type: "send", fields } as const];
  const resumed = stage.client.resume({ token: TOKEN, epoch: "e1", have: { 1: 3, 17: 40 }, pending });
  await stage.peer.answer("resume", entrance(direct(17, 41)));
  await stage.peer.send(text(17, 41));
  await stage.peer.answer("send", { ...STORED, seq: 42 });
  await stage.peer.answer("chats", { chats: [direct(17, 41)], more: false });
  await stage.peer.answer("contacts", { contacts: [], more: false });
  await resumed;
  equal([stage.shown, stage.client.unacknowledged], [["17:41"], 0]);
});

Deno.test("cut lists are read to their ends, and a chat on a later page misses nothing", async () => {
  using stage = new Stage();
  await stage.client.connect();
  void stage.client.login({ name: "ann", password: "secret-secret" });
  await stage.peer.answer("login", { ...entrance(direct(17, 40)), more: true });
  await stage.peer.send(text(90, 8));
  await stage.peer.answer("chats", { chats: [direct(17, 40)], more: true });
  const { after } = await stage.peer.answer("chats", { chats: [group(90, 8)], more: false });
  await stage.peer.answer("contacts", {
    contacts: [{ user: { id: 12, name: "bob" }, state: "friend", blocked: false }],
    more: false,
  });
  equal([after, stage.shown], [17, ["90:8"]]);
  equal(stage.client.state.contacts.size, 1);
  await stage.reconnect();
  await stage.peer.answer("resume", entrance());
  equal(stage.peer.received, []);
});

Deno.test("events can be iterated", async () => {
  using stage = await Stage.online(direct(17, 40));
  const events = stage.client.events();
  await stage.peer.send(text(17, 41), text(17, 42));
  stage.client.close();
  const seqs: number[] = [];
  for await (const { seq } of events) seqs.push(seq);
  equal(seqs, [41, 42]);
});

Deno.test("state knows an event before its listeners do", async () => {
  using stage = await Stage.online();
  const names: (string | undefined)[] = [];
  stage.client.on("event", ({ from }) => names.push(stage.client.state.nameOf(from)));
  const join = { user: 12, name: "bob", role: "member" };
  await stage.peer.send(event(5, 1, "join", join, 12));
  equal(names, ["bob"]);
});

Deno.test("closing ends everything, and leaves no timer", async () => {
  const stage = await Stage.online(direct(17, 40));
  await stage.peer.send(text(17, 42));
  await stage.peer.refuse("history", "busy", true);
  const sent = rejects(stage.client.send({ chat: 17 }, "hi"), { code: "closed" });
  await settled();
  stage.client.close();
  await sent;
  await settled();
  equal([stage.peer.isClosed, stage.clock.waiting, stage.client.status.phase], [true, 0, "idle"]);
  await rejects(stage.client.request("ping", {}), { code: "closed" });
});
