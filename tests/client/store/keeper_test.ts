import { deepStrictEqual as equal, throws } from "node:assert/strict";
import type { Changes, ClientStore, Have } from "../../../lib/client/store/client_store.ts";
import { Keeper } from "../../../lib/client/store/keeper.ts";
import { Shown } from "../../../lib/client/store/shown.ts";
import { FakeClock } from "../fake_clock.ts";
import { text } from "../kit.ts";

const LOGIN = { account: "ann", token: "t", epoch: "e1", isNew: true };
const draft = (cid: string) => ({ type: "send", fields: { cid } }) as const;

/** Remembers what it was told, and fails when it is told to. */
class Notebook implements ClientStore {
  readonly told: unknown[] = [];
  fault: Error | undefined;

  enter = () => this.#note("enter", { drafts: [], strange: [] });
  write = ({ positions = new Map(), drafts = [], settled = [] }: Changes) =>
    this.#note(
      { drafts: drafts.map(({ fields }) => fields.cid), settled, positions: [...positions] },
      undefined,
    );
  leave = () => this.#note("leave", undefined);
  expire = () => this.#note("expire", undefined);
  release = () => this.#note("release", undefined);
  take = () => undefined;
  accounts = () => [];
  waiting = () => 0;

  #note<T>(what: unknown, result: T): T {
    if (this.fault) throw this.fault;
    this.told.push(what);
    return result;
  }
}

function stage() {
  const store = new Notebook();
  const clock = new FakeClock();
  const failures: string[] = [];
  const now: { have: Have } = { have: { 17: 40 } };
  const failed = ({ message }: Error) => void failures.push(message);
  const keeper = new Keeper({ store, clock, have: () => now.have, failed });
  keeper.enter(LOGIN);
  store.told.length = 0;
  return { store, clock, keeper, failures, now };
}

Deno.test("positions and acknowledgements are gathered, and only what has changed is written", async () => {
  const { store, clock, keeper, now } = stage();
  now.have = { 17: 41 };
  keeper.moved();
  keeper.settle("a");
  now.have = { 18: 1, 17: 42 };
  keeper.moved();
  equal(store.told, []);
  await clock.advance(200);
  equal(store.told, [{ drafts: [], settled: ["a"], positions: [["17", 42], ["18", 1]] }]);
  now.have = { 18: 1 };
  keeper.moved();
  keeper.moved();
  await clock.advance(200);
  equal(store.told[1], { drafts: [], settled: [], positions: [["17", undefined]] });
  keeper.moved();
  await clock.advance(200);
  equal([store.told.length, clock.waiting], [2, 0]);
});

Deno.test("drafts are written at once, and take along what is settled", () => {
  const { store, keeper } = stage();
  keeper.settle("a");
  keeper.keep([draft("b"), draft("c")]);
  equal(store.told, [{ drafts: ["b", "c"], settled: ["a"], positions: [] }]);
});

Deno.test("the last moment is written at the end", () => {
  const { store, clock, keeper, now } = stage();
  now.have = { 17: 41 };
  keeper.moved();
  keeper.release();
  equal(store.told, [{ drafts: [], settled: [], positions: [["17", 41]] }, "release"]);
  equal(clock.waiting, 0);
  throws(() => keeper.keep([draft("a")]), /nobody is logged in/);
});

Deno.test("a fault is said once, and what could not be written is, later", async () => {
  const { store, clock, keeper, failures, now } = stage();
  store.fault = new Error("full");
  now.have = { 17: 41 };
  keeper.settle("a");
  await clock.advance(200);
  throws(() => keeper.keep([draft("b")]), /full/);
  keeper.moved();
  await clock.advance(200);
  equal([failures, store.told], [["full"], []]);
  store.fault = undefined;
  keeper.moved();
  await clock.advance(200);
  equal(store.told, [{ drafts: [], settled: ["a"], positions: [["17", 41]] }]);
});

Deno.test("a login that could not be stored is said, and nothing is kept for it", () => {
  const { store, keeper, failures } = stage();
  store.fault = new Error("full");
  equal(keeper.enter(LOGIN), { drafts: [], strange: [] });
  store.fault = undefined;
  throws(() => keeper.keep([draft("a")]), /full/);
  equal([failures, store.told], [["full"], []]);
});

Deno.test("a position is where everything before it was shown, not where it was handed on", () => {
  const shown = new Shown(() => {});
  const events = [41, 44, 45].map((seq) => text(17, seq));
  for (const event of [...events, text(18, 5)]) shown.take(event);
  equal(shown.upTo({ 17: 45, 18: 5, 19: 7 }), { 17: 40, 18: 4, 19: 7 });
  shown.shown(events[1]!);
  equal(shown.upTo({ 17: 45 }), { 17: 44 });
  shown.shown(text(17, 45)); // of an earlier login
  equal(shown.upTo({ 17: 45 }), { 17: 44 });
  shown.shown(events[2]!);
  equal(shown.upTo({ 17: 45, 18: 5 }), { 17: 45, 18: 4 });
});

Deno.test("events that are held are handed on later, in their order, and count as not shown", () => {
  const handedOn: number[] = [];
  const shown = new Shown(({ seq }) => handedOn.push(seq));
  shown.hold();
  for (const seq of [41, 42]) shown.take(text(17, seq));
  equal([handedOn, shown.upTo({ 17: 42 })], [[], { 17: 40 }]);
  shown.pass();
  shown.take(text(17, 43));
  equal(handedOn, [41, 42, 43]);
});
