/** The rules of answers and connections, as `nc` meets them. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { limits } from "../../lib/protocol/limits.ts";
import { scenario } from "../kit/scenario.ts";
import { PASSWORD, startServer } from "../kit/server.ts";
import { serviceTest } from "../kit/services.ts";

/** Everything the server says to these bytes until it closes. */
async function talk(port: number, ...parts: (string | Uint8Array)[]): Promise<Record<string, unknown>[]> {
  using conn = await Deno.connect({ port, hostname: "127.0.0.1" });
  const bytes = new Blob(parts as BlobPart[]).stream();
  const said = readAll(conn);
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.length > 0;) {
      rest = rest.subarray(await conn.write(rest).catch(() => rest.length));
    }
  }
  await conn.closeWrite().catch(() => {});
  const lines = (await said).split("\n");
  equal(lines.pop(), "", "the last line ends with LF");
  return lines.map((line) => JSON.parse(line));
}

async function readAll(conn: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  const buffer = new Uint8Array(65_536);
  for (let n; (n = await conn.read(buffer).catch(() => null)) !== null;) {
    all += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return all;
}

serviceTest(
  "a client that has said all gets all its answers, also to a last line without its end",
  async () => {
    await using server = await startServer();
    const said = await talk(
      server.port,
      `{"type":"register","id":1,"name":"ann","password":"${PASSWORD}"}\r\n`,
      `{"type":"send","id":"two","user":1,"cid":"a","text":"hi"}\n{"type":"ping","id":3}`,
    );
    equal(said[0]!.type, "welcome");
    equal(said.filter(({ type }) => type === "ok").map(({ re }) => re), [1, "two", 3]);
  },
);

serviceTest("each bad line gets one error, with its id where it has one, and changes nothing", async () => {
  await using server = await startServer();
  const lines = [
    "hello",
    "",
    "[]",
    "null",
    '"x"',
    "{}",
    '{"id":7}',
    '{"id":1.5,"type":"ping"}',
    '{"id":8,"type":"x"}',
    '{"id":9,"type":"ping"}',
    '{"id":10,"type":"__proto__"}',
    '{"id":11,"type":"send","chat":1}',
  ];
  const [welcome, ...said] = await talk(server.port, lines.join("\n"));
  equal(welcome!.protocol, 1);
  equal(said.map(({ re, code }) => [re, code]), [
    [undefined, "bad_request"],
    [undefined, "bad_request"],
    [undefined, "bad_request"],
    [undefined, "bad_request"],
    [undefined, "bad_request"],
    [undefined, "bad_request"],
    [7, "bad_request"],
    [undefined, "bad_request"],
    [8, "unknown_type"],
    [9, undefined],
    [10, "unknown_type"],
    [11, "bad_request"],
  ]);
  equal(server.logged.filter(({ level }) => level === "error"), []);
});

serviceTest(
  "a line that is too long is answered and ends the connection; those before it are answered too",
  async () => {
    await using server = await startServer();
    const long = "x".repeat(limits.lineBytes + 1);
    for (const end of ["\n", "", "x".repeat(300_000)]) {
      const said = await talk(
        server.port,
        `{"type":"ping","id":1}\n`,
        long,
        end,
        `\n{"type":"ping","id":2}\n`,
      );
      equal(said.map(({ type, re, code }) => [type, re, code]), [
        ["welcome", undefined, undefined],
        ["ok", 1, undefined],
        ["error", undefined, "line_too_long"],
      ]);
    }
    const fits = `{"type":"ping","id":1,"pad":"`.padEnd(limits.lineBytes - 2, "x") + `"}`;
    equal((await talk(server.port, fits, "\n")).map(({ type }) => type), ["welcome", "ok"]);
  },
);

serviceTest("what is not UTF-8 is answered and ends the connection", async () => {
  await using server = await startServer();
  const said = await talk(
    server.port,
    `{"type":"ping","id":1}\n{"type":"ping","id":"`,
    new Uint8Array([0xff]),
    `"}\n`,
  );
  equal(said.map(({ type, re, code }) => [type, re, code]), [
    ["welcome", undefined, undefined],
    ["ok", 1, undefined],
    ["error", undefined, "bad_request"],
  ]);
});

scenario("any number of requests can be on their way, and each is answered once", async (deployment) => {
  await using ann = await deployment.user("ann");
  const count = 10 * limits.window;
  const answers = await Promise.all(
    Array.from(
      { length: count },
      (_, i) =>
        i % 7 === 3
          ? ann.wire.request("ping").then(() => 0)
          : ann.wire.request("send", { user: ann.id, cid: `${i}`, text: `${i}` }).then(({ seq }) => seq),
    ),
  );
  const seqs = answers.filter((seq) => seq > 0);
  equal(seqs, seqs.toSorted((a, b) => a - b));
  equal(new Set(seqs).size, seqs.length);
});

scenario("a request sees what those before it did", async (deployment) => {
  await using ann = await deployment.user("ann");
  const [, history] = await Promise.all([
    ann.wire.request("send", { user: ann.id, cid: "a", text: "first" }),
    ann.wire.request("history", { chat: ann.personal }),
  ]);
  equal(history.events.at(-1)!.text, "first");
});

scenario("a server that stops answers what it accepted, says goodbye, and closes", async (deployment) => {
  await using ann = await deployment.user("ann");
  const server = deployment.servers[0]!;
  const sends = Array.from(
    { length: 20 },
    (_, i) => ann.wire.request("send", { user: ann.id, cid: `${i}`, text: `${i}` }),
  );
  await sends[0];
  const stopped = server.chat.stop();
  const bye = await ann.wire.take("bye");
  equal(bye.reason, "draining");
  ok(bye.retry_ms! >= 0 && bye.retry_ms! <= 3_000);
  await ann.wire.ended();
  await stopped;
  // What was answered is stored; what was not is sent again, and is one event all the same.
  const results = await Promise.allSettled(sends);
  const rows = await server.database.query<{ n: number }>(
    "SELECT COUNT(*) AS n FROM events WHERE kind = 'text'",
  );
  ok(rows[0]!.n >= results.filter(({ status }) => status === "fulfilled").length);
});

serviceTest("a connection that says nothing is told so and closed", async () => {
  await using server = await startServer();
  await using wire = await server.connect();
  server.chat.keepUp(performance.now() + limits.idleMs + 1);
  equal((await wire.take("bye")).reason, "idle");
  await wire.ended();
});
