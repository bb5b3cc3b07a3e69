/** Who was away for long, or comes back among many: heads first, bodies when they are wanted, and nobody waits for a hash. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { limits } from "../../lib/protocol/limits.ts";
import type { Passwords } from "../../lib/service/passwords.ts";
import { Random } from "../kit/random.ts";
import { type Deployment, scenario } from "../kit/scenario.ts";
import { PASSWORD } from "../kit/server.ts";
import { until } from "../kit/until.ts";
import type { Wire } from "../kit/wire.ts";
import { CHEAP, insertGroup, insertSession, insertUser, type Person } from "./population.ts";
import { connectValved } from "./valve.ts";

const CHATS = 500;
const EACH = 100;

/** Bob was away while ann said 50,000 things in 500 groups. */
async function awayFrom50000(deployment: Deployment): Promise<{ bob: Person; groups: number[] }> {
  const { database } = deployment.server();
  const ann = await insertUser(database, "ann");
  const bob = await insertUser(database, "bob");
  const texts = Array.from({ length: EACH }, (_, i) => `${i + 1}`.padEnd(60, "."));
  const groups: number[] = [];
  for (let i = 0; i < CHATS; i++) groups.push(await insertGroup(database, [ann, bob], texts));
  return { bob, groups };
}

/** The rest of what an answer to a login has cut. */
async function remaining(wire: Wire, after: number): Promise<{ chat: number; seq: number; read: number }[]> {
  const found: { chat: number; seq: number; read: number }[] = [];
  for (let more = true; more;) {
    const page = await wire.request("chats", { after });
    found.push(...page.chats);
    after = found.at(-1)?.chat ?? after;
    more = page.more === true;
  }
  return found;
}

scenario("who logs in to 50,000 unread events is told the heads, and sent no event", async (deployment) => {
  const { groups, bob } = await awayFrom50000(deployment);
  await using valved = await connectValved(deployment.server());
  const { wire, valve } = valved;
  const { chats, more } = await wire.request("login", { name: "bob", password: PASSWORD });
  equal(more, true);
  const entries = [...chats, ...await remaining(wire, chats.at(-1)!.chat)];
  equal(
    entries.filter(({ chat }) => chat !== bob.personal).map(({ chat, seq, read }) => [chat, seq, read]),
    groups.map((chat) => [chat, EACH, 0]),
  );
  // Bodies come when they are asked for.
  const chat = groups[CHATS / 2]!;
  const { events } = await wire.request("history", { chat, limit: 10 });
  equal(events.map(({ seq }) => seq), Array.from({ length: 10 }, (_, i) => EACH - 9 + i));
  await wire.settle();
  equal(wire.kept, []);
  ok(valve.mostQueuedBytes < 2 * limits.answerBytes, `${valve.mostQueuedBytes} bytes were queued`);
});

scenario("who resumes behind in 500 chats gets all, in order, as fast as it reads", async (deployment) => {
  const { groups, bob } = await awayFrom50000(deployment);
  const { token } = await insertSession(deployment.server().database, bob);
  const seed = 24;
  const random = new Random(seed);
  const have = new Map(groups.map((chat) => [chat, random.below(EACH)]));
  await using valved = await connectValved(deployment.server());
  const { wire, valve } = valved;
  valve.shut();
  const resuming = wire.request("resume", { token, have: Object.fromEntries(have) });
  // While it reads nothing, the rest waits in the log; as it reads on, the rest follows.
  for (const bytes of [700_001, Infinity]) {
    await until(() => ok(valve.queuedBytes > limits.queueBytes / 2)); // then no more of the log is read
    valve.pass(bytes);
  }
  const { chats, more } = await resuming;
  equal(more, true); // with his personal chat they are one more than a page
  for (const { chat, seq } of chats) if (have.has(chat)) equal(seq, EACH);
  for (let left = [...have.values()].reduce((sum, has) => sum + EACH - has, 0); left > 0; left--) {
    const { chat, seq } = await wire.take("event", ({ kind }) => kind === "text");
    equal(seq, have.get(chat)! + 1, `seed ${seed}: the next one of chat ${chat}`);
    have.set(chat, seq);
  }
  await wire.settle();
  equal(wire.kept.filter(({ kind }) => kind === "text"), []);
  const { mostQueuedBytes: most } = valve;
  ok(most < limits.queueBytes + limits.lineBytes, `${most} bytes were queued`);
});

scenario("two hundred resume at once while passwords are hashed, and wait for none", async (deployment) => {
  const { database } = deployment.server();
  const tokens: string[] = [];
  for (let i = 0; i < 200; i++) {
    tokens.push((await insertSession(database, await insertUser(database, `user${i}`))).token);
  }
  await using stack = new AsyncDisposableStack();
  const connect = async () => stack.use(await deployment.server().connect());
  const back = await Promise.all(tokens.map(connect));
  const guests = await Promise.all(Array.from({ length: 10 }, connect));

  const crowds = deployment.servers.map(({ chat }) => new Crowd(chat.passwords));
  const logins = guests.map((wire) => wire.ask({ type: "login", name: "user0", password: PASSWORD }));
  const replies = await Promise.all(back.map((wire, i) => wire.request("resume", { token: tokens[i]! })));
  equal(replies.map(({ user }) => user.name), tokens.map((_, i) => `user${i}`));
  const refused = (await Promise.all(logins)).filter(({ type }) => type === "error");
  ok(refused.length > 0);
  for (const { code, retry } of refused) equal([code, retry], ["busy", true]);
  await Promise.all(crowds.map((crowd) => crowd.leave()));
  // Now there is room.
  await using guest = await deployment.login("user0");
  equal(guest.reply.user, replies[0]!.user);
});

/** Fills the queue of passwords to hash, and fills it again as soon as one is done. */
class Crowd {
  #isWaiting = true;
  readonly #all: Promise<void>[];

  constructor(passwords: Passwords) {
    const running = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
    this.#all = Array.from({ length: running + limits.hashingQueue }, async () => {
      while (this.#isWaiting) await passwords.verify(PASSWORD, CHEAP).catch(nextTurn);
    });
  }

  async leave(): Promise<void> {
    this.#isWaiting = false;
    await Promise.all(this.#all);
  }
}

/** A guest came in between. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
