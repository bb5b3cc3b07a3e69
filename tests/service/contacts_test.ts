import { deepStrictEqual as equal } from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("a request that is accepted makes friends", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  equal(await ann.wire.request("contact_add", { name: "BOB" }), { user: bob.reply.user, state: "requested" });
  const asked = await bob.wire.event(bob.personal, "contact");
  equal([asked.user, asked.name, asked.state], [ann.id, "ann", "incoming"]);
  // Asking again changes nothing, and one's own request cannot be accepted.
  equal((await ann.wire.request("contact_add", { user: bob.id })).state, "requested");
  equal((await ann.wire.request("contact_accept", { user: bob.id })).state, "requested");

  equal((await bob.wire.request("contact_accept", { user: ann.id })).state, "friend");
  equal((await ann.wire.event(ann.personal, "contact")).state, "requested");
  equal((await ann.wire.event(ann.personal, "contact")).state, "friend");
  equal((await ann.wire.request("contacts")).contacts, [
    { user: bob.reply.user, state: "friend", blocked: false, online: true },
  ]);
  await using again = await deployment.login("bob");
  equal(again.reply.contacts, [{ user: ann.reply.user, state: "friend", blocked: false, online: true }]);
});

scenario("two who ask each other are friends", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const states = await Promise.all([
    ann.wire.request("contact_add", { user: bob.id }),
    bob.wire.request("contact_add", { user: ann.id }),
  ]);
  equal(states.some(({ state }) => state === "friend"), true);
  equal((await ann.wire.request("contacts")).contacts[0]!.state, "friend");
  equal((await bob.wire.request("contacts")).contacts[0]!.state, "friend");
});

scenario("a contact is removed on both sides", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await ann.wire.request("contact_add", { user: bob.id });
  await bob.wire.request("contact_add", { user: ann.id });
  await ann.wire.request("contact_remove", { user: bob.id });
  equal((await ann.wire.request("contacts")).contacts, []);
  equal((await bob.wire.request("contacts")).contacts, []);
  equal(await ann.wire.refused("contact_remove", { user: bob.id }), "not_found");
});

scenario("who is not there, oneself, and who blocks cannot be asked", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  equal(await ann.wire.refused("contact_add", { name: "nobody" }), "not_found");
  equal(await ann.wire.refused("contact_add", { user: ann.id }), "bad_request");
  equal(await ann.wire.refused("contact_accept", { user: bob.id }), "not_found");
  await bob.wire.request("block", { user: ann.id });
  equal(await ann.wire.refused("contact_add", { user: bob.id }), "blocked");
});

scenario("a block ends a friendship", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await ann.wire.request("contact_add", { user: bob.id });
  await bob.wire.request("contact_add", { user: ann.id });
  await ann.wire.request("block", { user: bob.id });
  equal((await bob.wire.request("contacts")).contacts, []);
  equal((await ann.wire.request("contacts")).contacts, [{
    user: bob.reply.user,
    state: "none",
    blocked: true,
  }]);
  await ann.wire.request("block", { user: bob.id });
  await ann.wire.request("unblock", { user: bob.id });
  equal((await ann.wire.request("contacts")).contacts, []);
});
