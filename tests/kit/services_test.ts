import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { freePort, serviceTest, shared, startMariadb, startNginx, startRedis } from "./services.ts";
import { until } from "./until.ts";

const mariadb = shared(startMariadb);

serviceTest("a database is empty, and another one each time", async () => {
  const [first, second] = [await mariadb().createDatabase(), await mariadb().createDatabase()];
  await mariadb().query("CREATE TABLE t (n INT)", first);
  equal(await mariadb().query("SHOW TABLES", second), []);
  await rejects(mariadb().query("SELECT 1", `${second}0`), { errno: 1049 });
});

serviceTest("MariaDB flushes at each commit", async () => {
  equal(await mariadb().query("SELECT @@innodb_flush_log_at_trx_commit AS flush, @@log_bin AS log"), [
    { flush: 1, log: 0 },
  ]);
});

serviceTest("a killed MariaDB returns on its port with what was committed", async () => {
  await using mariadb = await startMariadb();
  const { url } = mariadb;
  await mariadb.query("CREATE TABLE t (n INT) ENGINE=InnoDB", url);
  await mariadb.query("INSERT INTO t VALUES (7)", url);
  await mariadb.kill();
  await rejects(mariadb.query("SELECT n FROM t", url), { code: "ECONNREFUSED" });
  await mariadb.restart();
  equal(await mariadb.query("SELECT n FROM t", url), [{ n: 7 }]);
});

serviceTest("a killed Redis returns on its port, empty", async () => {
  await using redis = await startRedis();
  equal(await redis.cli("set", "name", "ann"), "OK");
  equal(await redis.cli("get", "name"), "ann");
  await redis.kill();
  await rejects(redis.cli("get", "name"), /Connection refused/);
  await redis.restart();
  equal(await redis.cli("get", "name"), "");
});

serviceTest("a stopped Redis accepts and does not answer until it continues", async () => {
  await using redis = await startRedis();
  redis.stop();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: redis.port });
  await connection.write(new TextEncoder().encode("PING\r\n"));
  redis.cont();
  equal(await read(connection), "+PONG\r\n");
});

serviceTest("a stopped service can be killed", async () => {
  await using redis = await startRedis();
  redis.stop();
});

serviceTest("services of one time have ports and folders of their own", async () => {
  const all = await Promise.all([startRedis(), startRedis(), startRedis()]);
  equal(new Set(all.map((each) => each.port)).size, 3);
  equal(new Set(all.map((each) => each.folder)).size, 3);
  for (const each of all) await each[Symbol.asyncDispose]();
});

serviceTest("a service that cannot start says why", async () => {
  await rejects(startRedis("--no-such-option", "x"), /redis-server did not start.*Bad directive/s);
});

serviceTest("a service ends with its test, even when that is killed, and leaves no files", async () => {
  const module = JSON.stringify(new URL("./services.ts", import.meta.url));
  const code = `import { startRedis } from ${module};
    const { port, folder } = await startRedis();
    console.log(JSON.stringify({ port, folder }));
    await new Promise(() => setInterval(() => {}, 1000));`;
  await using test = new Deno.Command(Deno.execPath(), { args: ["eval", "-q", code], stdout: "piped" })
    .spawn();
  const { port, folder } = JSON.parse(await firstChunk(test.stdout));
  const connect = async () => (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  await connect();
  test.kill("SIGKILL");
  await until(() => rejects(connect(), Deno.errors.ConnectionRefused));
  await until(() => rejects(Deno.stat(folder), Deno.errors.NotFound));
});

serviceTest(
  "nginx spreads connections over the servers, and passes what they answer after a half close",
  async () => {
    using first = new Answerer("first");
    using second = new Answerer("second");
    await using nginx = await startNginx({ upstreams: [first.port, second.port] });
    equal([await ask(nginx.port, "a"), await ask(nginx.port, "b")].sort(), ["first: a", "second: b"]);
  },
);

serviceTest("nginx goes on with the servers that live", async () => {
  using only = new Answerer("only");
  await using nginx = await startNginx({ upstreams: [freePort(), only.port] });
  for (let i = 0; i < 5; i++) equal(await ask(nginx.port, `${i}`), `only: ${i}`);
  await nginx.restart();
  equal(await ask(nginx.port, "again"), "only: again");
});

/** Answers a connection once the other side has ended its own. */
class Answerer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly port = this.#listener.addr.port;

  constructor(name: string) {
    this.#serve(name);
  }

  async #serve(name: string): Promise<void> {
    for await (const connection of this.#listener) {
      await connection.write(new TextEncoder().encode(`${name}: ${await readAll(connection)}`));
      connection.close();
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** What the server says to `text` after this side has ended. */
async function ask(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  await connection.closeWrite();
  return await readAll(connection);
}

async function readAll(connection: Deno.Conn): Promise<string> {
  let text = "";
  for (let part; (part = await read(connection)) !== "";) text += part;
  return text;
}

async function read(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  const count = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count));
}

async function firstChunk(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
