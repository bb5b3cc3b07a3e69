/** Clients that are killed, and started again: nothing is lost, and nothing is stored twice. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Folder } from "../kit/folder.ts";
import type { Process } from "../kit/process.ts";
import { Random } from "../kit/random.ts";
import { scenario } from "../kit/scenario.ts";
import { PASSWORD, type User } from "../kit/server.ts";
import { run, SCRIPT, start } from "./client_process.ts";

const TEXTS = 400;
const SEED = 20_261_121;

const SENDING = /^chat-client: sending \d+ texts? that an earlier run left$/;

const numbered = Array.from({ length: TEXTS }, (_, i) => `text ${i}`);

/** All texts of a chat, from its log. */
async function textsOf({ wire }: User, chat: number): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0, more = true; more;) {
    const page = await wire.request("history", { chat, after, limit: 200 });
    texts.push(...page.events.flatMap(({ kind, text }) => kind === "text" ? [text as string] : []));
    after = (page.events.at(-1)?.seq as number | undefined) ?? after;
    more = page.more;
  }
  return texts;
}

/** What a dead client left to be sent. */
function draftsIn(folder: Folder): string[] {
  using db = new DatabaseSync(folder.file("client.db"), { readOnly: true });
  return db.prepare("SELECT fields FROM drafts ORDER BY id").all()
    .map(({ fields }) => JSON.parse(fields as string).text);
}

/** Waits until a client has ended by itself, or kills it when so many texts more are in the log. */
async function killAfter(client: Process, ann: User, chat: number, texts: number): Promise<boolean> {
  const ended = client.status.then(() => true);
  for (let seen = 0; seen < texts; seen++) {
    const next = ann.wire.event(chat, "text").then(() => false);
    next.catch(() => {}); // it ended first, and there are no more
    if (await Promise.race([ended, next])) {
      equal([(await client.status).code, client.stderr.here.filter((line) => !SENDING.test(line))], [0, []]);
      return true;
    }
  }
  client.kill("SIGKILL");
  await ended;
  return false;
}

scenario("a sender that is killed again and again: each text is in the log once, in order", async (chats) => {
  await using folder = await Folder.make();
  const env = { CHAT_STATE_DIR: folder.path };
  await using ann = await chats.user("ann");
  const { port } = chats.server();
  equal((await run([port, "--register", ...SCRIPT, "bob", "--exec", "/whoami"], [PASSWORD], env)).code, 0);
  const { chat } = await ann.wire.request("group_create", { name: "log", public: true });
  equal((await run([port, "--name", "bob", "--exec", `/join #${chat}`], [], env)).stderr, []);
  await ann.wire.event(chat, "create");
  await ann.wire.event(chat, "join");

  const random = new Random(SEED);
  let kills = 0;
  for (let isDone = false; !isDone;) {
    await ann.wire.settle();
    ann.wire.clear();
    const stored = await textsOf(ann, chat);
    const left = kills === 0 ? [] : draftsIn(folder);
    // What a client has taken is in the log, or with it, or in both, if it was killed before it had the answer.
    const taken = [...stored, ...left.filter((text) => !stored.includes(text))];
    equal(taken, numbered.slice(0, taken.length), `seed ${SEED}, kill ${kills}`);

    await using client = start([port, "--name", "bob"], env);
    const lines = numbered.slice(taken.length).map((text) => `/send #${chat} ${text}\n`);
    const fed = client.write(lines.join("")).then(() => client.closeInput()).catch(() => {});
    isDone = await killAfter(client, ann, chat, random.below(70)) ||
      (await textsOf(ann, chat)).length === TEXTS && draftsIn(folder).length === 0;
    await fed;
    if (!isDone) kills++;
  }
  equal(await textsOf(ann, chat), numbered);
  ok(kills >= 3, `it was killed ${kills} times only`);
});

scenario(
  "a follower that is killed again and again: what all its runs printed has no hole",
  async (chats) => {
    await using folder = await Folder.make();
    const env = { CHAT_STATE_DIR: folder.path };
    await using ann = await chats.user("ann");
    const { port } = chats.server();
    const register = ["--register", ...SCRIPT, "bob", "--exec", "/whoami"];
    equal((await run([port, ...register], [PASSWORD], env)).code, 0);
    const { chat } = await ann.wire.request("group_create", { name: "log" });

    const random = new Random(SEED + 1);
    const printed: number[] = [];
    const follow = async (until: number, meanwhile: () => Promise<void>) => {
      const args = ["--name", "bob", "--follow", "--json", "--exec", "/whoami"];
      await using client = start([port, ...args], env);
      await client.stdout.match(/"whoami"/);
      const doing = meanwhile();
      await client.stdout.match(new RegExp(`"chat":${chat},"seq":${until},`));
      client.kill("SIGKILL");
      await Promise.all([client.status, doing]);
      const seqs = seqsOf(client, chat);
      equal(seqs, seqs.toSorted((a, b) => a - b), "a run prints in order");
      equal(new Set(seqs).size, seqs.length, "and each event once");
      printed.push(...seqs);
    };
    // The first two events of the log are its creation and the invitation.
    let sent = 2;
    const send = async (count: number) => {
      for (const end = sent + count; sent < end; sent++) {
        await ann.wire.request("send", { chat, cid: `t${sent}`, text: `text ${sent + 1}` });
      }
    };
    await follow(2, async () => {
      const [bob] = (await ann.wire.request("find_user", { name: "bob" })).users;
      await ann.wire.request("group_invite", { chat, user: bob!.id });
    });
    for (let kills = 0; kills < 6; kills++) {
      const next = Math.max(...printed) + 1;
      await follow(Math.min(next + random.below(60), sent + 50), () => send(50));
      await send(20);
    }
    await follow(sent, () => Promise.resolve());
    const expected = Array.from({ length: sent - 1 }, (_, i) => i + 2);
    equal([...new Set(printed)].toSorted((a, b) => a - b), expected, `seed ${SEED + 1}`);
  },
);

function seqsOf(client: Process, chat: number): number[] {
  // The last line may be cut off by the kill.
  return client.stdout.here.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line))
    .filter((message) => message.type === "event" && message.chat === chat).map(({ seq }) => seq);
}
