/** One line, sent over and over: whatever has become of its text and its sender, it is one event with one answer. */
import { deepStrictEqual as equal } from "node:assert/strict";
import type { Deployment } from "../kit/scenario.ts";
import { PASSWORD, type User } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import type { Wire } from "../kit/wire.ts";
import { insertGroup, insertUser } from "./population.ts";
import { startTrio } from "./trio.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

const TIMES = 100;

/** Three connections to each of the servers. */
function devices(trio: Deployment, stack: AsyncDisposableStack, name: string): Promise<Wire[]> {
  return Promise.all(Array.from({ length: 9 }, async () => {
    const wire = stack.use(await trio.server().connect());
    await wire.request("login", { name, password: PASSWORD });
    return wire;
  }));
}

/** Ann, on nine devices, and Bob; a group of theirs that Bob owns. */
async function world(stack: AsyncDisposableStack) {
  const trio = stack.use(await startTrio(mariadb(), redis()));
  const { database } = trio.server();
  const [bobs, anns] = [await insertUser(database, "bob"), await insertUser(database, "ann")];
  const chat = await insertGroup(database, [bobs, anns], []);
  const bob: User = stack.use(await trio.login("bob"));
  return { trio, database, chat, bob, annId: anns.id, ann: await devices(trio, stack, "ann") };
}

serviceTest("a line that is sent a hundred times, over three servers, is one event for ever", async () => {
  await using stack = new AsyncDisposableStack();
  const { database, chat, bob, ann, annId } = await world(stack);
  const send = { chat, cid: "same", text: "once" };
  const answers = await Promise.all(
    Array.from({ length: TIMES }, (_, i) => ann[i % ann.length]!.request("send", send)),
  );
  const [first] = answers.filter(({ dup }) => !dup);
  equal(answers.filter(({ dup }) => dup), Array(TIMES - 1).fill({ ...first, dup: true }));

  /** Again over every device, with the same text and with another one. */
  const repeat = async () => {
    for (let i = 0; i < TIMES; i++) {
      equal(await ann[i % ann.length]!.request("send", send), { ...first, dup: true });
    }
    for (const wire of ann) {
      equal(await wire.refused("send", { ...send, text: "twice" }), "cid_conflict");
      equal(
        await wire.refused("send", { chat: bob.reply.chats[0]!.chat, cid: "same", text: "once" }),
        "cid_conflict",
      );
      equal(
        await wire.refused("edit", { chat, target: first!.seq, cid: "same", text: "once" }),
        "cid_conflict",
      );
    }
  };
  await repeat();
  await ann[0]!.request("edit", { chat, target: first!.seq, cid: "edit", text: "another text" });
  await repeat();
  await ann[1]!.request("delete", { chat, target: first!.seq, cid: "delete" });
  await repeat();
  await bob.wire.request("group_kick", { chat, user: annId });
  await repeat();
  equal(await ann[2]!.refused("send", { ...send, cid: "new" }), "not_found");

  // Every repeat was announced again, and shown to nobody twice.
  await bob.wire.request("send", { chat, cid: "last", text: "last" });
  for (const kind of ["text", "edit", "delete", "kick", "text"] as const) await bob.wire.event(chat, kind);
  await bob.wire.settle();
  equal(bob.wire.kept.filter((message) => message.chat === chat), []);
  equal(
    await database.query("SELECT kind FROM events WHERE chat_id = ? ORDER BY seq", [chat]),
    ["text", "edit", "delete", "kick", "text"].map((kind) => ({ kind })),
  );
});

serviceTest("of texts that race for one cid, one is the event, and the others are refused", async () => {
  await using stack = new AsyncDisposableStack();
  const { chat, bob, ann } = await world(stack);
  for (let round = 1; round <= 20; round++) {
    const answers = await Promise.all(
      ann.map((wire, i) => wire.ask({ type: "send", chat, cid: `race${round}`, text: `text ${i % 3}` })),
    );
    const { text } = await bob.wire.event(chat, "text");
    for (const [i, { code, seq }] of answers.entries()) {
      equal([code, seq], `text ${i % 3}` === text ? [undefined, round] : ["cid_conflict", undefined]);
    }
    equal(answers.filter(({ type, dup }) => type === "ok" && !dup).length, 1);
  }
});
