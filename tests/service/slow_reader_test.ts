/** Readers that stop reading: what is queued for them is bounded, nobody waits for them, and nothing is lost. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { limits } from "../../lib/protocol/limits.ts";
import { type Deployment, scenario } from "../kit/scenario.ts";
import { PASSWORD, type User } from "../kit/server.ts";
import type { Message, Wire } from "../kit/wire.ts";
import { insertGroup, insertUser, type Person } from "./population.ts";
import { connectValved, type Valved } from "./valve.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** People of one group, in which nothing was said yet; the first one owns it. */
async function population(deployment: Deployment, names: readonly string[]) {
  const { database } = deployment.server();
  const people: Person[] = [];
  for (const name of names) people.push(await insertUser(database, name));
  return { people, chat: await insertGroup(database, people, []) };
}

/** A connection that reads no further than the answer to its login. */
async function stopped(deployment: Deployment, stack: AsyncDisposableStack, name: string): Promise<Valved> {
  const valved = stack.use(await connectValved(deployment.server()));
  await valved.wire.request("login", { name, password: PASSWORD });
  valved.valve.shut();
  return valved;
}

/** Sends texts of so many characters that become the events `from` to `to`. */
async function write({ wire }: User, chat: number, from: number, to: number, chars: number): Promise<void> {
  const text = "x".repeat(chars);
  await Promise.all(range(from, to).map((seq) => wire.request("send", { chat, cid: `${seq}`, text })));
}

/** The next events of a chat, up to the one numbered `last`. */
async function seqs(wire: Wire, chat: number, last: number): Promise<number[]> {
  const found: number[] = [];
  while (found.at(-1) !== last) found.push((await wire.take("event", (event) => event.chat === chat)).seq);
  return found;
}

function kept(messages: readonly Message[], chat: number): number[] {
  return messages.flatMap((message) =>
    message.type === "event" && message.chat === chat ? [message.seq as number] : []
  );
}

/** The queue has been full, and one event at most went beyond. */
function checkBound({ valve }: Valved): void {
  const { mostQueuedBytes: most } = valve;
  ok(most >= limits.queueBytes && most < limits.queueBytes + limits.lineBytes, `${most} bytes were queued`);
}

scenario(
  "readers that stop while 10,000 texts come in get all of them once they read on",
  async (deployment) => {
    await using stack = new AsyncDisposableStack();
    const { chat } = await population(deployment, ["ann", "bob", "cid", "dan"]);
    const ann = stack.use(await deployment.login("ann"));
    const slow: Valved[] = [];
    for (const name of ["bob", "bob", "bob", "cid", "cid"]) slow.push(await stopped(deployment, stack, name));
    const quick = [stack.use(await deployment.login("dan")), stack.use(await deployment.login("bob"))];
    const count = 10_000;
    await write(ann, chat, 1, count, 150);
    for (const { wire } of quick) equal(await seqs(wire, chat, count), range(1, count));
    for (const { wire, valve } of slow) {
      equal(kept(wire.kept, chat), [], "nothing was taken yet");
      const { queuedBytes } = valve;
      ok(queuedBytes >= limits.queueBytes, "full, and waiting");
      valve.open();
    }
    for (const { wire } of slow) equal(await seqs(wire, chat, count), range(1, count));
    // They are live again.
    await write(ann, chat, count + 1, count + 1, 1);
    for (const { wire } of slow) equal(await seqs(wire, chat, count + 1), [count + 1]);
    slow.forEach(checkBound);
  },
);

scenario(
  "a reader that takes little at a time is never sent more than it has room for",
  async (deployment) => {
    await using stack = new AsyncDisposableStack();
    const { chat } = await population(deployment, ["ann", "bob"]);
    const ann = stack.use(await deployment.login("ann"));
    const bob = await stopped(deployment, stack, "bob");
    const count = 400;
    await write(ann, chat, 1, count, 7_000);
    const read = seqs(bob.wire, chat, count + 50);
    const writing = write(ann, chat, count + 1, count + 50, 7_000);
    for (let i = 0; i < 100; i++) {
      bob.valve.pass(20_011); // no multiple of a line
      await ann.wire.settle();
    }
    await writing;
    bob.valve.open();
    equal(await read, range(1, count + 50));
    checkBound(bob);
  },
);

scenario("a stopped reader that dies goes on from where it was", async (deployment) => {
  await using stack = new AsyncDisposableStack();
  const { chat } = await population(deployment, ["ann", "bob"]);
  const ann = stack.use(await deployment.login("ann"));
  const bob = stack.use(await connectValved(deployment.server()));
  const { token, epoch } = await bob.wire.request("login", { name: "bob", password: PASSWORD });
  await write(ann, chat, 1, 10, 1);
  const has = await seqs(bob.wire, chat, 10);
  bob.valve.shut();
  await write(ann, chat, 11, 400, 7_000);
  bob.valve.pass(100_003); // some of them, and a part of one
  await ann.wire.settle();
  await bob[Symbol.asyncDispose]();
  bob.valve.open(); // what is still written to it fails
  has.push(...kept(bob.wire.kept, chat));
  equal(has, range(1, has.length));
  ok(has.length < 400);
  const again = stack.use(await connectValved(deployment.server()));
  await again.wire.request("resume", { token, epoch, have: { [chat]: has.length } });
  has.push(...await seqs(again.wire, chat, 400));
  equal(has, range(1, 400));
});

scenario("a stopped reader that is kicked gets nothing from there on, also later", async (deployment) => {
  await using stack = new AsyncDisposableStack();
  const { chat, people } = await population(deployment, ["ann", "bob", "cid"]);
  const [, bobsId, cidsId] = people.map(({ id }) => id);
  const ann = stack.use(await deployment.login("ann"));
  const bob = await stopped(deployment, stack, "bob");
  const cid = await stopped(deployment, stack, "cid");
  await write(ann, chat, 1, 300, 7_000);
  for (const user of [bobsId, cidsId]) await ann.wire.request("group_kick", { chat, user });
  await write(ann, chat, 303, 350, 7_000);
  await ann.wire.request("group_invite", { chat, user: cidsId });
  await write(ann, chat, 352, 360, 7_000);
  for (const { valve } of [bob, cid]) valve.open();

  await bob.wire.take("event", ({ kind }) => kind === "removed");
  await bob.wire.settle();
  const bobs = kept(bob.wire.kept, chat);
  equal(bobs, range(1, bobs.length));
  ok(bobs.length < 301, "what was read of the log later is not for him");

  // Who is a member again goes on from there.
  await cid.wire.take("event", ({ kind }) => kind === "removed");
  const { entry } = await cid.wire.take("event", ({ kind }) => kind === "added");
  equal((entry as { seq: number }).seq, 350);
  const cids = await seqs(cid.wire, chat, 360);
  const again = cids.indexOf(351);
  equal(cids.slice(0, again), range(1, again));
  equal(cids.slice(again), range(351, 360));
  for (const valved of [bob, cid]) checkBound(valved);
});
