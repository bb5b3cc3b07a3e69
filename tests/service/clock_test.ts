/**
 * Clocks that are wrong. Order is by `seq` and needs none; what is stored has its time from the database's clock, so
 * that a server's own one is seen in the answer to `ping` alone; waiting and idling go by clocks that nobody sets.
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { openMysql } from "../../lib/database/mysql.ts";
import * as chats from "../../lib/models/chats.ts";
import { startServer, type User } from "../kit/server.ts";
import { RUN, ServerProcess, type Way } from "../kit/server_process.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { type DatabaseClock, setClock } from "./database_clock.ts";

const DAY_MS = 86_400_000;

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

/** A server whose wall clock is off, at each look by the next of `days`. */
function startSkewed(args: readonly string[], ...days: readonly number[]): Promise<ServerProcess> {
  const clock = new URL(`./skewed_clock.ts?days=${days}`, import.meta.url).href;
  const way = RUN.with(-1, "--preload").concat(clock, RUN.at(-1)!);
  return ServerProcess.start(args, { way: way as unknown as Way });
}

/** The database's clock. */
async function now(url: string): Promise<number> {
  const database = await openMysql(url);
  try {
    return await chats.now(database);
  } finally {
    await database.close();
  }
}

/** Texts to and fro, each of which comes to both, and to both at the same place. Returns their times. */
async function talk(ann: User, bob: User, chat: number, from: number, to: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = from; i < to; i++) {
    const text = `${i}`;
    const sent = await (i % 2 ? bob : ann).wire.request("send", { chat, cid: text, text });
    equal(sent.seq, i + 1);
    for (const { wire } of [ann, bob]) {
      const event = await wire.event(chat, "text");
      equal([event.seq, event.text, event.time], [sent.seq, text, sent.time]);
    }
    times.push(sent.time);
  }
  return times;
}

/** What the two of a new direct chat begin with. */
async function meet(ann: User, bob: User): Promise<number> {
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "0", text: "0" });
  for (const { wire } of [ann, bob]) equal(await wire.texts(chat, 1), ["0"]);
  return chat;
}

serviceTest(
  "servers whose clocks are days apart, or jump by days, are one cluster with one time",
  async () => {
    const database = await mariadb().createDatabase();
    const args = ["--mysql", database, "--redis", redis().url];
    const began = await now(database);
    await using jumping = await startSkewed(args, 1, -1);
    await using ahead = await startSkewed(args, 1);
    await using ann = await jumping.user("ann");
    await using bob = await ahead.user("bob");
    const chat = await meet(ann, bob);
    const times = await talk(ann, bob, chat, 1, 20);
    equal(times, times.toSorted((a, b) => a - b), "in a log, time does not go back");

    // A line that is sent again a day later, as that server sees it, and a day before that.
    const again = { chat, cid: "1", text: "1" };
    for (let i = 0; i < 3; i++) {
      equal(await bob.wire.request("send", again), { chat, seq: 2, time: times[0], dup: true });
    }
    await using phone = await jumping.login("bob");
    for (let i = 0; i < 3; i++) {
      equal(await phone.wire.request("send", again), { chat, seq: 2, time: times[0], dup: true });
      equal(await phone.wire.refused("send", { ...again, text: "another" }), "cid_conflict");
    }

    // A session goes to and fro between the clocks, and lives in the newest connection alone.
    let before = ann.wire;
    await using wires = new AsyncDisposableStack();
    for (let i = 0; i < 6; i++) {
      const wire = wires.use(await (i % 2 ? jumping : ahead).connect());
      await wire.request("resume", { token: ann.token });
      equal((await before.take("bye")).reason, "replaced");
      before = wire;
    }
    const { sessions } = await before.request("sessions");
    equal(sessions.map(({ current }) => current), [true]);

    const ended = await now(database);
    const stored = [...times, ...sessions.flatMap(({ created, used }) => [created, used])];
    for (const time of stored) ok(began <= time && time <= ended, `${began} <= ${time} <= ${ended}`);
    ok((await bob.wire.request("ping")).time > ended + DAY_MS / 2, "the server's own clock");
  },
);

serviceTest("clocks that are days apart hide nothing from the sweep", async () => {
  const args = ["--mysql", await mariadb().createDatabase()];
  await using behind = await startSkewed(args, -1);
  await using ahead = await startSkewed(args, 1);
  await using ann = await behind.user("ann");
  await using bob = await ahead.user("bob");
  await talk(ann, bob, await meet(ann, bob), 1, 5);
});

serviceTest("a database whose clock jumps by a day hides nothing from the sweep for long", async () => {
  const database = await mariadb().createDatabase();
  const clock: DatabaseClock = { offsetMs: 0 };
  await using a = await startServer({ database });
  await using b = await startServer({ database });
  for (const server of [a, b]) setClock(server.database, clock);
  await using ann = await a.user("ann");
  await using bob = await b.user("bob");
  const chat = await meet(ann, bob);
  await using phone = await a.login("ann");
  await using wires = new AsyncDisposableStack();
  let newest = phone.wire;
  let next = 1;
  const times: number[] = [];
  for (const days of [0, 1, 0, -1, 0]) {
    clock.offsetMs = days * DAY_MS;
    times.push(...await talk(ann, bob, chat, next, next += 2));
    // Who comes back then takes the session over all the same.
    const again = wires.use(await a.connect());
    await again.request("resume", { token: phone.token });
    equal((await newest.take("bye")).reason, "replaced");
    newest = again;
  }
  ok(times.some((time, i) => time < (times[i - 1] ?? 0)), "the clock has gone back, the log has not");
});

serviceTest("the database's clock is UTC's: where there is summer time, an hour comes twice", async () => {
  await using server = await startServer({ database: await mariadb().createDatabase() });
  const zone = "SELECT @@session.time_zone AS zone";
  equal(await server.database.query(zone), [{ zone: "+00:00" }]);
  equal(await server.database.transaction((tx) => tx.query(zone), "append"), [{ zone: "+00:00" }]);
});
