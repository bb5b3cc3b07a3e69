/** What is not stored: typing, read positions on their way, presence. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type Deployment, scenario } from "../kit/scenario.ts";
import type { User } from "../kit/server.ts";
import { holdNext } from "./hold.ts";

async function direct(from: User, to: User): Promise<number> {
  const { chat } = await from.wire.request("send", { user: to.id, cid: "hello", text: "hello" });
  await from.wire.event(chat, "text");
  await to.wire.event(chat, "text");
  return chat;
}

scenario("typing is shown to the others", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await direct(ann, bob);
  await ann.wire.request("typing", { chat });
  equal(await bob.wire.take("typing"), { type: "typing", chat, user: ann.id });
  await ann.wire.settle();
  ok(!ann.wire.kept.some(({ type }) => type === "typing"));
});

scenario("typing of somebody blocked is not shown", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await direct(ann, bob);
  await bob.wire.request("block", { user: ann.id });
  // A hint that was sent after the block's notice, on the same way, shows that the notice has come.
  await bob.wire.request("unblock", { user: ann.id });
  await bob.wire.request("typing", { chat });
  await ann.wire.take("typing");
  await bob.wire.request("block", { user: ann.id });
  await ann.wire.request("typing", { chat });
  await ann.wire.settle();
  await bob.wire.settle();
  if (!deployment.isCluster) ok(!bob.wire.kept.some(({ type }) => type === "typing"));
});

scenario("a direct chat that was just opened takes hints at once", async (deployment) => {
  const server = deployment.server();
  await using ann = await server.user("ann");
  await using bob = await deployment.user("bob");
  await using other = await server.connect();
  const following = holdNext(server.chat.feeds, "open");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "hello" });
  await following.reached;
  const typing = ann.wire.request("typing", { chat });
  await other.settle(); // what was written before this has come
  following.release();
  await typing;
});

scenario(
  "a read position never goes back, goes no further than the head, and is told",
  async (deployment) => {
    await using ann = await deployment.user("ann");
    await using bob = await deployment.user("bob");
    await using phone = await deployment.login("bob");
    const chat = await direct(ann, bob);
    for (const i of [1, 2, 3]) await ann.wire.request("send", { chat, cid: `${i}`, text: `${i}` });
    await bob.wire.texts(chat, 3);
    await bob.wire.request("read", { chat, seq: 3 });
    const told = { type: "read", chat, user: bob.id, seq: 3 };
    equal(await ann.wire.take("read"), told);
    equal(await phone.wire.take("read"), told);
    equal(await bob.wire.refused("read", { chat, seq: 5 }), "bad_request");
    equal(await bob.wire.refused("read", { chat, seq: Number.MAX_SAFE_INTEGER }), "bad_request");
    await bob.wire.request("read", { chat, seq: 1 });
    const read = async (user: User) =>
      (await user.wire.request("chats")).chats.find((entry) => entry.chat === chat)?.read;
    equal(await read(bob), 3);
    await Promise.all(deployment.servers.map(({ chat }) => chat.reads.flush()));
    equal(await read(phone), 3);
    await using later = await deployment.login("bob");
    equal(later.reply.chats.find((entry) => entry.chat === chat)?.read, 3);
  },
);

async function friends(deployment: Deployment): Promise<[User, User]> {
  const ann = await deployment.user("ann");
  const bob = await deployment.user("bob");
  await ann.wire.request("contact_add", { user: bob.id });
  await bob.wire.request("contact_add", { user: ann.id });
  for (const user of [ann, bob]) {
    await user.wire.take("presence", ({ online }) => online);
  }
  return [ann, bob];
}

scenario("friends see each other come and go", async (deployment) => {
  const [ann, bob] = await friends(deployment);
  await using _ann = ann;
  await using bob2 = await deployment.login("bob");
  await bob[Symbol.asyncDispose]();
  await bob2.wire.request("ping");
  await bob2[Symbol.asyncDispose]();
  equal(await ann.wire.take("presence"), { type: "presence", user: bob.id, online: false });
  await using back = await deployment.login("bob");
  equal(await ann.wire.take("presence"), { type: "presence", user: bob.id, online: true });
  equal(back.reply.contacts[0]!.online, true);
});

scenario("strangers and former friends see nothing of it", async (deployment) => {
  const [ann, bob] = await friends(deployment);
  await using _ann = ann;
  await using eve = await deployment.user("eve");
  await direct(eve, bob);
  await bob.wire.request("contact_remove", { user: ann.id });
  for (let state = ""; state !== "none";) {
    state = (await ann.wire.event(ann.personal, "contact")).state as string;
  }
  await bob[Symbol.asyncDispose]();
  await using back = await deployment.login("bob");
  await back.wire.request("send", { user: eve.id, cid: "back", text: "back" });
  await eve.wire.take("event", ({ text }) => text === "back");
  await eve.wire.settle();
  await ann.wire.settle();
  ok(!eve.wire.kept.some(({ type }) => type === "presence"));
  ok(!ann.wire.kept.some(({ type }) => type === "presence"));
});

scenario(
  "a friendship that a resume replays shows nothing of a friend who blocked since",
  async (deployment) => {
    const [ann, bob] = await friends(deployment);
    await using _ann = ann;
    await using _bob = bob;
    await using eve = await deployment.user("eve");
    await ann.wire.request("block", { user: bob.id });
    await using again = await deployment.server().connect();
    await again.request("resume", { token: bob.token, have: { [bob.personal]: 0 } });
    await again.take("event", ({ chat, state }) => chat === bob.personal && state === "none");
    // Whatever the replay asks for is answered before what is asked for later.
    await eve.wire.request("contact_add", { user: bob.id });
    await again.request("contact_add", { user: eve.id });
    equal(await again.take("presence"), { type: "presence", user: eve.id, online: true });
    ok(!again.kept.some(({ type }) => type === "presence"));
  },
);
