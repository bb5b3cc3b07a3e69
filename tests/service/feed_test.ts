/** Feeds and cursors over a real log in memory, with a follower that can be slow. */
import { deepStrictEqual as equal, fail, ok } from "node:assert/strict";
import * as events from "../../lib/models/events.ts";
import * as members from "../../lib/models/members.ts";
import { eventLine } from "../../lib/protocol/events.ts";
import type { ChatId } from "../../lib/protocol/fields.ts";
import { LogEvent } from "../../lib/service/log_event.ts";
import { Tails } from "../../lib/service/tails.ts";
import { until } from "../kit/until.ts";
import { ANN, BOB, deletion, kick, range, Reader, text, world } from "./feed_world.ts";
import { holdNext } from "./hold.ts";

Deno.test("events in any order, any number of times, are passed once and in order", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, store, follow } = await world(stack);
  const reader = new Reader(ANN);
  await follow(reader, 0);
  const stored = await store(1, 6);
  for (const i of [2, 1, 1, 5, 4, 0, 3, 0, 2]) feeds.stored([stored[i]!]);
  equal(await reader.reached(6), range(1, 6));
});

Deno.test("a hole is filled from the log", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, store, follow } = await world(stack);
  const reader = new Reader(ANN);
  await follow(reader, 0);
  const stored = await store(1, 300);
  feeds.stored([stored[299]!]);
  equal(await reader.reached(300), range(1, 300));
});

Deno.test("a head that the database tells of brings what was missed, and nothing beyond it", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const reader = new Reader(ANN);
  await follow(reader, 0);
  await store(1, 5);
  feeds.missed(chat, 3);
  equal(await reader.reached(3), [1, 2, 3]);
  equal(feeds.get(chat)!.head, 3);
});

Deno.test("a cursor that is behind reads the log and is live from there", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, store, follow } = await world(stack);
  await store(1, 250);
  const reader = new Reader(ANN);
  await follow(reader, 20);
  const stored = await store(251, 252);
  feeds.stored([stored[0]!]);
  await reader.reached(251);
  feeds.stored([stored[1]!]);
  equal(await reader.reached(252), range(21, 252));
});

Deno.test("a full reader gets the rest from the log when it drains, and others wait for nothing", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, store, follow } = await world(stack);
  const slow = new Reader(ANN);
  const quick = new Reader(BOB);
  slow.room = 2;
  await follow(slow, 0);
  await follow(quick, 0);
  feeds.stored(await store(1, 400));
  equal(quick.seen, range(1, 400));
  equal(slow.seen, [1, 2]);
  slow.drain(3);
  await slow.reached(5);
  slow.drain(Infinity);
  equal(await slow.reached(400), range(1, 400));
  feeds.stored(await store(401, 401));
  equal(await slow.reached(401), range(1, 401));
});

Deno.test("whoever leaves is detached at that event, and whoever came again is not", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const ann = new Reader(ANN);
  const bob = new Reader(BOB);
  const again = new Reader(BOB);
  await follow(ann, 0);
  await follow(bob, 0);
  await follow(again, 2); // a member again from 3 on, which his personal log told first
  feeds.stored([text(chat, 1), kick(chat, 2, BOB), text(chat, 3)]);
  equal([ann.seen, ann.isDetached], [[1, 2, 3], false]);
  equal([bob.seen, bob.isDetached], [[1, 2], true]);
  equal([again.seen, again.isDetached], [[3], false]);
  await store(1, 3);
});

Deno.test("a cursor that reads the log ends where its membership did", async () => {
  await using stack = new AsyncDisposableStack();
  const { database, chat, feeds, store, follow } = await world(stack);
  await store(1, 10);
  await members.remove(database, chat, BOB);
  const bob = new Reader(BOB);
  await follow(bob, 0);
  await bob.gone;
  equal(bob.seen, []);
  ok(feeds.get(chat)!.isStarted);
});

Deno.test("who comes again while the log is read for who left goes on from there", async () => {
  await using stack = new AsyncDisposableStack();
  const { database, chat, reader, store, follow } = await world(stack);
  await members.remove(database, chat, BOB);
  await store(1, 3);
  const bob = new Reader(BOB);
  const reading = holdNext(reader, "visibleAbove");
  const cursor = await follow(bob, 0);
  await reading.reached;
  await members.insert(database, chat, BOB, "member", 3);
  cursor.advance(2); // his personal log told of it
  reading.release();
  equal(await bob.reached(3), [3]);
  ok(!bob.isDetached);
});

Deno.test("a head that was read before a block does not show hints again", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds } = await world(stack);
  const before = (await feeds.open([chat])).get(chat)!;
  const feed = feeds.get(chat)!;
  ok(feed.showsHints);
  feed.notice({ muted: true });
  feed.start(before); // a login that read it comes only now
  ok(!feed.showsHints);
});

Deno.test("a feed that nobody follows is closed after a while, and opens again", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const cursor = await follow(new Reader(ANN), 0);
  feeds.closeIdle(performance.now() + 60_000);
  ok(feeds.get(chat), "followed");
  cursor.detach();
  feeds.closeIdle(performance.now() + 1_000);
  ok(feeds.get(chat), "lingering");
  feeds.closeIdle(performance.now() + 60_000);
  equal(feeds.get(chat), undefined);
  await store(1, 3);
  const reader = new Reader(ANN);
  await follow(reader, 0);
  equal(await reader.reached(3), [1, 2, 3]);
});

Deno.test("who is a little behind is served without the database", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, reader, store, follow } = await world(stack);
  await follow(new Reader(ANN), 0);
  feeds.stored(await store(1, 500));
  reader.visibleAbove = () => fail("the database was asked");
  const late = new Reader(BOB);
  late.room = 100;
  await follow(late, 200);
  equal(await late.reached(300), range(201, 300));
  feeds.stored(await store(501, 502));
  late.drain(Infinity);
  equal(await late.reached(502), range(201, 502));
});

Deno.test("what was deleted is shown to nobody who comes later", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, database, feeds, store, follow } = await world(stack);
  await follow(new Reader(ANN), 0);
  const stored = await store(1, 3);
  const blank = { seq: 2, body: "{}", digest: "" };
  await events.blank(database, chat, [blank]);
  feeds.stored([...stored, deletion(chat, 4, 2)]);
  const late = new Reader(BOB);
  const lines: string[] = [];
  late.deliver = (event) => lines.push(event.line);
  const cursor = await follow(late, 0);
  await until(() => equal(cursor.position, 4));
  ok(lines[0]!.includes('"text":"x"') && !lines[1]!.includes('"text":"x"'), lines.join("\n"));
});

Deno.test("who left meanwhile is not served as a member", async () => {
  await using stack = new AsyncDisposableStack();
  const { database, chat, feeds, store, follow } = await world(stack);
  await follow(new Reader(ANN), 0);
  await members.remove(database, chat, BOB);
  feeds.stored([...await store(1, 2), kick(chat, 3, BOB), text(chat, 4)]);
  const bob = new Reader(BOB);
  await follow(bob, 0);
  await bob.gone;
  equal(bob.seen, []);
});

Deno.test("a large group is served in slices, each reader in order, whoever comes and goes between", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const readers = range(1, 1_200).map(() => new Reader(ANN));
  for (const reader of readers) await follow(reader, 0);
  const bob = new Reader(BOB);
  await follow(bob, 0);
  const stored = await store(1, 30);
  feeds.stored(stored.slice(0, 10));
  equal([readers[0]!.seen, readers[1_199]!.seen], [[1], []], "the others' turn comes later");
  const late = new Reader(ANN);
  await follow(late, 5);
  feeds.stored([kick(chat, 11, BOB), ...stored.slice(11)]);
  await Promise.all([...readers, late].map((reader) => reader.reached(30)));
  for (const { seen } of readers) equal(seen, range(1, 30));
  equal(late.seen, range(6, 30));
  equal([bob.seen, bob.isDetached], [range(1, 11), true]);
});

Deno.test("events that come faster than a large group takes them are read from the log", async () => {
  await using stack = new AsyncDisposableStack();
  const { feeds, store, follow } = await world(stack);
  const readers = range(1, 501).map(() => new Reader(ANN));
  for (const reader of readers) await follow(reader, 0);
  feeds.stored(await store(1, 1_500));
  await Promise.all(readers.map((reader) => reader.reached(1_500)));
  for (const { seen } of readers) equal(seen, range(1, 1_500));
});

Deno.test("what only the database told of is counted, and what comes in a moment is not", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, feeds, store, follow } = await world(stack);
  const reader = new Reader(ANN);
  await follow(reader, 0);
  const stored = await store(1, 2);
  feeds.missed(chat, 1);
  feeds.stored(stored.slice(0, 1));
  feeds.missed(chat, 2);
  equal(await reader.reached(2), [1, 2]);
  equal(feeds.missedCount, 1);
});

Deno.test("tails are bounded, for each chat and together", () => {
  const tails = new Tails(100_000);
  const line = (chat: number, seq: number) => LogEvent.fromStored(text(chat as ChatId, seq));
  for (let seq = 1; seq <= 1_000; seq++) tails.keep(line(1, seq));
  const length = line(1, 1_000).line.length;
  const kept = tails.above(1 as ChatId, 999 - Math.floor(65_536 / length) + 10)!;
  ok(kept.length > 0.9 * 65_536 / length);
  equal(tails.above(1 as ChatId, 1_000 - Math.ceil(65_536 / length) - 20), undefined);
  equal([tails.above(1 as ChatId, 1_000), tails.above(2 as ChatId, 0)], [[], undefined]);
  for (let seq = 1; seq <= 600; seq++) tails.keep(line(2, seq));
  equal([tails.above(1 as ChatId, 1_000), tails.above(2 as ChatId, 599)?.length], [undefined, 1]);
});

Deno.test("an event's line is its stored body, spliced", () => {
  equal(
    eventLine(text(3 as ChatId, 4)),
    '{"type":"event","chat":3,"seq":4,"kind":"text","from":1,"cid":"c4","time":0,"text":"x"}',
  );
  equal(JSON.parse(eventLine({ ...text(3 as ChatId, 4), body: "{}" })).seq, 4);
});
