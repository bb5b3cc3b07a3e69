/** What happens to a Feed, its cursors and its sessions at moments that are hard to meet. */
import { deepStrictEqual as equal } from "node:assert/strict";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import type { StoredEvent } from "../../lib/protocol/events.ts";
import type { ChatId, Cid, UserId } from "../../lib/protocol/fields.ts";
import { startServer } from "../kit/server.ts";
import { serviceTest } from "../kit/services.ts";
import { ANN, BOB, kick, range, Reader, text, world } from "./feed_world.ts";
import { holdNext } from "./hold.ts";

Deno.test("who comes again while a large group is told of the kick follows from there", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const bob = new Reader(BOB);
  const cursor = await follow(bob, 0);
  const readers = range(1, 600).map(() => new Reader(ANN));
  for (const reader of readers) await follow(reader, 0);
  await store(1, 3);
  const early = readers[0]!.reached(2);
  feeds.stored([text(chat, 1), kick(chat, 2, BOB), text(chat, 3)]);
  await early;
  equal(readers.at(-1)!.seen, [1], "the others' turn comes later");
  // As a session does when its personal log tells of the new membership.
  const again = bob.isDetached ? new Reader(BOB) : bob;
  if (again === bob) cursor.advance(2);
  else await follow(again, 2);
  await Promise.all(readers.map((reader) => reader.reached(3)));
  equal([bob.seen, again.seen], [[1, 2], [3]]);
});

Deno.test("a Feed that is closed while it reads the log leaves nothing to the next one of its chat", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, reader, feeds, store, follow } = await world(stack);
  const cursor = await follow(new Reader(ANN), 0);
  const reading = holdNext(reader, "above");
  await store(1, 3);
  feeds.missed(chat, 3);
  await reading.reached;
  cursor.detach();
  feeds.closeIdle(performance.now() + 60_000);
  await store(4, 10);
  const ann = new Reader(ANN);
  await follow(ann, 10);
  reading.release();
  feeds.stored(await store(11, 11));
  equal(ann.seen, [11]);
  const late = new Reader(BOB);
  await follow(late, 1);
  equal(await late.reached(11), range(2, 11));
});

Deno.test("who is told of a membership before the Feed is that far follows from there", async () => {
  for (let turns = 0; turns < 12; turns++) {
    await using stack = new AsyncDisposableStack();
    const { feeds, store, follow } = await world(stack);
    await follow(new Reader(ANN), 0);
    feeds.stored(await store(1, 5));
    const stored = await store(6, 9);
    const bob = new Reader(BOB);
    const turn = Promise.withResolvers<void>();
    bob.inTurn = (work) => turn.promise.then(work);
    const cursor = await follow(bob, 0);
    cursor.advance(8);
    turn.resolve();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    feeds.stored(stored);
    equal([await bob.reached(9), bob.isDetached], [[9], false], `after ${turns} turns`);
  }
});

Deno.test("a message of the bus that is no event of the chat stops nothing", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, hub, feeds, store, follow } = await world(stack);
  const ann = new Reader(ANN);
  await follow(ann, 0);
  const bus = hub.bus();
  const other = JSON.stringify({ type: "event", chat: chat + 1, seq: 1, kind: "text", from: BOB, cid: "c" });
  for (const message of ["5 {}", "x {}", "5 null", "5 [", "x", "", `1 ${other}`]) {
    bus.publish(`chat:${chat}`, message);
  }
  const stored = await store(1, 3);
  feeds.stored(stored.slice(2));
  equal(await ann.reached(3), [1, 2, 3]);
});

serviceTest("an event that this version cannot act on is passed on, and stops nothing", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  const [personal, from] = [ann.personal as ChatId, ann.id as UserId];
  const { last_seq } = (await chats.byId(server.database, personal))!;
  const later = ["signin", "added", "contact"].map((kind, i): StoredEvent => {
    return {
      chat: personal,
      seq: last_seq + 1 + i,
      kind,
      from,
      cid: `later-${i}` as Cid,
      time: 0,
      body: "{}",
    };
  });
  await server.database.transaction(async (tx) => {
    await events.insert(tx, later);
    await chats.storeHeads(tx, [[personal, last_seq + later.length]]);
  });
  await ann.wire.take("event", ({ cid }) => cid === "later-2");
  await ann.wire.request("send", { user: ann.id, cid: "note", text: "on we go" });
  await ann.wire.take("event", ({ cid }) => cid === "note");
});
