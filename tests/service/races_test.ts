/** Many who do the same at once, on three servers: who they are and how many sessions they have stays exact. */
import { deepStrictEqual as equal } from "node:assert/strict";
import type { Deployment } from "../kit/scenario.ts";
import { PASSWORD } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";
import { Refused, type Wire } from "../kit/wire.ts";
import { holdNext } from "./hold.ts";
import { CHEAP, insertSession, insertUser } from "./population.ts";
import { startTrio } from "./trio.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

const MANY = 50;

/** So many connections, on each server in its turn. */
function connectMany(trio: Deployment, stack: AsyncDisposableStack, count = MANY): Promise<Wire[]> {
  return Promise.all(Array.from({ length: count }, async () => stack.use(await trio.server().connect())));
}

const ann = { name: "ann", password: PASSWORD };

serviceTest("fifty logins of one user at once are fifty sessions, and leave no ghost", async () => {
  await using trio = await startTrio(mariadb(), redis());
  const { database } = trio.server();
  const { id } = await insertUser(database, "ann");
  await insertUser(database, "bob");
  await using bob = await trio.login("bob");
  {
    await using first = await trio.login("ann");
    await first.wire.request("contact_add", { user: bob.id });
    await bob.wire.request("contact_accept", { user: id });
    await bob.wire.take("presence", ({ online }) => online);
    await first.wire.request("logout");
    await bob.wire.take("presence", ({ online }) => !online);
  }
  {
    await using wires = new AsyncDisposableStack();
    const all = await connectMany(trio, wires);
    const replies = await Promise.all(all.map((wire) => wire.request("login", ann)));
    await bob.wire.take("presence", ({ online }) => online);
    const { sessions } = await all[0]!.request("sessions");
    const begun = replies.map(({ session }) => session);
    equal(sessions.map(({ session }) => session), begun.toSorted((a, b) => a - b));

    await all[0]!.request("send", { user: id, cid: "note", text: "to all of me" });
    for (const wire of all) await wire.take("event", ({ kind }) => kind === "text");
    equal(bob.wire.kept.filter(({ type }) => type === "presence"), [], "it was told once");
  }
  await bob.wire.take("presence", ({ online }) => !online);
  for (const server of trio.servers) {
    await using again = await server.login("bob");
    equal(again.reply.contacts.map(({ user, online }) => [user.id, online]), [[id, false]]);
  }
  await bob.wire.settle();
  equal(bob.wire.kept.filter(({ type }) => type === "presence"), []);
});

serviceTest("where one session is allowed, one of fifty logins at once stays", async () => {
  await using trio = await startTrio(mariadb(), redis(), { sessions: 1 });
  const { database } = trio.server();
  const { id } = await insertUser(database, "ann");
  await using wires = new AsyncDisposableStack();
  const all = await connectMany(trio, wires);
  const begun = await Promise.all(
    all.map((wire) =>
      wire.request("login", ann).then(({ session }) => session, (error) => {
        // Replaced before its answer was ready.
        equal((error as Refused).refusal.code, "bad_token");
        return undefined;
      })
    ),
  );
  const [{ living }] = await database.query<{ living: number }>(
    "SELECT id AS living FROM sessions WHERE user_id = ?",
    [id],
  ) as [{ living: number }];
  for (const [i, wire] of all.entries()) {
    if (begun[i] === undefined) {
      equal(await wire.refused("sessions"), "not_logged_in");
    } else if (begun[i] !== living) {
      equal(await wire.take("bye"), { type: "bye", reason: "replaced" });
      await wire.ended();
    }
  }
  const last = all[begun.indexOf(living as typeof begun[number])]!;
  const { sessions } = await last.request("sessions");
  equal(sessions.map(({ session, current }) => [session, current]), [[living, true]]);
  await last.request("send", { user: id, cid: "note", text: "I am the one" });
  await last.take("event", ({ kind }) => kind === "text");
});

serviceTest("logins and resumes at once: each session lives in one connection", async () => {
  await using trio = await startTrio(mariadb(), redis());
  const { database } = trio.server();
  const person = await insertUser(database, "ann");
  const old = await Promise.all(Array.from({ length: 5 }, () => insertSession(database, person)));
  await using wires = new AsyncDisposableStack();
  const all = await connectMany(trio, wires);
  const replies = await Promise.all(
    all.map((wire, i) =>
      i % 2 ? wire.request("login", ann) : wire.request("resume", { token: old[i / 2 % old.length]!.token })
    ),
  );
  const expected = new Set(replies.map(({ session }) => session));
  equal(expected.size, MANY / 2 + old.length);
  // Each hears of the later ones, sooner or later; the latest hears of none.
  await until(() => equal(all.filter((wire) => !wire.isEnded).length, expected.size));
  const living = all.flatMap((wire, i) => wire.isEnded ? [] : [replies[i]!.session]);
  equal(new Set(living), expected, "one of each");
  for (const wire of all) {
    if (wire.isEnded) equal((await wire.take("bye")).reason, "replaced");
    else equal((await wire.request("sessions")).sessions.length, expected.size);
  }
});

serviceTest(
  "a resume that begins after a later one of its session ends, whichever is told first",
  async () => {
    await using trio = await startTrio(mariadb(), redis());
    const [a, b] = trio.servers;
    const { token } = await insertSession(a!.database, await insertUser(a!.database, "ann"));
    await using early = await a!.connect();
    await using late = await b!.connect();
    // The session is marked as used, and its connection does not know it yet.
    const used = holdNext(a!.database, "transaction");
    const resuming = early.request("resume", { token });
    await used.reached;
    await late.request("resume", { token });
    used.release();
    await resuming;
    equal((await early.take("bye")).reason, "replaced");
    await late.settle();
  },
);

serviceTest("one name registered fifty times at once, in every form, has one owner", async () => {
  await using trio = await startTrio(mariadb(), redis());
  // All have found the name free before the first of them takes it.
  const hashing = Promise.withResolvers<void>();
  let waiting = 0;
  for (const { chat: { passwords } } of trio.servers) {
    passwords.hash = async () => {
      if (++waiting === MANY) hashing.resolve();
      await hashing.promise;
      return CHEAP;
    };
  }
  const forms = ["RenéeGroß", "RENÉEGROSS", "rene\u0301egroß", "ｒｅｎéegross", "Ｒene\u0301eGroẞ"];
  await using wires = new AsyncDisposableStack();
  const all = await connectMany(trio, wires);
  const results = await Promise.allSettled(
    all.map((wire, i) => wire.request("register", { name: forms[i % forms.length]!, password: PASSWORD })),
  );
  const owners = results.flatMap((result) => result.status === "fulfilled" ? [result.value.user.id] : []);
  equal(owners.length, 1);
  for (const result of results) {
    if (result.status === "rejected") equal((result.reason as Refused).refusal.code, "name_taken");
  }
  // Nothing is left of the others, and every form is the owner's.
  const { database } = trio.server();
  for (const table of ["users", "chats", "members", "sessions", "events"]) {
    equal(await database.query(`SELECT COUNT(*) AS n FROM ${table}`), [{ n: 1 }], table);
  }
  for (const name of forms) {
    await using again = await trio.server().connect();
    equal((await again.request("login", { name, password: PASSWORD })).user.id, owners[0], name);
  }
});
