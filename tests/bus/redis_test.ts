import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import type { Bus } from "../../lib/bus/bus.ts";
import type { PresenceDirectory } from "../../lib/bus/presence.ts";
import { type Redis, serviceTest, shared, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";
import { arrived, busSuite, Collector } from "./bus_suite.ts";
import { ann, bob, cleo, onlineAt, presenceSuite, seenSoon } from "./presence_suite.ts";

const redis = shared(() => startRedis());
let deployments = 0;
const newPrefix = () => `test:${++deployments}:`;

interface Server {
  readonly bus: Bus;
  readonly presence: PresenceDirectory;
}

/** ioredis asks for permissions when it is imported, so it is imported inside tests. */
async function open(url: string, server: string, prefix: string, renewMs?: number): Promise<Server> {
  const { openRedis } = await import("../../lib/bus/redis.ts");
  return await openRedis(url, { server, prefix, renewMs });
}

async function close(...servers: Server[]): Promise<void> {
  await Promise.all(servers.flatMap(({ bus, presence }) => [bus.close(), presence.close()]));
}

busSuite("redis bus", serviceTest, async () => {
  const prefix = newPrefix();
  const [a, b] = await Promise.all([open(redis().url, "a", prefix), open(redis().url, "b", prefix)]);
  await Promise.all([a.presence.close(), b.presence.close()]);
  return [a.bus, b.bus];
});

presenceSuite("redis presence", serviceTest, async () => {
  const prefix = newPrefix();
  const [a, b] = await Promise.all([open(redis().url, "a", prefix), open(redis().url, "b", prefix)]);
  await Promise.all([a.bus.close(), b.bus.close()]);
  return [a.presence, b.presence];
});

/** Two servers of one deployment, on a Redis of their own. */
function pairTest(
  name: string,
  fn: (own: Redis, a: Server, b: Server) => Promise<void>,
  renewMs?: number,
): void {
  serviceTest(name, async () => {
    await using own = await startRedis();
    const [a, b] = await Promise.all([open(own.url, "a", "p:", renewMs), open(own.url, "b", "p:", renewMs)]);
    try {
      await fn(own, a, b);
    } finally {
      await close(a, b);
    }
  });
}

function returned(bus: Bus): Promise<void> {
  return new Promise((resolve) => bus.onReturn(resolve));
}

pairTest("redis bus: subscriptions outlive a Redis that dies", async (own, a, b) => {
  const [old, fresh] = [new Collector(), new Collector()];
  const gone = b.bus.subscribe("gone", () => {});
  await Promise.all([b.bus.subscribe("old", old.listener).ready, gone.ready]);
  const back = Promise.all([returned(a.bus), returned(b.bus)]);
  await own.kill();
  await until(() => equal([a.bus.connected, b.bus.connected], [false, false]));
  a.bus.publish("old", "lost"); // and throws nothing
  gone.close();
  const subscription = b.bus.subscribe("fresh", fresh.listener);
  await subscription.ready; // nobody waits for an outage
  await own.restart();
  await back;
  equal([a.bus.connected, b.bus.connected], [true, true]);
  a.bus.publish("old", "1");
  a.bus.publish("fresh", "2");
  await Promise.all([old.until("1"), fresh.until("2")]);
  equal(old.messages, ["1"]);
  equal((await own.cli("pubsub", "channels")).split("\n").sort(), ["p:bus:fresh", "p:bus:old"]);
});

pairTest("redis bus: a Redis that is stopped is noticed, and holds nobody up", async (own, a, b) => {
  const collector = new Collector();
  const back = Promise.all([returned(a.bus), returned(b.bus)]);
  own.stop();
  const begun = performance.now();
  await b.bus.subscribe("chat", collector.listener).ready;
  ok(performance.now() - begun < 2000);
  await until(() => equal([a.bus.connected, b.bus.connected], [false, false]));
  own.cont();
  await back;
  a.bus.publish("chat", "1");
  await collector.until("1");
});

pairTest("redis bus: the subscriptions of one turn are one command", async (own, a, b) => {
  const subscriptions = Array.from({ length: 500 }, (_, i) => b.bus.subscribe(`chat ${i}`, () => {}));
  await Promise.all(subscriptions.map((subscription) => subscription.ready));
  for (const subscription of subscriptions) subscription.close();
  await arrived(a.bus, b.bus);
  const stats = await own.cli("info", "commandstats");
  ok(/cmdstat_subscribe:calls=2,/.test(stats), stats); // one is the marker's
  ok(/cmdstat_unsubscribe:calls=[12],/.test(stats), stats); // the marker may be closed by now
});

serviceTest("redis: deployments on one Redis do not mix, and a server's own echo is dropped", async () => {
  const prefix = newPrefix();
  const a = await open(redis().url, "a", prefix);
  const twin = await open(redis().url, "a", prefix);
  const stranger = await open(redis().url, "b", newPrefix());
  const friend = await open(redis().url, "b", prefix);
  const collectors = new Map([a, twin, stranger, friend].map((server) => [server, new Collector()]));
  await Promise.all(
    [...collectors].map(([server, { listener }]) => server.bus.subscribe("chat", listener).ready),
  );
  a.bus.publish("chat", "1");
  a.presence.add(ann);
  await collectors.get(friend)!.until("1");
  await seenSoon(friend.presence, [ann]);
  equal([...collectors.values()].map(({ messages }) => messages), [[], [], [], ["1"]]);
  equal(await onlineAt(stranger.presence), []);
  await close(a, twin, stranger, friend);
});

serviceTest("redis: what cannot be used says where, why and what to do, but no password", async () => {
  const { port } = new URL(redis().url);
  const messages: [url: string, message: RegExp][] = [
    [
      "redis://127.0.0.1:1",
      /^cannot use the Redis at 127.0.0.1:1: .*ECONNREFUSED.*: start it, or correct --redis$/,
    ],
    [
      `redis://u:secret@127.0.0.1:${port}`,
      /^cannot use the Redis at 127.0.0.1:\d+: WRONGPASS.*: correct user and password in --redis$/,
    ],
    [
      `redis://127.0.0.1:${port}/99`,
      /^cannot use the Redis at 127.0.0.1:\d+: ERR DB index is out of range: correct the number after the host/,
    ],
    [
      "redis://no-such-host.invalid",
      /^cannot use the Redis at no-such-host.invalid:6379: .*(ENOTFOUND.*: there is no such host: correct|EAI_AGAIN)/,
    ],
    ["http://secret", /is not of the form redis:/],
    ["secret", /is not of the form redis:/],
  ];
  for (const [url, message] of messages) {
    await rejects(open(url, "a", "p:"), (error: Error) => {
      ok(message.test(error.message), error.message);
      ok(!error.message.includes("secret"), error.message);
      return true;
    });
  }
});

serviceTest("redis: a password that is missing is told", async () => {
  await using own = await startRedis();
  await own.cli("config", "set", "requirepass", "secret");
  await rejects(
    open(own.url, "a", "p:"),
    /^Error: cannot use the Redis at \S+: NOAUTH.*: it wants a password: redis:\/\/:password@host or /,
  );
});

pairTest("redis presence: a server counts while its lease lives", async (own, a, b) => {
  a.presence.add(ann);
  b.presence.add(bob);
  await seenSoon(b.presence, [ann, bob]);
  ok(Number(await own.cli("ttl", "p:lease:a")) > 10);
  await own.cli("del", "p:lease:a"); // as if a had been stopped for 15 s
  equal(await onlineAt(b.presence), [bob]);
  await until(async () => equal(await own.cli("exists", "p:online:a"), "0"));
  equal(await own.cli("smembers", "p:servers"), "b");
  // It is back, and nobody has told it.
  equal((await onlineAt(a.presence)).includes(ann), true);
  equal(a.presence.settled, false);
  await seenSoon(b.presence, [ann, bob]);
});

pairTest("redis presence: each renewal mends what is missing", async (own, a, b) => {
  a.presence.add(ann);
  a.presence.add(cleo);
  await seenSoon(b.presence, [ann, cleo]);
  await own.cli("srem", "p:online:a", String(ann));
  await seenSoon(b.presence, [ann, cleo]);
  await own.cli("del", "p:lease:a", "p:online:a");
  await seenSoon(b.presence, [ann, cleo]);
  await own.cli("flushall");
  await seenSoon(b.presence, [ann, cleo]);
  equal(b.presence.settled, false);
}, 20);

pairTest("redis presence: what a dead server left is taken away", async (own, a) => {
  await own.cli("sadd", "p:servers", "dead");
  await own.cli("sadd", "p:online:dead", String(cleo));
  equal(await onlineAt(a.presence), []);
  await until(async () => equal(await own.cli("exists", "p:online:dead"), "0"));
  equal((await own.cli("smembers", "p:servers")).split("\n").sort(), ["a", "b"]);
});

pairTest(
  "redis presence: without Redis each server knows its own, and both again when it is back",
  async (own, a, b) => {
    a.presence.add(ann);
    a.presence.add(bob);
    await seenSoon(b.presence, [ann, bob]);
    await own.kill();
    await until(() => equal(a.presence.settled, false));
    a.presence.remove(bob);
    a.presence.add(cleo);
    equal(await onlineAt(a.presence), [ann, cleo]);
    equal(await onlineAt(b.presence), []);
    await own.restart();
    await seenSoon(b.presence, [ann, cleo]);
    equal([a.presence.settled, b.presence.settled], [false, false]); // for 15 s: the others may not be back
  },
);

serviceTest("redis presence: a server that closes leaves nothing", async () => {
  await using own = await startRedis();
  const a = await open(own.url, "a", "p:");
  a.presence.add(ann);
  await until(async () => equal(await own.cli("scard", "p:online:a"), "1"));
  await close(a);
  equal(await own.cli("keys", "*"), "");
});
