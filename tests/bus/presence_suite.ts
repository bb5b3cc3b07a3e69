/** What every directory must do: the guarantees of lib/bus/presence.ts between two servers. */
import { deepStrictEqual as equal } from "node:assert/strict";
import type { PresenceDirectory } from "../../lib/bus/presence.ts";
import type { UserId } from "../../lib/protocol/fields.ts";
import { until } from "../kit/until.ts";

export const [ann, bob, cleo] = [1, 2, 3] as [UserId, UserId, UserId];

export async function onlineAt(directory: PresenceDirectory): Promise<UserId[]> {
  return [...await directory.online([ann, bob, cleo])].sort();
}

/** Nothing waits for `add` and `remove`: the others see them soon. */
export function seenSoon(directory: PresenceDirectory, users: UserId[]): Promise<void> {
  return until(async () => equal(await onlineAt(directory), users));
}

/** Registers the suite; `open` opens the directories of two servers. */
export function presenceSuite(
  what: string,
  register: (name: string, fn: () => Promise<void>) => void,
  open: () => Promise<[PresenceDirectory, PresenceDirectory]>,
): void {
  const test = (name: string, fn: (a: PresenceDirectory, b: PresenceDirectory) => Promise<void>) =>
    register(`${what}: ${name}`, async () => {
      const [a, b] = await open();
      try {
        await fn(a, b);
      } finally {
        await Promise.all([a.close(), b.close()]);
      }
    });

  test("who is online on any server is online", async (a, b) => {
    equal([a.shared, a.settled], [true, true]);
    equal(await onlineAt(a), []);
    a.add(ann);
    b.add(bob);
    equal((await onlineAt(a)).includes(ann), true); // one's own at once
    await seenSoon(a, [ann, bob]);
    await seenSoon(b, [ann, bob]);
    equal(await b.online([]), new Set());
    equal(await b.online([cleo]), new Set());
  });

  test("a user is online until the last server has no session left", async (a, b) => {
    a.add(ann);
    b.add(ann);
    await seenSoon(a, [ann]);
    a.remove(ann);
    await seenSoon(a, [ann]);
    b.remove(ann);
    equal(await onlineAt(b), []);
    await seenSoon(a, []);
  });

  test("changes of one turn end as the last one says", async (a, b) => {
    for (let i = 0; i < 20; i++) {
      a.add(ann);
      a.remove(ann);
      a.remove(bob);
      a.add(bob);
    }
    await seenSoon(b, [bob]);
  });

  test("more users than go into one command", async (a, b) => {
    const users = Array.from({ length: 2500 }, (_, i) => i + 10 as UserId);
    for (const user of users) a.add(user);
    await until(async () => equal((await b.online(users)).size, users.length));
  });

  test("a server that ends takes its users along", async (a, b) => {
    a.add(ann);
    b.add(bob);
    await seenSoon(b, [ann, bob]);
    await a.close();
    equal(await onlineAt(b), [bob]);
  });
}
