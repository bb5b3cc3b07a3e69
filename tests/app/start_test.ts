/** The start as its users meet it: what it says, what it refuses, and in how many words. */
import { deepStrictEqual as equal, match } from "node:assert/strict";
import { Folder } from "../kit/folder.ts";
import { runToEnd } from "../kit/process.ts";
import { runServer, ServerProcess, type ServerProcessOptions, TASK } from "../kit/server_process.ts";
import { freePort, serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

serviceTest("it says where it listens, where its data is, and how to connect", async () => {
  await using folder = await Folder.make();
  await using server = await ServerProcess.start([], { cwd: folder.path, address: ["0"] });
  const { port } = server;
  const [where, how, ...more] = server.stdout.here;
  match(
    where!,
    new RegExp(`^clusterchat [\\d.]+ \\(process \\d+\\) listens on 0\\.0\\.0\\.0:${port} \\(every address`),
  );
  match(where!, /in clear text without TLS, and keeps its data in chat\.db \(SQLite\)$/);
  match(how!, new RegExp(`deno task client 127\\.0\\.0\\.1 ${port} .*nc 127\\.0\\.0\\.1 ${port}$`));
  equal([more, server.stderr.here], [[], []]);
  equal((await Deno.stat(folder.file("chat.db"))).isFile, true);

  const { stdout } = await runToEnd("nc", ["-N", "127.0.0.1", String(port)]);
  equal(JSON.parse(stdout[0]!).type, "welcome");
});

serviceTest("it listens on the address that it is given", async () => {
  const port = String(freePort());
  const address = ["127.0.0.1", port];
  await using server = await ServerProcess.start(["--db", ":memory:"], { address });
  const [where, how] = server.stdout.here;
  match(where!, new RegExp(`listens on 127\\.0\\.0\\.1:${port}, .* data in memory`));
  match(how!, new RegExp(`client 127\\.0\\.0\\.1 ${port} `));
});

serviceTest("on MySQL it says so, and what is missing without Redis; no password is shown", async () => {
  const url = await userOf(await mariadb().createDatabase(), "greeter");
  await using alone = await ServerProcess.start(["--mysql", url]);
  match(
    alone.stdout.here[0]!,
    new RegExp(`data in MySQL at 127\\.0\\.0\\.1:${mariadb().port}; without --redis`),
  );
  await using server = await ServerProcess.start(["--redis", redis().url], { env: { CHAT_MYSQL_URL: url } });
  match(server.stdout.here[0]!, new RegExp(`, with Redis at 127\\.0\\.0\\.1:${redis().port}$`));
  equal(`${alone.stdout}${server.stdout}`.includes("geheim"), false);
});

/** The address of a database for a user with the password `geheim`. */
async function userOf(url: string, user: string): Promise<string> {
  const { host, pathname } = new URL(url);
  await mariadb().query(`CREATE USER ${user} IDENTIFIED BY 'geheim'`);
  await mariadb().query(`GRANT ALL ON ${pathname.slice(1)}.* TO ${user}`);
  return `mysql://${user}:geheim@${host}${pathname}`;
}

/** It ends by itself with this exit code and this one line. */
async function refuses(
  args: readonly string[],
  code: number,
  complaint: RegExp,
  options?: ServerProcessOptions,
): Promise<void> {
  const outcome = await runServer(args, options);
  equal([outcome.code, outcome.stdout, outcome.stderr.length], [code, [], 1], outcome.stderr.join("\n"));
  match(outcome.stderr[0]!, complaint);
}

for (
  const [what, args, code, complaint] of [
    ["an unknown flag", ["--port", "6000"], 2, /^chat-server: there is no option --port; --help lists them$/],
    ["a bad port", ["80000"], 2, /^chat-server: port expects an integer from 0 to 65535, got '80000'$/],
    ["Redis without MySQL", ["--redis", "redis://h"], 2, /^chat-server: --redis without --mysql: /],
    [
      "a folder that is not there",
      ["--db", "/no/such/folder/chat.db"],
      1,
      /^chat-server: cannot open the database .*chat\.db: its folder does not exist: create it, or/,
    ],
    [
      "an address of another machine",
      ["--db", ":memory:", "192.0.2.1", "6000"],
      1,
      /^chat-server: cannot listen on 192\.0\.2\.1:6000: this machine does not have this address/,
    ],
    [
      "a host that does not exist",
      ["--db", ":memory:", "no-such-host.invalid", "6000"],
      1,
      /^chat-server: cannot listen on no-such-host\.invalid:6000: no such host/,
    ],
  ] as [string, string[], number, RegExp][]
) {
  serviceTest(`${what} is one line`, () => refuses(args, code, complaint));
}

serviceTest(
  "an option's variable counts, and a bad one is one line",
  () =>
    refuses([], 2, /^chat-server: CHAT_SESSIONS expects an integer from 1 to 50, got '0'$/, {
      env: { CHAT_SESSIONS: "0" },
    }),
);

serviceTest("a port in use is one line", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await refuses(
    ["--db", ":memory:", "127.0.0.1", String(port)],
    1,
    new RegExp(
      `^chat-server: cannot listen on 127\\.0\\.0\\.1:${port}: another program has this port; end it`,
    ),
  );
});

serviceTest("a database held by another server is one line that says which", async () => {
  await using folder = await Folder.make();
  const args = ["--db", folder.file("chat.db")];
  await using server = await ServerProcess.start(args);
  await refuses(
    args,
    2,
    new RegExp(`chat\\.db is in use by the server with process id ${server.pid}: end it`),
  );
  // The first one goes on, and the file is free once it ends.
  await (await server.user("ann")).wire[Symbol.asyncDispose]();
  equal(await server.stop(), 0);
  await using next = await ServerProcess.start(args);
  await (await next.login("ann")).wire[Symbol.asyncDispose]();
});

serviceTest("a file that is no database is one line, and stays as it is", async () => {
  await using folder = await Folder.make();
  const text = "Dear diary, nothing of this is a database.\n".repeat(100);
  await Deno.writeTextFile(folder.file("chat.db"), text);
  await refuses(
    [],
    1,
    /cannot open the database chat\.db: it is no SQLite database \(and was not changed\)/,
    {
      cwd: folder.path,
    },
  );
  equal(await Deno.readTextFile(folder.file("chat.db")), text);
});

serviceTest("a MySQL that cannot be reached is one line", () => {
  const port = freePort();
  return refuses(
    ["--mysql", `mysql://root@127.0.0.1:${port}/chat`],
    1,
    new RegExp(
      `^chat-server: cannot reach the MySQL server at 127\\.0\\.0\\.1:${port}: .*: start it, or correct`,
    ),
  );
});

serviceTest("a wrong MySQL password is one line, and not in it", async () => {
  const url = await userOf(mariadb().url, "forgetful");
  await refuses(
    ["--mysql", url.replace("geheim", "falsch")],
    1,
    /^chat-server: the MySQL server at \S+ refuses the user forgetful: check user and password in --mysql, /,
  );
});

serviceTest("a Redis that cannot be reached is one line", async () => {
  const port = freePort();
  await refuses(
    ["--mysql", await mariadb().createDatabase(), "--redis", `redis://127.0.0.1:${port}`],
    1,
    new RegExp(
      `^chat-server: cannot use the Redis at 127\\.0\\.0\\.1:${port}: .*: start it, or correct --redis$`,
    ),
  );
});

serviceTest("--help, --version and --print-config print and end", async () => {
  const [help, version, config] = await Promise.all([
    runServer(["--help"]),
    runServer(["--version"], { way: TASK }),
    runServer(["--print-config", "6002"]),
  ]);
  equal([help, version, config].map(({ code, stderr }) => [code, stderr]), [[0, []], [0, []], [0, []]]);
  match(help.stdout.join("\n"), /^Usage: deno task server /m);
  match(version.stdout.join("\n"), /^\d+\.\d+\.\d+$/);
  equal(JSON.parse(config.stdout.join("\n")).port, 6002);
});
