import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { DatabaseError } from "../../lib/database/database.ts";
import { scenario } from "../kit/scenario.ts";
import { PASSWORD } from "../kit/server.ts";
import { until } from "../kit/until.ts";
import { holdNext } from "./hold.ts";

scenario("a token resumes its session without the password", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using wire = await deployment.server().connect();
  const reply = await wire.request("resume", { token: ann.token });
  equal(reply.user, ann.reply.user);
  equal(reply.session, ann.reply.session);
  equal((await ann.wire.take("bye")).reason, "replaced");
  await ann.wire.ended();
});

scenario("a wrong token is refused", async (deployment) => {
  await using wire = await deployment.server().connect();
  equal(await wire.refused("resume", { token: "x".repeat(32) }), "bad_token");
  equal(await wire.refused("resume", { token: "short" }), "bad_request");
});

scenario("sessions are listed, and revoking one ends it wherever it is", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using other = await deployment.server().connect();
  const { session, token } = await other.request("login", {
    name: "ann",
    password: PASSWORD,
    device: "phone",
  });
  const { sessions } = await ann.wire.request("sessions");
  equal(sessions.map(({ device, current }) => [device, current]), [["", true], ["phone", false]]);
  equal((await ann.wire.event(ann.personal, "signin")).device, "phone");

  await ann.wire.request("revoke", { session });
  equal(await other.take("bye"), { type: "bye", reason: "ended" });
  await other.ended();
  await using late = await deployment.server().connect();
  equal(await late.refused("resume", { token }), "bad_token");
  equal(await ann.wire.refused("revoke", { session }), "not_found");
});

scenario("somebody else's session cannot be revoked", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  equal(await bob.wire.refused("revoke", { session: ann.reply.session }), "not_found");
  await ann.wire.request("ping");
});

scenario("after a logout the connection goes on, and its token does not", async (deployment) => {
  await using ann = await deployment.user("ann");
  await ann.wire.request("logout");
  equal(await ann.wire.refused("chats"), "not_logged_in");
  equal(await ann.wire.refused("resume", { token: ann.token }), "bad_token");
  await ann.wire.request("login", { name: "ann", password: PASSWORD });
  equal((await ann.wire.request("sessions")).sessions.length, 1);
});

scenario("a logout that failed can be repeated", async (deployment) => {
  const server = deployment.server();
  await using ann = await server.user("ann");
  holdNext(server.database, "transaction", { error: new DatabaseError("full", "no room") }).release();
  equal(await ann.wire.refused("logout"), "storage_full");
  equal((await ann.wire.request("sessions")).sessions.length, 1);
  await ann.wire.request("logout");
  equal(await ann.wire.refused("chats"), "not_logged_in");
  equal(await ann.wire.refused("resume", { token: ann.token }), "bad_token");
});

scenario(
  "a new password ends the other sessions and no longer opens with the old one",
  async (deployment) => {
    await using ann = await deployment.user("ann");
    await using other = await deployment.login("ann");
    equal(await ann.wire.refused("password", { old: "not this one", new: "a new password" }), "wrong_login");
    await ann.wire.request("password", { old: PASSWORD, new: "a new password" });
    equal((await other.wire.take("bye")).reason, "ended");
    await ann.wire.request("ping");
    await using late = await deployment.server().connect();
    equal(await late.refused("login", { name: "ann", password: PASSWORD }), "wrong_login");
    await late.request("login", { name: "ann", password: "a new password" });
  },
);

scenario(
  "where one session is allowed, the newest login replaces the others, also in a race",
  async (deployment) => {
    await using first = await deployment.user("ann");
    const wires = await Promise.all(Array.from({ length: 8 }, () => deployment.server().connect()));
    try {
      await Promise.allSettled(
        wires.map((wire) => wire.request("login", { name: "ann", password: PASSWORD })),
      );
      // All but one are told so or were refused because they came too late to live.
      await first.wire.ended();
      await using late = await deployment.login("ann");
      await Promise.all(wires.map(async (wire) => {
        const isIn = await wire.refused("login", { name: "x", password: PASSWORD })
          .catch(() => "ended");
        if (isIn === "already_logged_in") await wire.ended();
      }));
      equal((await late.wire.request("sessions")).sessions.length, 1);
    } finally {
      await Promise.all(wires.map((wire) => wire[Symbol.asyncDispose]()));
    }
  },
  { sessions: 1 },
);

scenario("one session more than allowed ends the oldest", async (deployment) => {
  await using first = await deployment.user("ann");
  await using second = await deployment.login("ann");
  await using third = await deployment.login("ann");
  equal((await first.wire.take("bye")).reason, "replaced");
  await second.wire.request("ping");
  const { sessions } = await third.wire.request("sessions");
  ok(sessions.every(({ session }) => session !== first.reply.session));
  equal(sessions.length, 2);
}, { sessions: 2 });

scenario("of many connections that resume one session at once, exactly one stays", async (deployment) => {
  await using ann = await deployment.user("ann");
  const wires = await Promise.all(Array.from({ length: 6 }, () => deployment.server().connect()));
  try {
    await Promise.all(wires.map((wire) => wire.request("resume", { token: ann.token })));
    // Each hears of the later ones, sooner or later; the latest hears of none.
    await until(() => equal([ann.wire, ...wires].filter((wire) => !wire.isEnded).length, 1));
    const [last] = wires.filter((wire) => !wire.isEnded);
    await last!.request("ping");
  } finally {
    await Promise.all(wires.map((wire) => wire[Symbol.asyncDispose]()));
  }
});
