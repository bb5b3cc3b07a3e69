import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OutgoingQueue } from "../../lib/transport/outgoing_queue.ts";
import { bytesOf, MemoryWriter } from "./memory.ts";

function never(): void {
  throw new Error("the queue failed");
}

Deno.test("what is queued in one turn of the event loop goes out in one write, in order", async () => {
  const writer = new MemoryWriter();
  const queue = new OutgoingQueue(writer, never);
  queue.send(bytesOf("a\n"));
  queueMicrotask(() => queue.send(bytesOf("b\n")));
  void Promise.resolve().then(() => {}).then(() => queue.send(bytesOf("c\n")));
  equal(writer.writes, []);
  await writer.started;
  ok(await queue.end());
  equal(writer.writes, ["a\nb\nc\n"]);
});

Deno.test("partial writes go on where they stopped", async () => {
  const writer = new MemoryWriter({ takes: 3 });
  const queue = new OutgoingQueue(writer, never);
  for (const line of ["first\n", "second\n", "3\n"]) queue.send(bytesOf(line));
  ok(await queue.end());
  equal(writer.writes.slice(0, 2), ["fir", "st\n"]);
  equal(writer.text, "first\nsecond\n3\n");
});

Deno.test("lines that are queued during a write follow it together", async () => {
  const writer = new MemoryWriter({ blocked: true });
  const queue = new OutgoingQueue(writer, never);
  queue.send(bytesOf("a\n"));
  await writer.started;
  for (const line of ["b\n", "c\n", "d\n"]) queue.send(bytesOf(line));
  writer.release();
  ok(await queue.end());
  equal(writer.writes, ["a\n", "b\nc\nd\n"]);
});

Deno.test("a write has at most 64 KiB, or one longer line as it is", async () => {
  const writer = new MemoryWriter();
  const queue = new OutgoingQueue(writer, never);
  const sizes = [30_000, 30_000, 30_000, 100_000, 10, 20];
  for (const size of sizes) queue.send(bytesOf("x".repeat(size)));
  ok(await queue.end());
  equal(writer.writes.map((write) => write.length), [60_000, 30_000, 100_000, 30]);
});

Deno.test("full at the limit, drained at half of it", async () => {
  const writer = new MemoryWriter({ takes: 25, blocked: true });
  const queue = new OutgoingQueue(writer, never, 100);
  await queue.drained();
  queue.send(bytesOf("x".repeat(99)));
  ok(!queue.full);
  queue.send(bytesOf("x"));
  ok(queue.full);
  let waiting = 2;
  const drained = [queue.drained(), queue.drained()].map((each) =>
    each.then(() => {
      waiting--;
      ok(queue.queuedBytes <= 50);
    })
  );
  await writer.started;
  equal([waiting, queue.queuedBytes], [2, 100]);
  writer.release();
  await Promise.all(drained);
  ok(!queue.full);
  ok(await queue.end());
  equal(writer.text, "x".repeat(100));
});

Deno.test("a peer that does not read: bounded even if nobody looks at `full`", async () => {
  const writer = new MemoryWriter({ blocked: true });
  let failures = 0;
  const queue = new OutgoingQueue(writer, () => failures++, 1_000);
  const line = bytesOf("x".repeat(99) + "\n");
  let most = 0;
  for (let i = 0; i < 1_000; i++) {
    queue.send(line);
    most = Math.max(most, queue.queuedBytes);
  }
  equal([failures, most, queue.queuedBytes, queue.full], [1, 8_000, 0, false]);
  await queue.drained();
  equal(await queue.end(), false);
});

Deno.test("a failed write closes the queue, says so once and lets everybody go", async () => {
  const writer = new MemoryWriter({ blocked: true });
  let failures = 0;
  const queue = new OutgoingQueue(writer, () => failures++, 10);
  queue.send(bytesOf("more than ten bytes\n"));
  const drained = queue.drained();
  const ended = queue.end();
  await writer.started;
  writer.fail();
  await drained;
  equal(await ended, false);
  queue.send(bytesOf("late\n"));
  equal([failures, queue.queuedBytes], [1, 0]);
});

Deno.test("after end and after close nothing more is taken", async () => {
  const writer = new MemoryWriter();
  const queue = new OutgoingQueue(writer, never);
  queue.send(bytesOf("a\n"));
  const ended = queue.end();
  queue.send(bytesOf("b\n"));
  ok(await ended);
  queue.send(bytesOf("c\n"));
  equal(writer.writes, ["a\n"]);

  const other = new OutgoingQueue(writer, never);
  other.send(bytesOf("dropped\n"));
  other.close();
  other.close();
  await other.drained();
  equal(await other.end(), false);
  equal(writer.writes, ["a\n"]);
});
