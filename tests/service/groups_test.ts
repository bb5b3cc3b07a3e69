import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type Deployment, scenario } from "../kit/scenario.ts";
import type { User } from "../kit/server.ts";
import { holdNext } from "./hold.ts";

async function group(owner: User, members: readonly User[], isPublic = false): Promise<number> {
  const { chat } = await owner.wire.request("group_create", { name: "hiking", public: isPublic });
  for (const { id } of members) await owner.wire.request("group_invite", { chat, user: id });
  return chat;
}

scenario("a group is created once for its cid", async (deployment) => {
  await using ann = await deployment.user("ann");
  const create = { name: "hiking", description: "up and down", cid: "g" };
  const { chat } = await ann.wire.request("group_create", create);
  equal((await ann.wire.event(ann.personal, "added")).entry, {
    chat,
    kind: "group",
    name: "hiking",
    role: "owner",
    seq: 0,
    read: 0,
  });
  const created = await ann.wire.event(chat, "create");
  equal([created.seq, created.name, created.description, created.public], [
    1,
    "hiking",
    "up and down",
    false,
  ]);

  equal(await ann.wire.request("group_create", create), { chat, dup: true });
  await using again = await deployment.login("ann");
  equal(await again.wire.request("group_create", create), { chat, dup: true });
  equal(await ann.wire.refused("group_create", { ...create, name: "biking" }), "cid_conflict");
  const { group, members } = await ann.wire.request("group_info", { chat });
  equal(group, { chat, name: "hiking", description: "up and down", public: false, members: 1 });
  equal(members, [{ user: ann.reply.user, role: "owner", online: true }]);
});

scenario("a group_create that is repeated while it is under way is one group", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using other = await deployment.login("ann");
  await using third = await deployment.login("ann");
  const answers = await Promise.all(
    Array.from(
      { length: 12 },
      (_, i) => [ann, other, third][i % 3]!.wire.request("group_create", { name: "hiking", cid: "same" }),
    ),
  );
  equal(new Set(answers.map(({ chat }) => chat)).size, 1);
  equal(answers.filter(({ dup }) => !dup).length, 1);
  equal((await ann.wire.request("chats")).chats.map(({ kind }) => kind), ["personal", "group"]);
});

scenario("a group's name is bounded in the form in which it is compared", async (deployment) => {
  await using ann = await deployment.user("ann");
  const long = "\u{FDFA}".repeat(64);
  equal(await ann.wire.refused("group_create", { name: long }), "bad_request");
  const chat = await group(ann, []);
  equal(await ann.wire.refused("group_edit", { chat, name: long }), "bad_request");
  await ann.wire.request("group_edit", { chat, name: "\u{FDFA}".repeat(10) });
});

scenario("a group is there for its owner with its first answer", async (deployment) => {
  const server = deployment.server();
  await using ann = await server.user("ann");
  await using other = await server.connect();
  const following = holdNext(server.chat.feeds, "open");
  const chat = await group(ann, []);
  await following.reached;
  const read = ann.wire.request("read", { chat, seq: 1 });
  await other.settle(); // what was written before this has come
  following.release();
  await read;
});

scenario("a private group is entered by invitation, a public one by joining", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await using cid = await deployment.user("cid");
  const hidden = await group(ann, []);
  equal(await bob.wire.refused("group_join", { chat: hidden }), "not_found");
  equal(await bob.wire.refused("group_info", { chat: hidden }), "not_found");
  await ann.wire.request("group_invite", { chat: hidden, user: bob.id });
  await ann.wire.request("group_invite", { chat: hidden, user: bob.id }); // twice is once
  const added = await bob.wire.event(bob.personal, "added");
  equal((added.entry as { seq: number }).seq, 1);
  equal((await bob.wire.event(hidden, "join")).user, bob.id);
  equal(await bob.wire.refused("group_invite", { chat: hidden, user: cid.id }), "not_allowed");

  const open = await group(ann, [], true);
  equal((await bob.wire.request("group_find", { name: "HIK" })).groups.map(({ chat }) => chat), [open]);
  const info = await bob.wire.request("group_info", { chat: open });
  equal([info.group.members, info.members], [1, []]);
  equal((await bob.wire.request("group_join", { chat: open })).seq, 2);
  await bob.wire.request("group_invite", { chat: open, user: cid.id });
  equal((await cid.wire.request("group_info", { chat: open })).members.length, 3);
});

scenario("every member gets every event of a group, in the same order", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await using cid = await deployment.user("cid");
  await using dan = await deployment.user("dan");
  const users = [ann, bob, cid, dan];
  const chat = await group(ann, [bob, cid, dan]);
  await Promise.all(
    users.flatMap((user, i) =>
      Array.from(
        { length: 25 },
        (_, j) => user.wire.request("send", { chat, cid: `${i}-${j}`, text: `${i} ${j}` }),
      )
    ),
  );
  const all = (await ann.wire.request("history", { chat, limit: 500 })).events.map(({ seq }) => seq);
  equal(all, Array.from({ length: 104 }, (_, i) => i + 1));
  const seen = await Promise.all(users.map(async (user) => {
    const seqs: number[] = [];
    while (seqs.at(-1) !== 104) {
      seqs.push((await user.wire.take("event", (event) => event.chat === chat)).seq);
    }
    return seqs;
  }));
  for (const seqs of seen) equal(seqs, all.slice(all.length - seqs.length));
  equal(seen.map((seqs) => seqs.length), [104, 103, 102, 101]);
});

scenario("who comes later sees nothing of what was before", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await group(ann, [], true);
  await ann.wire.request("send", { chat, cid: "1", text: "before" });
  await bob.wire.request("group_join", { chat });
  await ann.wire.request("send", { chat, cid: "2", text: "after" });
  equal((await bob.wire.request("history", { chat })).events.map(({ seq }) => seq), [3, 4]);
  equal((await bob.wire.request("history", { chat, after: 0 })).events.map(({ seq }) => seq), [3, 4]);
  equal(await bob.wire.refused("delete", { chat, target: 2, cid: "d" }), "not_found");
  await bob.wire.event(chat, "join");
  equal((await bob.wire.event(chat, "text")).text, "after");
});

scenario("who is kicked gets nothing after it and can do nothing", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await group(ann, [bob]);
  const before = await bob.wire.request("send", { chat, cid: "1", text: "I am here" });
  await ann.wire.request("group_kick", { chat, user: bob.id });
  equal(await bob.wire.refused("send", { chat, cid: "2", text: "still?" }), "not_found");
  // A repeat of what was stored has its first answer all the same.
  equal(await bob.wire.request("send", { chat, cid: "1", text: "I am here" }), { ...before, dup: true });
  equal(await bob.wire.refused("history", { chat }), "not_found");
  await ann.wire.request("send", { chat, cid: "3", text: "gone" });
  await bob.wire.event(bob.personal, "added");
  equal((await bob.wire.event(bob.personal, "removed")).of, chat);
  await bob.wire.event(chat, "join");
  await bob.wire.event(chat, "text");
  await bob.wire.event(chat, "kick");
  await bob.wire.settle();
  ok(!bob.wire.kept.some((message) => message.chat === chat));
  equal((await bob.wire.request("chats")).chats.map(({ kind }) => kind), ["personal"]);
});

scenario("no text of a kicked member stands above the kick, whatever races it", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await group(ann, [bob]);
  const sends = Array.from(
    { length: 60 },
    (_, i) => bob.wire.request("send", { chat, cid: `${i}`, text: `${i}` }).catch(() => undefined),
  );
  await ann.wire.request("group_kick", { chat, user: bob.id });
  await Promise.all(sends);
  const { events } = await ann.wire.request("history", { chat, limit: 500 });
  const kick = events.findIndex(({ kind }) => kind === "kick");
  equal(events.slice(kick + 1).filter(({ from }) => from === bob.id), []);
  equal(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
});

scenario("who comes again starts there, and lives on the same connection", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await group(ann, [], true);
  for (let round = 0; round < 5; round++) {
    const { seq } = await bob.wire.request("group_join", { chat });
    const added = await bob.wire.event(bob.personal, "added");
    equal((added.entry as { seq: number }).seq, seq - 1);
    equal((await bob.wire.event(chat, "join")).seq, seq);
    await ann.wire.request("send", { chat, cid: `r${round}`, text: `round ${round}` });
    equal((await bob.wire.event(chat, "text")).text, `round ${round}`);
    if (round % 2) await ann.wire.request("group_kick", { chat, user: bob.id });
    else await bob.wire.request("group_leave", { chat });
    await ann.wire.request("send", { chat, cid: `n${round}`, text: "not for bob" });
    await bob.wire.event(bob.personal, "removed");
    await bob.wire.event(chat, round % 2 ? "kick" : "leave");
  }
  ok(!bob.wire.kept.some((message) => message.text === "not for bob"));
});

scenario("roles decide who may do what", async (deployment) => {
  await using owner = await deployment.user("owner");
  await using admin = await deployment.user("admin");
  await using bob = await deployment.user("bob");
  await using cid = await deployment.user("cid");
  const chat = await group(owner, [admin, bob, cid]);
  equal(await admin.wire.refused("group_role", { chat, user: admin.id, role: "admin" }), "bad_request");
  equal(await admin.wire.refused("group_role", { chat, user: bob.id, role: "admin" }), "not_allowed");
  await owner.wire.request("group_role", { chat, user: admin.id, role: "admin" });
  equal(await bob.wire.refused("group_kick", { chat, user: cid.id }), "not_allowed");
  equal(await bob.wire.refused("group_edit", { chat, name: "mine" }), "not_allowed");
  equal(await admin.wire.refused("group_kick", { chat, user: owner.id }), "not_allowed");
  const { seq } = await bob.wire.request("send", { chat, cid: "1", text: "rude" });
  equal(await cid.wire.refused("delete", { chat, target: seq, cid: "d" }), "not_allowed");
  await admin.wire.request("delete", { chat, target: seq, cid: "d" });
  await admin.wire.request("group_edit", { chat, name: "walking", public: true });
  await admin.wire.request("group_kick", { chat, user: bob.id });
  equal(await admin.wire.refused("group_kick", { chat, user: bob.id }), "not_found");

  await owner.wire.request("group_role", { chat, user: cid.id, role: "owner" });
  const { group: info, members } = await cid.wire.request("group_info", { chat });
  equal([info.name, info.public, info.members], ["walking", true, 3]);
  equal(members.map(({ role }) => role), ["admin", "admin", "owner"]);
  equal(await owner.wire.refused("group_role", { chat, user: cid.id, role: "member" }), "not_allowed");
});

scenario("an owner who leaves is followed, and a group that everybody left is gone", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  const chat = await group(ann, [bob], true);
  await ann.wire.request("group_leave", { chat });
  equal((await bob.wire.request("group_info", { chat })).members, [
    { user: bob.reply.user, role: "owner", online: true },
  ]);
  await bob.wire.request("group_leave", { chat });
  equal(await bob.wire.refused("group_leave", { chat }), "not_found");
  equal((await ann.wire.request("group_find", { name: "hik" })).groups, []);
  equal(await ann.wire.refused("group_join", { chat }), "not_found");
});

scenario("a block stands before an invitation too", async (deployment: Deployment) => {
  await using ann = await deployment.user("ann");
  await using bob = await deployment.user("bob");
  await bob.wire.request("block", { user: ann.id });
  const chat = await group(ann, []);
  equal(await ann.wire.refused("group_invite", { chat, user: bob.id }), "blocked");
});
