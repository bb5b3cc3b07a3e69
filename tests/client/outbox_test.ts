import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { Ask } from "../../lib/client/asks.ts";
import { ClientError, Refusal } from "../../lib/client/errors.ts";
import { type Draft, Outbox, type OutboxType } from "../../lib/client/outbox.ts";
import { FakeClock, settled } from "./fake_clock.ts";

/** A server that answers when the test says so. */
class Desk {
  readonly asks: Ask<OutboxType>[] = [];

  ask(ask: Ask<OutboxType>): void {
    this.asks.push(ask);
  }

  get cids(): string[] {
    return this.asks.map(({ fields }) => (fields as { cid: string }).cid);
  }

  #take(cid: string): Ask<OutboxType> {
    return this.asks.splice(this.cids.indexOf(cid), 1)[0]!;
  }

  ok(cid: string): void {
    this.#take(cid).ok({ chat: 1, seq: 1, time: 1 } as never);
  }

  refuse(cid: string, retry: boolean): void {
    this.#take(cid).failed(new Refusal({ code: retry ? "busy" : "not_found", message: "no", retry }));
  }

  close(): void {
    for (const { failed } of this.asks.splice(0)) failed(new ClientError("connection_lost"));
  }
}

function draft(cid: string): Draft {
  return { type: "send", fields: { cid, text: cid } };
}

/** An outbox, what was settled in it, and a desk that it may ask. */
function stage(capacity = 10) {
  const clock = new FakeClock();
  const outbox = new Outbox(clock);
  const desk = new Desk();
  const settledCids: string[] = [];
  const add = (cid: string, lane = "a") => {
    outbox.add(draft(cid), lane).then(() => settledCids.push(cid), () => settledCids.push(`not ${cid}`));
  };
  outbox.up(desk, capacity);
  return { clock, outbox, desk, add, settledCids };
}

Deno.test("requests go out in their order, as many at once as may", async () => {
  const { outbox, desk, add, settledCids } = stage(2);
  add("a");
  add("b");
  add("c");
  equal(desk.cids, ["a", "b"]);
  desk.ok("a");
  equal(desk.cids, ["b", "c"]);
  desk.ok("b");
  desk.ok("c");
  await outbox.drained();
  equal([outbox.size, settledCids], [0, ["a", "b", "c"]]);
});

Deno.test("a long lane does not keep the others waiting", () => {
  const { desk, add } = stage(2);
  for (const cid of ["a1", "a2", "a3", "a4"]) add(cid, "a");
  add("b1", "b");
  desk.ok("a1");
  desk.ok("a2");
  equal(desk.cids, ["a3", "b1"]);
});

Deno.test("what a lost connection left unanswered goes out again in its order, with the same cid", () => {
  const { outbox, desk, add } = stage(2);
  for (const cid of ["a", "b", "c", "d"]) add(cid);
  desk.ok("a");
  desk.close();
  outbox.down();
  equal(desk.cids, []);
  const next = new Desk();
  outbox.up(next, 10);
  equal(next.cids, ["b", "c", "d"]);
});

Deno.test("a connection that is over and does not say so is not asked again and again", () => {
  const { outbox } = stage();
  outbox.up({ ask: ({ failed }) => failed(new ClientError("connection_lost")) }, 10);
  void outbox.add(draft("a"), "a").catch(() => {});
  equal(outbox.drafts(), [{ ...draft("a"), lane: "a" }]);
  outbox.fail(new ClientError("closed"));
});

Deno.test("after a refusal that may pass, only the first of the chat goes out until it is acknowledged", async () => {
  const { clock, desk, add, settledCids } = stage();
  for (const cid of ["a", "b", "c"]) add(cid);
  add("other", "b");
  desk.refuse("a", true);
  add("d");
  equal(desk.cids, ["b", "c", "other"]);
  desk.refuse("b", true);
  desk.ok("c");
  desk.ok("other");
  equal(desk.cids, []);
  await clock.advance(500);
  equal(desk.cids, ["a"]);
  desk.refuse("a", true);
  await clock.advance(374);
  equal(desk.cids, []);
  await clock.advance(1_000);
  equal(desk.cids, ["a"]);
  desk.ok("a");
  equal(desk.cids, ["b", "d"]);
  desk.ok("b");
  desk.ok("d");
  await settled();
  equal(settledCids, ["c", "other", "a", "b", "d"]);
  equal(clock.waiting, 0);
});

Deno.test("a first one that is refused for good opens the way for the next", async () => {
  const { clock, desk, add, settledCids } = stage();
  add("a");
  add("b");
  desk.refuse("a", true);
  desk.refuse("b", true);
  await clock.advance(1_000);
  desk.refuse("a", false);
  equal(desk.cids, ["b"]);
  desk.ok("b");
  await settled();
  equal(settledCids, ["not a", "b"]);
});

Deno.test("a lost connection ends the holding back, and no timer is left", () => {
  const { clock, outbox, desk, add } = stage();
  add("a");
  add("b");
  desk.refuse("a", true);
  desk.refuse("b", true);
  equal(clock.waiting, 1);
  outbox.down();
  equal(clock.waiting, 0);
  outbox.up(desk, 10);
  equal(desk.cids, ["a", "b"]);
});

Deno.test("what is given up fails, late answers say nothing, and what comes later is new", async () => {
  const { outbox, desk, add, settledCids } = stage();
  add("a");
  const late = desk.asks[0]!;
  outbox.fail(new ClientError("logged_out"));
  late.ok({ chat: 1, seq: 1, time: 1 } as never);
  await settled();
  equal([outbox.size, settledCids], [0, ["not a"]]);
  const next = new Desk();
  outbox.up(next, 1);
  add("b");
  equal(next.cids, ["b"]);
  next.ok("b");
});

Deno.test("an outbox has a limit", async () => {
  const outbox = new Outbox(new FakeClock());
  for (let i = 0; i < 10_000; i++) void outbox.add(draft(`c${i}`), "a").catch(() => {});
  await rejects(() => outbox.add(draft("one more"), "a"), { code: "queue_full" });
  outbox.fail(new ClientError("closed"));
});

/** What was kept and settled, in its order; `fault` is thrown instead. */
class Drawer {
  readonly log: string[] = [];
  fault: Error | undefined;

  keep(drafts: readonly Draft[]): void {
    if (this.fault) throw this.fault;
    this.log.push(`keep ${drafts.map(({ fields }) => fields.cid).join(" ")}`);
  }

  settle(cid: string): void {
    this.log.push(`settle ${cid}`);
  }
}

function keptStage() {
  const drawer = new Drawer();
  const outbox = new Outbox(new FakeClock(), drawer);
  const desk = new Desk();
  const settledCids: string[] = [];
  const add = (cid: string) => {
    outbox.add(draft(cid), "a").then(() => settledCids.push(cid), () => settledCids.push(`not ${cid}`));
  };
  outbox.up(desk, 10);
  return { drawer, outbox, desk, add, settledCids };
}

Deno.test("drafts of one turn are kept together, and none goes out before", async () => {
  const { drawer, outbox, desk, add } = keptStage();
  add("a");
  add("b");
  equal([drawer.log, desk.cids, outbox.size], [[], [], 2]);
  await settled();
  equal([drawer.log, desk.cids], [["keep a b"], ["a", "b"]]);
  add("c");
  desk.ok("a"); // makes room, and what is new is kept before it is sent
  desk.refuse("b", false);
  equal([drawer.log, desk.cids], [["keep a b", "settle a", "keep c", "settle b"], ["c"]]);
  outbox.fail(new ClientError("closed"));
  equal(drawer.log.length, 4);
});

Deno.test("what cannot be kept is not sent, and fails", async () => {
  const { drawer, outbox, desk, add, settledCids } = keptStage();
  drawer.fault = new ClientError("store_failed");
  add("a");
  add("b");
  await settled();
  equal([desk.cids, outbox.size, settledCids], [[], 0, ["not a", "not b"]]);
  drawer.fault = undefined;
  add("c");
  await settled();
  equal(desk.cids, ["c"]);
});

Deno.test("what is given up in the turn in which it came is kept all the same", () => {
  const { drawer, outbox, desk, add } = keptStage();
  add("a");
  outbox.fail(new ClientError("closed"));
  equal([drawer.log, desk.cids], [["keep a"], []]);
});
