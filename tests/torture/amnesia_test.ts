import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { serviceTest, shared, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";
import { Amnesia } from "./amnesia.ts";
import { Dice } from "./dice.ts";
import { Proxy } from "./proxy.ts";
import { commandOf, Values, wordsOf } from "./resp.ts";

const redis = shared(() => startRedis());

for (const protocol of [2, 3] as const) {
  serviceTest(`Redis ${protocol} forgets subscriptions, and the client does not notice`, async () => {
    const { Redis } = await import("ioredis");
    const amnesia = new Amnesia();
    using proxy = new Proxy(redis().port, new Dice(1), () => amnesia.filter());
    const subscriber = new Redis({ port: proxy.port, protocol, maxRetriesPerRequest: 0 });
    const got: string[] = [];
    const ends: unknown[] = [];
    subscriber.on("message", (channel: string, text: string) => got.push(`${channel} ${text}`));
    subscriber.on("error", (error: Error) => ends.push(error));
    subscriber.on("close", () => ends.push("closed"));
    const subscribed = async () => (await redis().cli("pubsub", "channels", "*")).split("\n").sort();
    await subscriber.subscribe("a", "b", "c");
    equal(await subscribed(), ["a", "b", "c"]);

    const forgotten = amnesia.forget(["a", "c"]);
    await subscriber.ping();
    await forgotten;
    equal(await subscribed(), ["b"]);
    equal(await redis().cli("publish", "a", "lost"), "0");
    equal(await redis().cli("publish", "b", "1\r\n*2\r\n"), "1");
    await until(() => equal(got, ["b 1\r\n*2\r\n"]));

    // Its own commands have their own answers, as before.
    equal(await subscriber.unsubscribe("c"), 1);
    equal(await subscriber.subscribe("a"), 2);
    equal(await redis().cli("publish", "a", "2"), "1");
    await until(() => equal(got.at(-1), "a 2"));
    equal(ends, []);
    const closed = Promise.withResolvers<void>();
    subscriber.once("end", () => closed.resolve());
    subscriber.disconnect();
    await closed.promise;
  });
}

serviceTest("a connection that has subscribed to nothing forgets nothing", async () => {
  const amnesia = new Amnesia();
  const filter = amnesia.filter();
  filter.up(commandOf("ping"));
  await amnesia.forget(["a"]);
  equal(filter.up(commandOf("ping")), commandOf("ping"));
});

Deno.test("what Redis and its clients say is cut into whole values, wherever it is torn", () => {
  const values = [
    "+OK\r\n",
    "-ERR no\r\n",
    ":5\r\n",
    "$-1\r\n",
    "$0\r\n\r\n",
    "$4\r\n\r\n*1\r\n",
    "*0\r\n",
    "*-1\r\n",
    "*2\r\n$4\r\nping\r\n*1\r\n:1\r\n",
    ">3\r\n$11\r\nunsubscribe\r\n$3\r\nabc\r\n:0\r\n",
    "%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n#t\r\n",
    "=7\r\ntxt:abc\r\n",
    "_\r\n",
  ];
  const bytes = new TextEncoder().encode(values.join(""));
  for (let size = 1; size <= 20; size++) {
    const whole = new Values();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(
        ...whole.take(bytes.subarray(at, at + size)).map((value) => new TextDecoder().decode(value)),
      );
    }
    equal(found, values);
    ok(whole.isWhole);
  }
});

Deno.test("a command is what was said", () => {
  equal(wordsOf(commandOf("subscribe", "grüße", ""), 9), ["subscribe", "grüße", ""]);
  equal(wordsOf(commandOf("a", "b"), 1), ["a"]);
  equal(wordsOf(new TextEncoder().encode("+PONG\r\n"), 1), []);
});
