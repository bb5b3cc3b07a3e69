/** The client's connection, as a server that a test plays sees it. */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { ChatClient } from "../../lib/client/chat_client.ts";
import { FakeServer, WELCOME } from "./fake_server.ts";
import { settled, Stage, text } from "./kit.ts";

const CONNECTED = ["connecting", "guest"];

Deno.test("connecting waits for the welcome", async () => {
  using stage = new Stage();
  await stage.client.connect();
  equal(stage.statuses, CONNECTED);
  equal(stage.client.welcome?.server, "fake");
});

Deno.test("nobody there: one clear reason, at once", async () => {
  using stage = new Stage({ host: "127.0.0.1", port: 6000 });
  stage.server.isDown = true;
  await rejects(() => stage.client.connect(), {
    code: "not_reachable",
    message: "cannot reach 127.0.0.1:6000 (connection refused)",
  });
  equal([stage.client.status.phase, stage.clock.waiting], ["idle", 0]);
});

Deno.test("a server that accepts and is silent is left after 3 s, for the next try", async () => {
  using stage = new Stage();
  stage.server.welcomes = false;
  const connected = stage.client.connect();
  await stage.clock.advance(2_999);
  equal(stage.server.peers.length, 1);
  stage.server.welcomes = true;
  await stage.clock.advance(1_000);
  await connected;
  equal(stage.server.peers.map(({ isClosed }) => isClosed), [true, false]);
});

Deno.test("three silent tries are enough for a first connection", async () => {
  using stage = new Stage();
  stage.server.welcomes = false;
  const refused = rejects(() => stage.client.connect(), {
    message: "cannot reach 127.0.0.1:6000 (it says no welcome)",
  });
  await stage.clock.advance(20_000);
  await refused;
  equal([stage.server.peers.length, stage.clock.waiting], [3, 0]);
});

Deno.test("something else that answers is said to be something else", async () => {
  using stage = new Stage();
  stage.server.welcomes = false;
  const connected = stage.client.connect();
  const refused = rejects(connected, /no chat server of this protocol/);
  for (let i = 0; i < 3; i++) {
    await settled();
    await stage.peer.send("SSH-2.0-OpenSSH_9.2");
    await stage.clock.advance(2_000);
  }
  await refused;
});

Deno.test("several servers are tried in turn", async () => {
  const server = new FakeServer();
  const asked: number[] = [];
  using client = new ChatClient({
    servers: [{ host: "a", port: 1 }, { host: "b", port: 2 }],
    dial: (address, signal) => {
      asked.push(address.port);
      if (address.port === 1) throw new Deno.errors.ConnectionRefused("refused");
      return server.dial(address, signal);
    },
  });
  await client.connect();
  equal(asked, [1, 2]);
});

Deno.test("a ping goes out every 15 s, and silence after it ends the connection", async () => {
  using stage = new Stage();
  await stage.client.connect();
  for (let i = 0; i < 3; i++) {
    await stage.clock.advance(15_000);
    await stage.peer.answer("ping", { time: 1 });
  }
  await stage.clock.advance(15_000);
  await stage.peer.take("ping");
  await stage.clock.advance(9_999);
  equal([stage.peer.isClosed, stage.statuses], [false, CONNECTED]);
  await stage.clock.advance(1);
  equal([stage.peer.isClosed, stage.statuses], [true, [...CONNECTED, "offline"]]);
});

Deno.test("whatever comes shows that the server lives", async () => {
  using stage = await Stage.online();
  await stage.clock.advance(15_000);
  await stage.peer.send(text(17, 5));
  await stage.clock.advance(10_000);
  equal(stage.client.status.phase, "online");
});

Deno.test("while a password is hashed the server may be silent longer", async () => {
  using stage = new Stage();
  await stage.client.connect();
  const login = rejects(stage.client.login({ name: "ann", password: "secret-secret" }), { code: "closed" });
  await stage.clock.advance(60_000);
  equal(stage.client.status.phase, "guest");
  await stage.clock.advance(15_000);
  equal(stage.client.status.phase, "offline");
  stage.client.close();
  await login;
});

Deno.test("at most the window is unanswered", async () => {
  using stage = new Stage();
  stage.server.welcomes = false;
  const connected = stage.client.connect();
  await settled();
  await stage.peer.send({ ...WELCOME, limits: { ...WELCOME.limits, window: 2 } });
  await connected;
  const pings = [1, 2, 3].map(() => stage.client.request("ping", {}));
  equal(stage.peer.received.length, 2);
  await stage.peer.answer("ping", { time: 1 });
  equal(stage.peer.received.length, 2);
  await stage.peer.answer("ping", { time: 2 });
  await stage.peer.answer("ping", { time: 3 });
  equal(await Promise.all(pings), [{ time: 1 }, { time: 2 }, { time: 3 }]);
});

Deno.test("nothing that a server sends stops the client", async () => {
  using stage = await Stage.online();
  const ping = stage.client.request("ping", {});
  const { id } = await stage.peer.take("ping");
  const garbage = [
    "",
    "nonsense",
    "[]",
    "null",
    "7",
    "{}",
    '{"type":7}',
    '{"type":"__proto__"}',
    '{"type":"constructor"}',
    '{"type":"ok"}',
    '{"type":"ok","re":"x"}',
    '{"type":"ok","re":99}',
    '{"type":"error","re":99}',
    '{"type":"event"}',
    '{"type":"event","chat":-1,"seq":1,"kind":"text","from":1,"cid":"a","time":1}',
    '{"type":"event","chat":1e400,"seq":1,"kind":"text","from":1,"cid":"a","time":1}',
    '{"type":"presence","user":"bob","online":1}',
    '{"type":"welcome"}',
    '{"type":"bye"}',
    `${"[".repeat(100_000)}`,
  ];
  await stage.peer.send(...garbage, { type: "ok", re: id, time: 5 });
  equal(await ping, { time: 5 });
  equal(stage.client.status.phase, "online");
});

Deno.test("an answer that is not what the protocol says fails its request, and no other", async () => {
  using stage = await Stage.online();
  const first = rejects(stage.client.request("sessions", {}), { code: "bad_answer" });
  await stage.peer.answer("sessions", { sessions: "many" });
  await first;
  const second = stage.client.request("ping", {});
  await stage.peer.answer("ping", { time: 5 });
  await second;
});

Deno.test("an event of an unknown kind, or with wrong fields, still moves its chat's position", async () => {
  using stage = await Stage.online();
  await stage.peer.send({ ...text(17, 1), kind: "poll" }, { ...text(17, 2), text: 7 }, text(17, 3));
  equal(stage.shown, ["17:1", "17:2", "17:3"]);
});
