/** Commands against a server that a test plays: what a line asks for, and what a person sees. */
import { deepStrictEqual as equal, match, rejects, throws } from "node:assert/strict";
import account from "../../lib/client/commands/account.ts" with { type: "text" };
import chats from "../../lib/client/commands/chats.ts" with { type: "text" };
import contacts from "../../lib/client/commands/contacts.ts" with { type: "text" };
import groups from "../../lib/client/commands/groups.ts" with { type: "text" };
import program from "../../lib/client/commands/program.ts" with { type: "text" };
import texts from "../../lib/client/commands/texts.ts" with { type: "text" };
import { usage } from "../../lib/client/commands/command.ts";
import { Places } from "../../lib/client/commands/places.ts";
import { COMMANDS, outcomeLines, parseLine } from "../../lib/client/commands/table.ts";
import { REQUESTS } from "../../lib/protocol/requests.ts";
import { direct, entrance, group, Stage, text } from "./kit.ts";

interface Desk {
  readonly stage: Stage;
  readonly places: Places;
  /** Runs a line; what it asks the server is played meanwhile. */
  run(line: string, play?: () => Promise<unknown>): Promise<string[]>;
}

async function desk(...chats: object[]): Promise<Desk> {
  const stage = await Stage.online(...chats);
  const places = new Places(stage.client);
  const secrets = (...asked: { prompt: string }[]) =>
    Promise.resolve(asked.map(({ prompt }) => `secret for ${prompt}`));
  const context = { client: stage.client, places, secrets, quit() {} };
  const run = async (line: string, play?: () => Promise<unknown>) => {
    const [ran, played] = await Promise.allSettled([parseLine(line)?.run(context), play?.()]);
    if (played.status === "rejected") throw played.reason;
    if (ran.status === "rejected") throw ran.reason;
    const outcome = ran.value;
    return outcome ? outcomeLines(outcome, { state: stage.client.state }) : [];
  };
  return { stage, places, run };
}

const FOUND_BOB = { users: [{ id: 12, name: "bob" }, { id: 13, name: "bobby" }] };
const STORED = { chat: 17, seq: 41, time: 5 };

Deno.test("every command says how it is written, and its example is well written", () => {
  for (const command of COMMANDS) {
    match(usage(command), /^\/[a-z]+( \S.*)?$/);
    equal(parseLine(command.example)?.command, command);
  }
  equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length);
});

Deno.test("the commands cover the protocol", () => {
  const code = [account, contacts, chats, texts, groups, program].join("");
  const methods: Record<string, string> = {
    register: "client.register",
    login: "client.login",
    logout: "client.logout",
    send: "client.send",
    history: "client.history",
  };
  const missing = Object.keys(REQUESTS).filter((type) =>
    // The client resumes by itself.
    type !== "resume" && !code.includes(`"${type}"`) && !code.includes(methods[type] ?? "\0")
  );
  equal(missing, []);
});

Deno.test("wrong use answers with the usage line", () => {
  throws(() => parseLine("/send bob"), {
    name: "UsageError",
    message: "usage: /send NAME TEXT…   for example: /send bob lunch at one?",
  });
  throws(() => parseLine("/frob"), { message: "there is no command /frob; /help lists them" });
  throws(() => parseLine("/opne"), { message: "there is no command /opne; /help lists them" });
  throws(() => parseLine("/opens"), { message: "there is no command /opens: /open?" });
  throws(() => parseLine("/\x1b[2J"), { message: /there is no command \/␛\[2j/ });
  equal(parseLine("   "), undefined);
});

Deno.test("help is made from the table", async () => {
  const { run, stage } = await desk();
  using _ = stage;
  const overview = (await run("/help")).join("\n");
  for (const command of COMMANDS) equal(overview.includes(usage(command)), true, command.name);
  equal(await run("/help /send"), [
    "/send NAME TEXT…",
    "  send a text to a user or a group, without opening the chat",
    "  for example: /send bob lunch at one?",
  ]);
  await rejects(run("/help frob"), { name: "UsageError" });
});

Deno.test("a user is found by name, exactly", async () => {
  const { run, stage } = await desk();
  using _ = stage;
  await run("/send BOB hi  there", async () => {
    const { name } = await stage.peer.answer("find_user", FOUND_BOB);
    const { user, text } = await stage.peer.answer("send", STORED);
    equal([name, user, text], ["BOB", 12, "hi  there"]);
  });
  const nobody = run("/send bo hi", () => stage.peer.answer("find_user", FOUND_BOB));
  await rejects(nobody, { message: "there is nobody and no group named bo" });
});

Deno.test("what is known needs no question", async () => {
  const { run, stage } = await desk(direct(17, 40), group(5, 9));
  using _ = stage;
  const sent = async (line: string) => {
    let fields: unknown;
    await run(line, async () => {
      const { type: _type, id: _id, cid: _cid, ...rest } = await stage.peer.answer("send", STORED);
      fields = rest;
    });
    return fields;
  };
  equal(await sent("/send bob hi"), { chat: 17, text: "hi" });
  equal(await sent("/send @12 hi"), { chat: 17, text: "hi" });
  equal(await sent("/send @99 hi"), { user: 99, text: "hi" });
  equal(await sent("/send #5 hi"), { chat: 5, text: "hi" });
});

Deno.test("a name that is both a user's and a group's is asked about", async () => {
  const { run, stage } = await desk(direct(17, 40), { ...group(5, 9), name: "bob" });
  using _ = stage;
  await rejects(run("/send bob hi"), { message: "bob may be #5 or #17: say which" });
});

Deno.test("lines go to the open chat; // is a slash", async () => {
  const { run, stage, places } = await desk(direct(17, 41, 40));
  using _ = stage;
  await rejects(run("hi"), { message: "no chat is open: /open NAME" });
  const lines = await run("/open bob", async () => {
    await stage.peer.answer("history", { events: [text(17, 41, "hello")], more: false });
    await stage.peer.answer("read");
  });
  match(lines.join("\n"), /^-- bob --\n.* \^41 bob: hello$/);
  equal(places.open, { chat: 17 });
  await run("//shrug", async () => {
    const { chat, text } = await stage.peer.answer("send", STORED);
    equal([chat, text], [17, "/shrug"]);
  });
});

Deno.test("a chat with somebody new opens before there is one, and becomes it", async () => {
  const { run, stage, places } = await desk();
  using _ = stage;
  const lines = await run("/open bob", () => stage.peer.answer("find_user", FOUND_BOB));
  equal(lines, ["-- bob --", "-- nothing was said here yet"]);
  equal(places.open, { user: 12 });
  await rejects(run("/history"), { message: "nothing was said between bob and you yet" });
  await stage.peer.send({
    type: "event",
    chat: 1,
    seq: 4,
    kind: "added",
    from: 7,
    cid: "x",
    time: 5,
    entry: direct(17, 0),
  });
  equal(places.open, { chat: 17 });
});

Deno.test("older messages come page by page", async () => {
  const { run, stage } = await desk(direct(17, 41));
  using _ = stage;
  await run("/open bob", () => stage.peer.answer("history", { events: [text(17, 41)], more: true }));
  const lines = await run("/more 1", async () => {
    const { before, limit } = await stage.peer.answer("history", { events: [text(17, 40)], more: true });
    equal([before, limit], [41, 1]);
  });
  equal([lines[0], lines.length], ["-- older: /more", 2]);
  await run("/more", async () => {
    const { before } = await stage.peer.answer("history", { events: [text(17, 1)], more: false });
    equal(before, 40);
  });
  equal(await run("/more"), ["-- there is nothing before"]);
});

Deno.test("without a number, the last text of mine is edited", async () => {
  const { run, stage } = await desk(direct(17, 41));
  using _ = stage;
  await run("/edit bob^40 new", async () => {
    const { target, chat } = await stage.peer.answer("edit", STORED);
    equal([chat, target], [17, 40]);
  });
  const history = { events: [text(17, 39, "mine", 7), text(17, 40, "mine", 7), text(17, 41)], more: false };
  await run("/open bob", () => stage.peer.answer("history", history));
  await run("/edit new words", async () => {
    await stage.peer.answer("history", history);
    const { target, text } = await stage.peer.answer("edit", STORED);
    equal([target, text], [40, "new words"]);
  });
});

Deno.test("groups: the open one is meant where none is named", async () => {
  const { run, stage } = await desk(group(5, 9), direct(17, 40));
  using _ = stage;
  const none = { events: [], more: false };
  await run("/open #5", () => stage.peer.answer("history", none));
  await run("/invite @12", async () => {
    const { chat, user } = await stage.peer.answer("group_invite");
    equal([chat, user], [5, 12]);
  });
  await run("/set visibility public", async () => {
    const { chat, public: isPublic } = await stage.peer.answer("group_edit");
    equal([chat, isPublic], [5, true]);
  });
  await run('/role bob admin "group 5"', async () => {
    const { user, role } = await stage.peer.answer("group_role");
    equal([user, role], [12, "admin"]);
  });
  await run("/open bob", () => stage.peer.answer("history", none));
  await rejects(run("/leave"), { message: "the open chat is no group: name one" });
});

Deno.test("groups of one name are told apart by their numbers", async () => {
  const { run, stage } = await desk();
  using _ = stage;
  const hiking = { name: "Hiking", description: "", public: true, members: 1 };
  const groups = [{ chat: 5, ...hiking }, { chat: 9, ...hiking }];
  const joined = run("/join hiking", () => stage.peer.answer("group_find", { groups }));
  await rejects(joined, { message: "hiking may be #5 or #9: say which" });
});

Deno.test("a password is asked for, and a token is not shown", async () => {
  const stage = new Stage();
  using _ = stage;
  await stage.client.connect();
  const secrets = (...asked: { prompt: string }[]) =>
    Promise.resolve(asked.map(({ prompt }) => `secret for ${prompt}`));
  const places = new Places(stage.client);
  const context = { client: stage.client, places, secrets, quit() {} };
  const login = parseLine("/login ann")!.run(context);
  const { password } = await stage.peer.answer("login", entrance());
  equal([password, "token" in (await login).answer], ["secret for password", false]);
});
