/** Two servers on MySQL and Redis behind nginx, as users meet them. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Cluster, login, register } from "../kit/cluster.ts";
import { checkLog, readLog, Writer } from "../kit/load.ts";
import { Process } from "../kit/process.ts";
import { PASSWORD, type User } from "../kit/server.ts";
import { ServerProcess } from "../kit/server_process.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

serviceTest("two users on two servers: friends, a talk, offline and back, history, presence", async () => {
  await using cluster = await Cluster.start(mariadb(), redis());
  await using first = await cluster.connect();
  await using second = await cluster.connect();
  equal([first.server, second.server].sort(), ["a", "b"], "nginx gives each server one");
  const ann = await register(first, "ann");
  const bob = await register(second, "bob");

  const { users } = await ann.wire.request("find_user", { name: "bo" });
  equal(users, [{ id: bob.id, name: "bob" }]);
  await ann.wire.request("contact_add", { user: bob.id });
  equal((await bob.wire.event(bob.personal, "contact")).user, ann.id);
  await bob.wire.request("contact_accept", { user: ann.id });
  await ann.wire.take("presence", ({ user, online }) => user === bob.id && online);
  await bob.wire.take("presence", ({ user, online }) => user === ann.id && online);

  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "hello" });
  // A hint reaches whose server follows the chat: who has seen an event of it is sure to be there.
  for (const { wire } of [ann, bob]) equal(await wire.texts(chat, 1), ["hello"]);
  await bob.wire.request("typing", { chat });
  equal((await ann.wire.take("typing")).user, bob.id);
  await bob.wire.request("send", { chat, cid: "1", text: "hello yourself" });
  equal(await ann.wire.texts(chat, 1), ["hello yourself"]);
  await bob.wire.request("read", { chat, seq: 1 });
  const read = await ann.wire.take("read");
  equal([read.user, read.seq], [bob.id, 1]);

  await second[Symbol.asyncDispose]();
  await ann.wire.take("presence", ({ user, online }) => user === bob.id && !online);
  for (const text of ["where", "are", "you"]) await ann.wire.request("send", { chat, cid: text, text });

  // On the other server than before: nothing of a user belongs to one.
  await using third = await cluster.connectTo(first.server);
  const { token, reply: { epoch } } = bob;
  const back = await third.wire.request("resume", { token, epoch, have: { [chat]: 2 } });
  equal(back.chats.filter((entry) => entry.chat === chat).map(({ seq, read }) => [seq, read]), [[5, 1]]);
  equal(await third.wire.texts(chat, 3), ["where", "are", "you"]);
  await ann.wire.take("presence", ({ user, online }) => user === bob.id && online);

  await using fourth = await cluster.connectTo(second.server);
  const phone = await login(fourth, "bob");
  const { events, more } = await phone.wire.request("history", { chat, before: 5, limit: 3 });
  equal([events.map(({ text }) => text), more], [["hello yourself", "where", "are"], true]);
});

serviceTest("a group of four, two on each server, is one talk", async () => {
  await using cluster = await Cluster.start(mariadb(), redis());
  await using clients = new AsyncDisposableStack();
  const users: User[] = [];
  const servers: string[] = [];
  for (const name of ["ann", "bob", "cid", "dan"]) {
    const client = clients.use(await cluster.connect());
    servers.push(client.server);
    users.push(await register(client, name));
  }
  equal(servers.toSorted(), ["a", "a", "b", "b"]);
  const [ann, bob, cid, dan] = users as [User, User, User, User];

  const { chat } = await ann.wire.request("group_create", { name: "hiking" });
  for (const { id } of [bob, cid, dan]) await ann.wire.request("group_invite", { chat, user: id });
  // Each knows of the group by the event that the server tells it, wherever it is connected.
  for (const { wire, personal } of [bob, cid, dan]) {
    const { entry } = await wire.event(personal, "added");
    equal((entry as { chat: number }).chat, chat);
  }
  const count = 25;
  await Promise.all(
    users.flatMap(({ wire, id }) =>
      Array.from(
        { length: count },
        (_, i) => wire.request("send", { chat, cid: `${i}`, text: `${id}: ${i}` }),
      )
    ),
  );
  const logs = await Promise.all(users.map(({ wire }) => texts(wire, chat, 4 * count)));
  for (const log of logs) equal(log, logs[0], "the same for all, in the same order");
  for (const { id } of users) {
    const own = logs[0]!.filter((text) => text.startsWith(`${id}:`));
    equal(own, Array.from({ length: count }, (_, i) => `${id}: ${i}`), "each in the order in which it wrote");
  }

  await ann.wire.request("group_kick", { chat, user: dan.id });
  await dan.wire.event(dan.personal, "removed");
  equal(await dan.wire.refused("send", { chat, cid: "late", text: "let me in" }), "not_found");
});

/** The next `count` texts of a chat, whatever else happens in it. */
async function texts(wire: User["wire"], chat: number, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    found.push(
      (await wire.take("event", (event) => event.chat === chat && event.kind === "text")).text as string,
    );
  }
  return found;
}

serviceTest("nc, through nginx: all answers come, and then the end", async () => {
  await using cluster = await Cluster.start(mariadb(), redis());
  await using nc = new Process("nc", ["-N", "127.0.0.1", String(cluster.port)]);
  await nc.stdout.match(/"type":"welcome"/);
  await nc.write(`{"type":"register","id":1,"name":"ann","password":"${PASSWORD}"}\n`);
  await nc.write(`{"type":"group_create","id":2,"name":"notes","cid":"g"}\r\nnonsense\n`);
  await nc.write(`{"type":"ping","id":"last"}`);
  await nc.closeInput();
  equal((await nc.status).code, 0);
  const said = (await nc.stdout.all).map((line) => JSON.parse(line));
  const answers = said.filter(({ type }) => type === "ok" || type === "error");
  equal(answers.map(({ type, re }) => [type, re]), [["ok", 1], ["ok", 2], ["error", undefined], [
    "ok",
    "last",
  ]]);
});

serviceTest(
  "a server dies under load: nothing is lost or doubled, nobody stays online",
  async () => {
    await using cluster = await Cluster.start(mariadb(), redis());
    await using clients = new AsyncDisposableStack();
    await using watching = await cluster.connectTo("b");
    const ann = await register(watching, "ann");
    // One who does not come back, and those who do.
    const eve = await register(clients.use(await cluster.connectTo("a")), "eve");
    await ann.wire.request("contact_add", { user: eve.id });
    await eve.wire.request("contact_accept", { user: ann.id });
    await ann.wire.take("presence", ({ user, online }) => user === eve.id && online);
    const { chat } = await ann.wire.request("group_create", { name: "all", public: true });
    const names = ["bob", "cid", "dan", "fay"];
    for (const name of names) {
      const { wire } = await register(clients.use(await cluster.connect()), name);
      await wire.request("group_join", { chat });
    }
    const writers: Writer[] = [];
    for (const name of names) writers.push(clients.use(await Writer.login(cluster.port, name)));
    const onA = writers.filter(({ server }) => server === "a");
    ok(onA.length > 0 && onA.length < writers.length, "both servers have some");

    for (const writer of writers) writer.start(chat);
    await Promise.all(writers.map((writer) => writer.written(100)));
    await cluster.server("a").crash();
    await Promise.all(writers.map((writer) => writer.written(200)));
    equal(
      writers.map(({ server }) => server),
      writers.map(() => "b"),
      "those of the dead server are on the other",
    );
    await Promise.all(writers.map((writer) => writer.stop()));

    const log = await readLog(ann.wire, chat);
    await Promise.all(writers.map((writer) => writer.saw(log.length)));
    checkLog(log, writers);
    const [row] = await mariadb().query(
      `SELECT COUNT(*) AS n FROM events WHERE chat_id = ${chat}`,
      cluster.database,
    );
    equal(row!.n, log.length);

    // A dead server's lease ends by itself.
    await until(async () => {
      const { contacts } = await ann.wire.request("contacts");
      equal(contacts.map(({ user, online }) => [user.id, online]), [[eve.id, false]]);
    }, 30_000);
  },
);

serviceTest("servers that start together on an empty database make its tables once", async () => {
  const database = await mariadb().createDatabase();
  const args = ["--mysql", database, "--redis", redis().url];
  const before = await tablesMade();
  await using servers = new AsyncDisposableStack();
  const all = await Promise.all(Array.from({ length: 4 }, () => ServerProcess.start(args)));
  for (const server of all) servers.use(server);

  const tables = await mariadb().query("SHOW TABLES", database);
  // Each server asks for the table that records the steps; all others are made by the one that is first.
  equal(await tablesMade() - before, tables.length - 1 + all.length);
  const steps = await mariadb().query(
    "SELECT MIN(done) AS done, COUNT(*) > 0 AS some FROM schema_steps",
    database,
  );
  equal(steps, [{ done: 1, some: 1 }]);

  const ann = servers.use(await all[0]!.user("ann"));
  for (const server of all.slice(1)) {
    const again = servers.use(await server.login("ann"));
    equal([again.id, again.reply.epoch], [ann.id, ann.reply.epoch]);
  }
});

/** CREATE TABLE statements that MariaDB has been given. */
async function tablesMade(): Promise<number> {
  const [row] = await mariadb().query("SHOW GLOBAL STATUS LIKE 'Com_create_table'");
  return Number(row!.Value);
}
