/** Several servers on one database: what the Bus carries, and what arrives without it. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { createConnection } from "mysql2/promise";
import type { Bus } from "../../lib/bus/bus.ts";
import { LocalHub } from "../../lib/bus/local.ts";
import type { Queryable } from "../../lib/database/database.ts";
import * as chats from "../../lib/models/chats.ts";
import * as events from "../../lib/models/events.ts";
import type { ChatId, Cid } from "../../lib/protocol/fields.ts";
import { type ServerOptions, startServer, type TestServer, type User } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";

const mariadb = shared(() => startMariadb());

/** Ann on one server, Bob on another one of the same database, who have begun to talk. */
class Talk implements AsyncDisposable {
  private constructor(
    readonly a: TestServer,
    readonly b: TestServer,
    readonly ann: User,
    readonly bob: User,
    readonly chat: number,
    readonly stack: AsyncDisposableStack,
  ) {}

  static async begin(database: string, bus?: ServerOptions["bus"]): Promise<Talk> {
    await using stack = new AsyncDisposableStack();
    const a = stack.use(await startServer({ database, bus }));
    const b = stack.use(await startServer({ database, bus }));
    const ann = stack.use(await a.user("ann"));
    const bob = stack.use(await b.user("bob"));
    const { chat } = await ann.wire.request("send", { user: bob.id, cid: "0", text: "0" });
    await bob.wire.event(chat, "text");
    return new Talk(a, b, ann, bob, chat, stack.move());
  }

  /** Texts to and fro: `from` to one before `to`. */
  async exchange(from: number, to: number): Promise<void> {
    const { ann, bob, chat } = this;
    for (let i = from; i < to; i++) {
      const sender = i % 2 ? bob : ann;
      equal((await sender.wire.request("send", { chat, cid: `${i}`, text: `${i}` })).seq, i + 1);
    }
    const expected = Array.from({ length: to - from }, (_, i) => `${from + i}`);
    equal(await bob.wire.texts(chat, to - from), expected);
  }

  /** The next text, of which nobody tells. */
  async storeSilently(tx: Queryable, seq: number): Promise<void> {
    const event = { chat: this.chat as ChatId, seq, kind: "text", from: this.ann.reply.user.id, time: 0 };
    await events.insert(tx, [{ ...event, cid: "silent" as Cid, body: '{"text":"silent"}' }]);
    await chats.storeHeads(tx, [[event.chat, seq]]);
  }

  /** Resolves when both servers have noticed that the database is another one. */
  async isOutdated(): Promise<void> {
    for (const server of [this.a, this.b]) {
      await until(() => ok(server.logged.some(({ message }) => message === "new epoch")));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

serviceTest("servers that share only a database deliver by the sweep", async () => {
  const database = await mariadb().createDatabase();
  await using talk = await Talk.begin(database);
  await talk.exchange(1, 6);
});

serviceTest("everything arrives while Redis is down, and nothing twice when it is back", async () => {
  await using redis = await startRedis();
  const database = await mariadb().createDatabase();
  await using talk = await Talk.begin(database, redis.url);
  const { b, bob, chat } = talk;
  await talk.exchange(1, 10);
  await redis.kill();
  await talk.exchange(10, 20);
  // Who logs in meanwhile is served too.
  await using again = await b.login("bob");
  await talk.exchange(20, 24);
  equal(await again.wire.texts(chat, 4), ["20", "21", "22", "23"]);
  await redis.restart();
  await talk.exchange(24, 40);
  await bob.wire.settle();
  ok(!bob.wire.kept.some((message) => message.type === "event" && message.chat === chat));
});

serviceTest("connections that Redis kills cost a sweep, and no message", async () => {
  await using redis = await startRedis();
  const database = await mariadb().createDatabase();
  await using talk = await Talk.begin(database, redis.url);
  await redis.cli("CLIENT", "KILL", "TYPE", "pubsub");
  await talk.exchange(1, 12);
  await redis.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await talk.exchange(12, 20);
});

serviceTest("a server that ends without a word leaves nobody online and blocks nobody", async () => {
  const hub = new LocalHub();
  const database = await mariadb().createDatabase();
  await using b = await startServer({ database, bus: hub, sessions: 1 });
  let token: string;
  {
    await using a = await startServer({ database, bus: hub, sessions: 1 });
    await using ann = await a.user("ann");
    token = ann.token;
  }
  await using wire = await b.connect();
  equal((await wire.request("resume", { token })).user.name, "ann");
});

serviceTest("two deployments on one Redis never mix", async () => {
  await using redis = await startRedis();
  await using a = await startServer({ database: await mariadb().createDatabase(), bus: redis.url });
  await using b = await startServer({ database: await mariadb().createDatabase(), bus: redis.url });
  await using ann = await a.user("ann");
  await using bob = await b.user("bob");
  equal([ann.id, ann.personal], [bob.id, bob.personal], "the same ids in both");
  await ann.wire.request("send", { user: ann.id, cid: "1", text: "for ann" });
  await ann.wire.event(ann.personal, "text");
  await bob.wire.request("send", { user: bob.id, cid: "1", text: "for bob" });
  equal((await bob.wire.event(bob.personal, "text")).text, "for bob");
  ok(!bob.wire.kept.some((message) => message.text === "for ann"));
});

serviceTest(
  "a database that has lost what was delivered gets a new epoch, and everybody is told",
  async () => {
    await using mariadb = await startMariadb();
    const database = await mariadb.createDatabase();
    await using talk = await Talk.begin(database);
    const { a, ann, chat } = talk;
    await talk.exchange(1, 5);
    // As a backup that was restored under running servers: the last events are gone, and so were the connections.
    await a.database.execute("DELETE FROM events WHERE chat_id = ? AND seq > 3", [chat]);
    await a.database.execute("UPDATE chats SET last_seq = 3 WHERE id = ?", [chat]);
    await mariadb.restart();
    await talk.isOutdated();
    await using c = await startServer({ database });
    await using wire = await c.connect();
    const reply = await wire.request("resume", {
      token: ann.token,
      epoch: ann.reply.epoch,
      have: { [chat]: 5 },
    });
    equal(reply.reset, true);
    equal(reply.chats.find((entry) => entry.chat === chat)?.seq, 3);
  },
);

serviceTest("a database that has another event where one was delivered gets a new epoch", async () => {
  await using mariadb = await startMariadb();
  const database = await mariadb.createDatabase();
  await using talk = await Talk.begin(database);
  const { a, chat } = talk;
  await talk.exchange(1, 5);
  // As a replica that took over without the last event, and got another one before anybody looked.
  await a.database.execute("UPDATE events SET cid = 'other' WHERE chat_id = ? AND seq = 5", [chat]);
  await mariadb.restart();
  await talk.isOutdated();
});

serviceTest("what the bus did not bring is read, counted and said", async () => {
  await using redis = await startRedis();
  const database = await mariadb().createDatabase();
  await using talk = await Talk.begin(database, redis.url);
  const { a, b, bob, chat } = talk;
  await talk.exchange(1, 5);
  // Nobody publishes this one.
  await a.database.transaction(async (tx) => {
    await talk.storeSilently(tx, 6);
  });
  equal((await bob.wire.event(chat, "text")).seq, 6);
  ok(b.chat.feeds.missedCount > 0);
  b.chat.keepUp(performance.now());
  ok(b.logged.some(({ message }) => message.startsWith("the bus did not tell")));
});

serviceTest("after a commit that took long, what no sweep looks at is found", async () => {
  await using mariadb = await startMariadb();
  const database = await mariadb.createDatabase();
  await using talk = await Talk.begin(database);
  const { a, bob, chat } = talk;
  // Committed long after the time that it carries, and its server died before it told anybody.
  await a.database.transaction(async (tx) => {
    await talk.storeSilently(tx, 2);
    await tx.execute("UPDATE chats SET last_time = 1 WHERE id = ?", [chat]);
  });
  const connection = await createConnection(database);
  await connection.query("FLUSH TABLES WITH READ LOCK");
  const stalled = "SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT%' AND time >= 3";
  await until(async () => equal((await mariadb.query(stalled)).length, 2));
  await connection.end();
  equal((await bob.wire.event(chat, "text")).seq, 2);
});

serviceTest("who is kicked while a resume is under way sees nothing that comes later", async () => {
  const hub = new SlowHub();
  const database = await mariadb().createDatabase();
  await using a = await startServer({ database, bus: hub });
  await using b = await startServer({ database, bus: hub });
  await using ann = await a.user("ann");
  let token: string;
  let bobId: number;
  {
    await using bob = await a.user("bob");
    token = bob.token;
    bobId = bob.id;
  }
  const { chat } = await ann.wire.request("group_create", { name: "hiking" });
  await ann.wire.request("group_invite", { chat, user: bobId });
  // The list of chats is read, the group's channel is not heard yet, and its head is read later.
  const subscribing = hub.slow(`chat:${chat}`);
  await using wire = await b.connect();
  const resuming = wire.request("resume", { token });
  await subscribing.begun;
  await ann.wire.request("group_kick", { chat, user: bobId });
  subscribing.finish();
  ok(!(await resuming).chats.some((entry) => entry.chat === chat));
  await ann.wire.request("send", { chat, cid: "1", text: "not for bob" });
  await ann.wire.request("send", { user: bobId, cid: "2", text: "for bob" });
  await wire.take("event", ({ text }) => text === "for bob");
  equal(wire.kept.filter((message) => message.chat === chat), []);
});

/** A hub on which one subscription takes as long as the test wants. */
class SlowHub extends LocalHub {
  #channel = "";
  #begun = Promise.withResolvers<void>();
  #finished = Promise.withResolvers<void>();

  slow(channel: string): { readonly begun: Promise<void>; finish(): void } {
    this.#channel = channel;
    return { begun: this.#begun.promise, finish: this.#finished.resolve };
  }

  override bus(): Bus {
    const bus = super.bus();
    const subscribe = bus.subscribe.bind(bus);
    bus.subscribe = (channel, listener) => {
      const subscription = subscribe(channel, listener);
      if (channel !== this.#channel) return subscription;
      this.#begun.resolve();
      return { ...subscription, ready: this.#finished.promise };
    };
    return bus;
  }
}
