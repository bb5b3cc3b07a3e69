/** The executables: they chat with each other, from any folder, and may do no more than they need. */
import { deepStrictEqual as equal, match } from "node:assert/strict";
import { canCompile, Executables } from "../kit/executables.ts";
import { Folder } from "../kit/folder.ts";
import { Process, runToEnd } from "../kit/process.ts";
import { PASSWORD } from "../kit/server.ts";
import { runServer, ServerProcess, type Way } from "../kit/server_process.ts";
import { canRun, serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";

if (canRun) {
  if (await canCompile()) registerTests();
  // Not to the console: `deno test -q` hides what is said there.
  else {
    Deno.writeTextFileSync(
      "/dev/stderr",
      "The executables are not tried: deno compile finds no runtime (COMPILE_DENO names another Deno).\n",
      { append: true },
    );
  }
}

function registerTests(): void {
  const executables = shared(() => Executables.build());
  const mariadb = shared(() => startMariadb());
  const redis = shared(() => startRedis());
  const way = (): Way => [executables().path("chat-server")];

  serviceTest("a compiled server works in any folder, ends well, and keeps its data", async () => {
    await using folder = await Folder.make();
    const options = { way: way(), cwd: folder.path };
    {
      await using server = await ServerProcess.start([], options);
      match(server.stdout.here[0]!, /keeps its data in chat\.db \(SQLite\)$/);
      await using ann = await server.user("ann");
      equal(await server.stop(), 0);
      equal((await ann.wire.take("bye")).reason, "draining");
    }
    await using server = await ServerProcess.start(["--db", folder.file("chat.db")], { way: way() });
    await using _ann = await server.login("ann");
  });

  serviceTest("a compiled server refuses in one line", async () => {
    const { code, stdout, stderr } = await runServer(["--port", "1"], { way: way() });
    equal([code, stdout, stderr], [2, [], ["chat-server: there is no option --port; --help lists them"]]);
    const unreachable = await runServer(["--mysql", "mysql://root@127.0.0.1:1/chat"], { way: way() });
    equal([unreachable.code, unreachable.stderr.length], [1, 1]);
    match(unreachable.stderr[0]!, /^chat-server: cannot reach the MySQL server at 127\.0\.0\.1:1: /);
  });

  serviceTest("compiled clients chat over a compiled server on SQLite", async () => {
    await using folder = await Folder.make();
    await using server = await ServerProcess.start(["--db", folder.file("chat.db")], { way: way() });
    await chat(server, server);
  });

  serviceTest("compiled clients chat over two compiled servers on MySQL and Redis", async () => {
    const args = ["--mysql", await mariadb().createDatabase(), "--redis", redis().url];
    const start = () => ServerProcess.start(args, { way: way() });
    const [a, b] = await Promise.all([start(), start()]);
    await using _a = a;
    await using _b = b;
    await chat(a, b);
  });

  /** Two clients, each on its server, write to each other. */
  async function chat(a: ServerProcess, b: ServerProcess): Promise<void> {
    await using ann = await client(a, "ann");
    await using bob = await client(b, "bob");
    await ann.write("/send bob hello\n");
    await bob.stdout.match(/"kind":"text".*"text":"hello"/);
    await bob.write("/send ann hello yourself\n");
    await ann.stdout.match(/"kind":"text".*"text":"hello yourself"/);
    for (const each of [ann, bob]) {
      each.kill("SIGTERM");
      equal([(await each.status).code, await each.stderr.all], [0, []]);
    }
  }

  /** A client that has registered, and takes commands. */
  async function client({ port }: ServerProcess, name: string): Promise<Process> {
    const flags = ["--name", name, "--register", "--password-stdin", "--json", "--follow"];
    const process = new Process(executables().path("chat-client"), ["127.0.0.1", String(port), ...flags]);
    await process.write(`${PASSWORD}\n/sessions\n`);
    await process.stdout.match(/^{"type":"ok"/);
    return process;
  }

  for (
    const [like, may] of [
      ["chat-client", ["net", "read", "write"]],
      ["chat-server", ["net", "read", "write"]],
    ] as const
  ) {
    serviceTest(
      `${like} was given ${may.join(", ")} when it was built, and can be given no more`,
      async () => {
        await using folder = await Folder.make();
        const script = folder.file("probe.ts");
        await Deno.writeTextFile(
          script,
          `const names = ["env", "ffi", "import", "net", "read", "run", "sys", "write"];
        console.log(names.filter((name) => Deno.permissions.querySync({ name }).state === "granted").join());
        console.log(await Deno.readTextFile("/etc/hostname").then(() => "read", ({ name }) => name));`,
        );
        const probe = await executables().compile(`${like}-probe`, script, like);
        for (const args of [[], ["--allow-all"]]) {
          const { stdout } = await runToEnd(probe, args);
          equal(stdout, [may.join(), "read"]);
        }
      },
    );
  }
}
