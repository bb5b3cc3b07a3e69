/** The protocol client and a real server. */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { ChatId } from "../../lib/protocol/fields.ts";
import { Random } from "../kit/random.ts";
import { PASSWORD, startServer } from "../kit/server.ts";
import { serviceTest } from "../kit/services.ts";
import { Recorder } from "./recorder.ts";

const seqs = (events: readonly { readonly seq: number }[]) => events.map(({ seq }) => seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

serviceTest("two users: friends, texts, edits, deletions, and what each of them knows then", async () => {
  await using server = await startServer();
  using ann = await Recorder.register(server.port, "ann");
  using bob = await Recorder.register(server.port, "bob");

  equal((await ann.client.request("contact_add", { name: "BOB" })).state, "requested");
  await bob.saw(({ kind }) => kind === "contact");
  equal(bob.client.state.contacts.values().next().value?.user.name, "ann");
  await bob.client.request("contact_accept", { user: ann.id });
  await ann.saw((event) => event.kind === "contact" && event.state === "friend");

  const { chat } = await ann.client.send({ user: bob.id }, "hello");
  const { seq } = await bob.client.send({ user: ann.id }, "hello yourself");
  await bob.client.request("edit", { chat, target: seq, text: "hi" });
  await bob.client.request("delete", { chat, target: seq });
  for (const who of [ann, bob]) {
    await who.until(() => who.of(chat).length === 4, "the whole chat");
    equal(seqs(who.of(chat)), [1, 2, 3, 4]);
  }
  equal(bob.client.state.chats.get(chat as ChatId)?.user?.name, "ann");
  equal(ann.client.state.unread(chat as ChatId), 3);
  await ann.client.request("read", { chat, seq: 4 });
  equal(ann.client.state.unread(chat as ChatId), 0);
});

serviceTest("who was away for a moment is shown everything, new chats too, each event once", async () => {
  await using server = await startServer();
  using ann = await Recorder.register(server.port, "ann");
  using bob = await Recorder.register(server.port, "bob");
  const known = await ann.client.request("group_create", { name: "known" });
  await ann.client.request("group_invite", { chat: known.chat, user: bob.id });
  await bob.saw(({ chat, kind }) => chat === known.chat && kind === "join");

  await bob.goAway();
  const direct = await ann.client.send({ user: bob.id }, "one");
  await ann.client.send({ user: bob.id }, "two");
  const fresh = await ann.client.request("group_create", { name: "fresh" });
  await ann.client.send({ chat: fresh.chat }, "before bob");
  await ann.client.request("group_invite", { chat: fresh.chat, user: bob.id });
  await ann.client.send({ chat: fresh.chat }, "welcome");
  await ann.client.send({ chat: known.chat }, "still here?");
  await bob.comeBack();

  await bob.until(() => bob.texts(fresh.chat).length + bob.texts(direct.chat).length === 3, "new chats");
  await bob.saw(({ chat, kind }) => chat === known.chat && kind === "text");
  equal(bob.texts(direct.chat), ["one", "two"]);
  equal(bob.of(fresh.chat).map(({ seq, kind }) => [seq, kind]), [[3, "join"], [4, "text"]]);
  equal(seqs(bob.of(known.chat)), [2, 3]);
  await ann.client.send({ chat: fresh.chat }, "live");
  await bob.saw((event) => event.kind === "text" && event.text === "live");
  equal(seqs(bob.of(fresh.chat)), [3, 4, 5]);
});

serviceTest("who was removed and added again meanwhile goes on where it may", async () => {
  await using server = await startServer();
  using ann = await Recorder.register(server.port, "ann");
  using bob = await Recorder.register(server.port, "bob");
  const { chat } = await ann.client.request("group_create", { name: "club" });
  await ann.client.request("group_invite", { chat, user: bob.id });
  await bob.saw(({ kind }) => kind === "join");

  await bob.goAway();
  await ann.client.request("group_kick", { chat, user: bob.id });
  await ann.client.send({ chat }, "not for bob");
  await ann.client.request("group_invite", { chat, user: bob.id });
  await ann.client.send({ chat }, "for bob again");
  await bob.comeBack();
  await bob.saw((event) => event.kind === "text" && event.text === "for bob again");
  await ann.client.send({ chat }, "live");
  await bob.saw((event) => event.kind === "text" && event.text === "live");
  equal(bob.texts(chat), ["for bob again", "live"]);
  equal(seqs(bob.of(chat)), [2, 5, 6, 7]);
  equal(bob.client.state.chats.get(chat as ChatId)?.isLeft, false);
});

serviceTest("another run goes on where the first one stopped", async () => {
  await using server = await startServer();
  using ann = await Recorder.register(server.port, "ann");
  const first = await Recorder.register(server.port, "bob");
  const { chat } = await ann.client.send({ user: first.id }, "one");
  await first.saw(({ kind }) => kind === "text");
  const saved = JSON.parse(JSON.stringify(first.client.saved));
  first[Symbol.dispose]();
  await ann.client.send({ chat }, "two");

  using second = new Recorder(server.port);
  await second.client.connect();
  const fields = { chat, text: "kept", cid: "kept" };
  await second.client.resume({ ...saved, pending: [{ type: "send", fields }] });
  await second.until(() => second.texts(chat).length === 2, "two texts");
  equal(second.texts(chat), ["two", "kept"]);
  await second.until(() => second.client.state.chats.has(chat as ChatId), "the list of chats");
  equal(second.client.state.chats.get(chat as ChatId)?.user?.name, "ann");
});

serviceTest(
  "connections that are cut at random lose nothing, double nothing, and keep the order",
  async () => {
    await using server = await startServer();
    const random = new Random(20_260_101);
    using ann = await Recorder.register(server.port, "ann");
    using bob = await Recorder.register(server.port, "bob");
    const { chat } = await ann.client.request("group_create", { name: "storm" });
    await ann.client.request("group_invite", { chat, user: bob.id });
    await bob.saw(({ kind }) => kind === "join");

    const count = 300;
    const send = async (who: Recorder, name: string) => {
      const sent: Promise<{ seq: number }>[] = [];
      for (let i = 0; i < count; i++) {
        sent.push(who.client.send({ chat }, `${name} ${i}`));
        if (random.below(6) === 0) await sent[random.below(sent.length)];
        if (random.below(12) === 0) (random.below(2) === 0 ? ann : bob).cut();
      }
      return seqs(await Promise.all(sent));
    };
    const acknowledged = await Promise.all([send(ann, "ann"), send(bob, "bob")]);

    const total = 2 + 2 * count;
    for (const who of [ann, bob]) {
      await who.until(() => who.of(chat).at(-1)?.seq === total, "the last text");
      equal(seqs(who.of(chat)), upTo(total).slice(who.of(chat)[0]!.seq - 1));
      for (const [i, name] of ["ann", "bob"].entries()) {
        const mine = who.texts(chat).filter((text) => text.startsWith(name));
        equal(mine, upTo(count).map((n) => `${name} ${n - 1}`));
        const stored = who.of(chat).filter((event) => event.kind === "text" && event.text?.startsWith(name));
        equal(seqs(stored), acknowledged[i]);
      }
    }
  },
);

serviceTest("a newer login replaces this one, for good", async () => {
  await using server = await startServer({ sessions: 1 });
  using ann = await Recorder.register(server.port, "ann");
  using again = new Recorder(server.port);
  await again.client.connect();
  await again.client.login({ name: "ann", password: PASSWORD });
  await ann.until(() => ann.client.status.phase === "ended", "the end");
  await rejects(ann.client.request("ping", {}), { code: "session_ended" });
  await again.client.logout();
  await again.client.login({ name: "ann", password: PASSWORD });
  equal(again.client.status.phase, "online");
});

serviceTest("a refusal says what the server says", async () => {
  await using server = await startServer();
  using ann = await Recorder.register(server.port, "ann");
  await rejects(ann.client.send({ chat: 999 }, "hi"), { name: "Refusal", code: "not_found", retry: false });
  const twice = { chat: ann.client.state.chats.keys().next().value!, cid: "same" };
  await ann.client.request("send", { ...twice, text: "a" });
  equal((await ann.client.request("send", { ...twice, text: "a" })).dup, true);
  await rejects(ann.client.request("send", { ...twice, text: "b" }), { code: "cid_conflict" });
  equal(server.logged.filter(({ level }) => level === "error"), []);
});
