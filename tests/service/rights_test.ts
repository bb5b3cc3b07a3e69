/**
 * Block, kick, leave and join race texts over three servers, in many rounds whose interleavings a seed decides. What
 * happened stands in the log: it is read from its beginning, and each event must have been allowed where it stands.
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { Database } from "../../lib/database/database.ts";
import * as events from "../../lib/models/events.ts";
import { eventLine, type EventMessage } from "../../lib/protocol/events.ts";
import type { ChatId } from "../../lib/protocol/fields.ts";
import { Random } from "../kit/random.ts";
import type { Deployment } from "../kit/scenario.ts";
import { PASSWORD, type TestServer } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import type { Message, Wire } from "../kit/wire.ts";
import type { Held } from "./hold.ts";
import { insertUser, type Person } from "./population.ts";
import { startTrio } from "./trio.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

/** A user with a connection to each server. */
interface Someone extends Person {
  readonly wires: readonly Wire[];
}

async function someone(trio: Deployment, stack: AsyncDisposableStack, name: string): Promise<Someone> {
  const person = await insertUser(trio.servers[0]!.database, name);
  const wires: Wire[] = [];
  for (const server of trio.servers) {
    const wire = stack.use(await server.connect());
    await wire.request("login", { name, password: PASSWORD });
    wires.push(wire);
  }
  return { ...person, wires };
}

async function world(stack: AsyncDisposableStack) {
  const trio = stack.use(await startTrio(mariadb(), redis()));
  const [ann, bob] = [await someone(trio, stack, "ann"), await someone(trio, stack, "bob")];
  return { trio, server: trio.servers[0]!, ann, bob };
}

/** Lets the event loop turn a few times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Starts requests on any of their senders' connections, some turns apart. */
async function race(
  random: Random,
  requests: readonly (readonly [Someone, object])[],
): Promise<{ answers: Promise<Message>[] }> {
  const answers: Promise<Message>[] = [];
  for (const [{ wires }, request] of requests) {
    answers.push(random.pick(wires).ask(request));
    await turns(random.below(6));
  }
  return { answers };
}

/** From the database: a server that has not heard of an event yet does not show it. */
async function readLog({ database }: TestServer, chat: number): Promise<EventMessage[]> {
  const log = await events.above(database, chat as ChatId, 0, 1_000);
  equal(log.map(({ seq }) => seq), log.map((_, i) => i + 1), "no hole");
  return log.map((event) => JSON.parse(eventLine(event)));
}

/** What was acknowledged is where it was said to be, once; what was refused is not in the log. */
function checkAnswers(
  log: readonly EventMessage[],
  sends: readonly object[],
  answers: readonly Message[],
): void {
  for (const [i, send] of sends.entries()) {
    const { cid } = send as { cid: string };
    const { seq } = answers[i]!;
    equal(
      log.filter((event) => event.cid === cid).map((event) => event.seq),
      seq === undefined ? [] : [seq],
      cid,
    );
  }
}

serviceTest("kick, leave and join race texts: nobody has said or heard anything while away", async () => {
  await using stack = new AsyncDisposableStack();
  const { server, ann, bob } = await world(stack);
  for (let seed = 1; seed <= 25; seed++) {
    const random = new Random(seed);
    const { chat } = await ann.wires[0]!.request("group_create", { name: `round ${seed}`, public: true });
    await bob.wires[0]!.request("group_join", { chat });
    const texts = Array.from(
      { length: 30 },
      (_, i) => ({ type: "send", chat, cid: `${seed}-${i}`, text: `${i}` }),
    );
    const others = Array.from({ length: 6 }, () =>
      random.pick(
        [
          [ann, { type: "group_kick", chat, user: bob.id }],
          [bob, { type: "group_leave", chat }],
          [bob, { type: "group_join", chat }],
        ] as const,
      ));
    const requests: (readonly [Someone, object])[] = texts.map((text) => [bob, text]);
    for (const other of others) requests.splice(random.below(requests.length), 0, other);
    const answers = await Promise.all((await race(random, requests)).answers);
    // Whatever came last, he is a member at the end.
    await bob.wires[0]!.request("group_join", { chat });
    const end = await ann.wires[0]!.request("send", { chat, cid: `${seed}-end`, text: "end" });

    const log = await readLog(server, chat);
    const isThere = memberships(log, bob.id);
    for (const { from, seq } of log) ok(from !== bob.id || isThere[seq], `seed ${seed}: event ${seq}`);
    const sent = new Map(requests.map(([, request], i) => [request, answers[i]!]));
    checkAnswers(log, texts, texts.map((text) => sent.get(text)!));
    for (const wire of bob.wires) {
      const seen = await upTo(wire, chat, end.seq);
      equal(seen, seen.toSorted((a, b) => a - b));
      equal(seen.filter((seq) => !isThere[seq]), [], `seed ${seed}: shown while away`);
    }
    for (const wire of ann.wires) equal(await upTo(wire, chat, end.seq), log.map(({ seq }) => seq));
  }
});

/** By `seq`: whether this user was a member there; their own join, leave and kick included. */
function memberships(log: readonly EventMessage[], user: number): boolean[] {
  const found: boolean[] = [];
  let isMember = false;
  for (const { seq, kind, user: whom } of log) {
    const isTheirs = whom === user;
    if (kind === "join" && isTheirs) isMember = true;
    found[seq] = isMember;
    if ((kind === "leave" || kind === "kick") && isTheirs) isMember = false;
  }
  return found;
}

/** The events of a chat that came here, up to the one numbered `last`. */
async function upTo(wire: Wire, chat: number, last: number): Promise<number[]> {
  const found: number[] = [];
  while (found.at(-1) !== last) found.push((await wire.take("event", (event) => event.chat === chat)).seq);
  return found;
}

serviceTest("blocks race texts in both directions: nothing gets in after a block is answered", async () => {
  await using stack = new AsyncDisposableStack();
  const { server, ann, bob } = await world(stack);
  const { chat } = await ann.wires[0]!.request("send", { user: bob.id, cid: "first", text: "first" });
  for (let seed = 1; seed <= 25; seed++) {
    const random = new Random(seed);
    const [blocker, other] = seed % 2 ? [ann, bob] : [bob, ann];
    const text = (cid: string) => ({ type: "send", chat, cid: `${seed}-${cid}`, text: cid });
    const texts = Array.from({ length: 20 }, (_, i) => text(`${i}`));
    const requests = texts.map((text): readonly [Someone, object] => [random.pick([ann, bob]), text]);
    const at = random.below(requests.length);
    requests.splice(at, 0, [blocker, { type: "block", user: other.id }]);
    const { answers } = await race(random, requests);
    equal((await answers[at]!).type, "ok");
    // Others are under way still. What was answered on one connection holds on every one.
    const late = [...ann.wires, ...bob.wires].map((wire, i) => wire.refused("send", text(`late${i}`)));
    const log = await readLog(server, chat);
    equal(await Promise.all(late), late.map(() => "blocked"), `seed ${seed}`);
    const all = await Promise.all(answers);
    equal(await readLog(server, chat), log, `seed ${seed}: a text got in`);
    const sent = new Map(requests.map(([, request], i) => [request, all[i]!]));
    checkAnswers(log, texts, texts.map((text) => sent.get(text)!));

    await blocker.wires[0]!.request("unblock", { user: other.id });
    for (const { name, wires } of [ann, bob]) {
      await random.pick(wires).request("send", { chat, cid: `${seed}-${name}`, text: "again" });
    }
  }
});

serviceTest("a block or a kick is not answered while a text before it is being stored", async () => {
  await using stack = new AsyncDisposableStack();
  const { trio, server, ann, bob } = await world(stack);
  const cid = await someone(trio, stack, "cid");
  const direct = await ann.wires[0]!.request("send", { user: bob.id, cid: "first", text: "first" });
  const group = await ann.wires[0]!.request("group_create", { name: "hiking", public: true });
  await bob.wires[0]!.request("group_join", { chat: group.chat });
  const cuts = [
    { chat: group.chat, request: { type: "group_kick", chat: group.chat, user: bob.id } },
    { chat: direct.chat, request: { type: "block", user: bob.id } },
  ];
  for (const { chat, request } of cuts) {
    // Bob is found to be a member on one server, and his text is not inserted yet.
    const inserting = holdInsert(server.database);
    const sending = bob.wires[0]!.ask({ type: "send", chat, cid: `${chat}`, text: "under way" });
    await inserting.reached;
    const cut = ann.wires[1]!.ask(request).then(() => readLog(server, chat));
    // Others are answered there meanwhile: there was time for this one, too.
    for (const text of ["a", "b"]) {
      await cid.wires[1]!.request("send", { chat: cid.personal, cid: `${chat}-${text}`, text });
    }
    inserting.release();
    const { seq } = await sending;
    ok(
      (await cut).some((event) => event.seq === seq),
      `the log at the answer to ${request.type} has the text`,
    );
    equal(await readLog(server, chat), await cut);
  }
});

/** Holds the next transaction that inserts events, before it does. */
function holdInsert(database: Database): Held {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const real = database.transaction;
  database.transaction = (work, lane) =>
    real.call(database, (tx) => {
      const insertMany: typeof tx.insertMany = async (sql, rows) => {
        database.transaction = real;
        reached.resolve();
        await released.promise;
        await tx.insertMany(sql, rows);
      };
      return work({
        dialect: tx.dialect,
        query: tx.query.bind(tx),
        execute: tx.execute.bind(tx),
        insertMany,
      });
    }, lane) as ReturnType<typeof work>;
  return { reached: reached.promise, release: released.resolve };
}
