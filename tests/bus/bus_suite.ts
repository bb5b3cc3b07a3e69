/** What every bus must do: the guarantees of lib/bus/bus.ts between two servers. */
import { deepStrictEqual as equal, throws } from "node:assert/strict";
import type { Bus } from "../../lib/bus/bus.ts";

/** Collects what one channel brings, and can be waited for. */
export class Collector {
  readonly messages: string[] = [];
  #wanted: { message: string; arrived: () => void } | undefined;

  readonly listener = (message: string): void => {
    this.messages.push(message);
    if (this.#wanted?.message === message) this.#wanted.arrived();
  };

  /** Resolves when this message has come. */
  until(message: string): Promise<void> {
    if (this.messages.includes(message)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { message, arrived: resolve };
    return promise;
  }
}

/** Resolves when everything that `from` published before has reached `to`, if anything of it ever does. */
export async function arrived(from: Bus, to: Bus): Promise<void> {
  const marker = new Collector();
  const subscription = to.subscribe("marker", marker.listener);
  await subscription.ready;
  from.publish("marker", "here");
  await marker.until("here");
  subscription.close();
}

/** Registers the suite; `open` opens the buses of two servers. */
export function busSuite(
  what: string,
  register: (name: string, fn: () => Promise<void>) => void,
  open: () => Promise<[Bus, Bus]>,
): void {
  const test = (name: string, fn: (a: Bus, b: Bus) => Promise<void>) =>
    register(`${what}: ${name}`, async () => {
      const [a, b] = await open();
      try {
        await fn(a, b);
      } finally {
        await Promise.all([a.close(), b.close()]);
      }
    });

  test("a channel's messages arrive in order, not at the publisher", async (a, b) => {
    const [atA, atB] = [new Collector(), new Collector()];
    await Promise.all([a.subscribe("chat", atA.listener).ready, b.subscribe("chat", atB.listener).ready]);
    const messages = ["plain", "with spaces and ünï 😀", "", " ", "x".repeat(70_000), ...Array(200).keys()]
      .map(String);
    for (const message of messages) a.publish("chat", message);
    a.publish("chat", "last of a");
    equal(atB.messages, []); // never in the publisher's own turn
    await atB.until("last of a");
    equal(atB.messages, [...messages, "last of a"]);
    b.publish("chat", "of b");
    await atA.until("of b");
    equal(atA.messages, ["of b"]);
    equal([a.connected, b.connected], [true, true]);
  });

  test("only the channel's listener hears it", async (a, b) => {
    const [one, other] = [new Collector(), new Collector()];
    await Promise.all([b.subscribe("one", one.listener).ready, b.subscribe("other", other.listener).ready]);
    a.publish("nobody's", "x");
    a.publish("one", "1");
    a.publish("other", "2");
    await other.until("2");
    equal([one.messages, other.messages], [["1"], ["2"]]);
  });

  test("a closed subscription hears nothing more, and closing again does nothing", async (a, b) => {
    const first = new Collector();
    const subscription = b.subscribe("chat", first.listener);
    await subscription.ready;
    subscription.close();
    a.publish("chat", "too late");
    await arrived(a, b);
    equal(first.messages, []);
    const second = new Collector();
    const next = b.subscribe("chat", second.listener);
    subscription.close();
    await next.ready;
    a.publish("chat", "for the second");
    await second.until("for the second");
    equal(first.messages, []);
  });

  test("unsubscribing and subscribing never cross", async (a, b) => {
    let last = new Collector();
    let subscription = b.subscribe("chat", last.listener);
    for (let i = 0; i < 50; i++) {
      // By turns in one turn of the loop, across turns, and before and after the confirmation.
      if (i % 3 === 0) await subscription.ready;
      if (i % 3 === 1) await new Promise((resolve) => queueMicrotask(() => resolve(0)));
      subscription.close();
      if (i % 4 === 0) await new Promise((resolve) => queueMicrotask(() => resolve(0)));
      last = new Collector();
      subscription = b.subscribe("chat", last.listener);
      if (i % 5 !== 0) continue;
      await subscription.ready;
      a.publish("chat", `round ${i}`);
      await last.until(`round ${i}`);
    }
    subscription.close();
    a.publish("chat", "to nobody");
    await arrived(a, b);
    equal(last.messages.includes("to nobody"), false);
  });

  test("a channel has one listener", (_, b) => {
    b.subscribe("chat", () => {});
    throws(() => b.subscribe("chat", () => {}), /has its listener already/);
    return Promise.resolve();
  });

  test("whoever waits for a subscription that is closed does not wait for ever", async (_, b) => {
    const subscription = b.subscribe("chat", () => {});
    subscription.close();
    await subscription.ready;
  });

  test("after close nothing arrives and nothing throws", async (a, b) => {
    const collector = new Collector();
    await b.subscribe("chat", collector.listener).ready;
    await b.close();
    a.publish("chat", "x");
    b.publish("chat", "x");
    equal(collector.messages, []);
  });
}
