/** Login, resume, history: what was missed arrives, in order, without a hole, each once. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type Deployment, scenario } from "../kit/scenario.ts";
import type { User } from "../kit/server.ts";
import type { Wire } from "../kit/wire.ts";

/** Sends `count` texts, many at a time, and returns their chat. */
async function write(from: User, to: User, count: number, prefix = "t"): Promise<number> {
  const answers = await Promise.all(
    Array.from(
      { length: count },
      (_, i) => from.wire.request("send", { user: to.id, cid: `${prefix}${i}`, text: `${prefix} ${i}` }),
    ),
  );
  return answers[0]!.chat;
}

async function resumed(deployment: Deployment, user: User, have: Record<string, number>) {
  const wire = await deployment.server().connect();
  const reply = await wire.request("resume", { token: user.token, epoch: user.reply.epoch, have });
  return { wire, reply, [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose]() };
}

async function seqs(wire: Wire, chat: number, last: number): Promise<number[]> {
  const found: number[] = [];
  while (found.at(-1) !== last) found.push((await wire.take("event", (event) => event.chat === chat)).seq);
  return found;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

scenario("who was away finds the heads at login, and the texts in the history", async (deployment) => {
  await using ann = await deployment.user("ann");
  const bob = await deployment.user("bob");
  await bob[Symbol.asyncDispose]();
  const chat = await write(ann, bob, 30);
  await using back = await deployment.login("bob");
  const entry = back.reply.chats.find((entry) => entry.chat === chat);
  equal(entry, { chat, kind: "direct", user: ann.reply.user, seq: 30, read: 0 });
  const last = await back.wire.request("history", { chat, limit: 10 });
  equal([last.events.map(({ seq }) => seq), last.more], [range(21, 30), true]);
  const before = await back.wire.request("history", { chat, before: 21, limit: 20 });
  equal([before.events.map(({ seq }) => seq), before.more], [range(1, 20), false]);
  const after = await back.wire.request("history", { chat, after: 5, limit: 10 });
  equal([after.events.map(({ seq }) => seq), after.more], [range(6, 15), true]);
  equal((await back.wire.request("history", { chat, after: 30 })).events, []);

  // From the answer on, everything comes by itself.
  await ann.wire.request("send", { chat, cid: "now", text: "now" });
  equal((await back.wire.event(chat, "text")).seq, 31);
});

scenario("resume sends what is missing, in order, and is live from there", async (deployment) => {
  await using ann = await deployment.user("ann");
  const bob = await deployment.user("bob");
  await bob[Symbol.asyncDispose]();
  const chat = await write(ann, bob, 350);
  await using back = await resumed(deployment, bob, { [chat]: 20 });
  equal(back.reply.chats.find((entry) => entry.chat === chat)?.seq, 350);
  const more = write(ann, bob, 100, "more");
  equal(await seqs(back.wire, chat, 450), range(21, 450));
  await more;
});

scenario(
  "resume names only chats with news; one that it does not name is live from its head",
  async (deployment) => {
    await using ann = await deployment.user("ann");
    await using cid = await deployment.user("cid");
    const bob = await deployment.user("bob");
    await bob[Symbol.asyncDispose]();
    const a = await write(ann, bob, 3);
    const c = await write(cid, bob, 3);
    await using back = await resumed(deployment, bob, { [a]: 3, [bob.personal]: 0 });
    ok(!back.reply.chats.some(({ chat }) => chat === a), "nothing new there");
    equal(back.reply.chats.find(({ chat }) => chat === c)?.seq, 3);
    // The personal log, from its beginning: the sign-in and two chats that opened.
    await back.wire.event(bob.personal, "signin");
    await back.wire.event(bob.personal, "added");
    await back.wire.event(bob.personal, "added");
    await cid.wire.request("send", { chat: c, cid: "x", text: "x" });
    equal((await back.wire.event(c, "text")).seq, 4);
    await ann.wire.request("send", { chat: a, cid: "x", text: "x" });
    equal((await back.wire.event(a, "text")).seq, 4);
  },
);

scenario("a position above the head, or another epoch, starts afresh", async (deployment) => {
  await using ann = await deployment.user("ann");
  const bob = await deployment.user("bob");
  await bob[Symbol.asyncDispose]();
  const chat = await write(ann, bob, 5);
  await using beyond = await resumed(deployment, bob, { [chat]: 6 });
  equal(beyond.reply.reset, true);
  equal(beyond.reply.chats.find((entry) => entry.chat === chat)?.seq, 5);
  await using other = await deployment.server().connect();
  const reply = await other.request("resume", { token: bob.token, epoch: "another", have: { [chat]: 2 } });
  equal([reply.reset, reply.chats.length], [true, 2]);
  await ann.wire.request("send", { chat, cid: "x", text: "x" });
  equal((await other.event(chat, "text")).seq, 6);
});

scenario("a reader that does not read gets everything once it reads on", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const slow = await Deno.connect({ port: deployment.server().port, hostname: "127.0.0.1" });
  await slow.write(new TextEncoder().encode(`${JSON.stringify({ type: "resume", token: bob.token })}\n`));
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "first", text: "first" });
  // More than the queue and the sockets' buffers hold.
  const text = "🎉".repeat(8_000);
  const count = 400;
  await Promise.all(
    Array.from({ length: count }, (_, i) => ann.wire.request("send", { chat, cid: `${i}`, text })),
  );
  const found: number[] = [];
  const { TextLineStream } = await import("@std/streams/text-line-stream");
  for await (
    const line of slow.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
  ) {
    const message = JSON.parse(line);
    if (message.type === "event" && message.chat === chat) found.push(message.seq);
    if (message.seq === count + 1) break;
  }
  equal(found, range(1, count + 1));
});

scenario("every session of a user gets every event", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await using b2 = await deployment.login("bob");
  await using b3 = await deployment.login("bob");
  const chat = await write(ann, bob, 50);
  await bob.wire.request("send", { chat, cid: "own", text: "own" });
  for (const { wire } of [bob, b2, b3]) equal(await seqs(wire, chat, 51), range(1, 51));
});

scenario("answers are cut where they would be too long", async (deployment) => {
  await using ann = await deployment.user("ann");
  const text = "x".repeat(8_000);
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => ann.wire.request("send", { user: ann.id, cid: `${i}`, text })),
  );
  const { events, more } = await ann.wire.request("history", { chat: ann.personal, limit: 100 });
  equal([more, events.at(-1)!.seq], [true, 61]);
  ok(events.length < 60);
  const rest = await ann.wire.request("history", { chat: ann.personal, before: events[0]!.seq, limit: 100 });
  equal([rest.more, rest.events[0]!.seq, rest.events.at(-1)!.seq], [false, 1, events[0]!.seq - 1]);
});
