import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Folder } from "../kit/folder.ts";
import { ServerProcess } from "../kit/server_process.ts";
import { serviceTest } from "../kit/services.ts";
import type { Place } from "./attached.ts";
import type { Health } from "./health.ts";
import type { Verdict } from "./torture.ts";
import { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";
import type { Options } from "./options.ts";
import { readOptions, UsageError } from "./options.ts";
import { hash, textOf } from "./payload.ts";
import { Progress } from "./progress.ts";
import { Schedule } from "./schedule.ts";

const SHORT = { seed: 20, minutes: 0.13, users: 6, rate: 60, servers: 2 } as const;

/** The run is the test: a finding is its message. */
async function passes(options: Options): Promise<Verdict> {
  const { torture } = await import("./torture.ts");
  const { isRight, report } = await import("./report.ts");
  const verdict = await torture(options, () => {});
  ok(isRight(verdict), report(verdict).join("\n"));
  ok(verdict.progress.acknowledged > 100);
  return verdict;
}

serviceTest(
  "a server on SQLite is tortured, and loses nothing",
  async () => {
    const { progress, health } = await passes({ ...SHORT, sqlite: true, faults: ["kill", "drain", "net"] });
    ok(progress.faults.length > 1 && progress.stops > 0);
    const [{ memoryBytes, descriptors }, ...others] = health as [Health, ...Health[]];
    ok(memoryBytes.early > 10e6 && descriptors.end > 5);
    equal(others, []);
  },
);

serviceTest(
  "a cluster is tortured, and loses nothing",
  async () => {
    const { progress } = await passes({
      ...SHORT,
      sqlite: false,
      faults: ["kill", "redis", "db", "nginx"],
    });
    ok(progress.faults.length > 1);
  },
);

serviceTest(
  "somebody's own server is loaded and checked, and what others have there is none of ours",
  async () => {
    const { ServerProcess } = await import("../kit/server_process.ts");
    const { toJson } = await import("./report.ts");
    const folder = await Deno.makeTempDir({ prefix: "clusterchat-" });
    try {
      const db = `${folder}/chat.db`;
      await using server = await ServerProcess.start(["--db", db]);
      await using other = await server.user("user1");
      const { chat } = await other.wire.request("group_create", { name: "lobby", public: true });
      const options = {
        ...SHORT,
        minutes: 0.05,
        sqlite: false,
        faults: [],
        place: { address: { hostname: "127.0.0.1", port: server.port }, db },
      };
      const verdict = await passes(options);
      ok(!verdict.evidence.stored.chats.some(({ id }) => id === chat || id === other.personal));
      equal([verdict.health, verdict.progress.faults], [[], []]);
      ok(!toJson(options, verdict).includes(db));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("the same seed plans the same faults, and each way once before one comes again", () => {
  const plan = (seed: number) => {
    const schedule = new Schedule(["redis", "kill"], new Dice(seed));
    return Array.from({ length: 20 }, () => schedule.next());
  };
  equal(plan(1), plan(1));
  ok(JSON.stringify(plan(1)) !== JSON.stringify(plan(2)));
  const ways = plan(3).flat().filter(({ kind }) => kind === "redis").map(({ way }) => way);
  equal(new Set(ways.slice(0, 6)).size, 6);
});

Deno.test("a silence counts for the fault that it begins in, or that begins in it", () => {
  const progress = new Progress();
  progress.begin("kill one")();
  progress.acknowledge(performance.now() - 5_000);
  progress.begin("stop short")();
  progress.begin("kill one")();
  const outages = progress.outages();
  equal(outages.map(({ fault, count }) => [fault, count]), [["kill one", 2], ["stop short", 1], ["none", 0]]);
  ok(outages[0]!.waitMs >= 5_000);
});

Deno.test("wrong options are wrong usage", () => {
  equal((readOptions(["--seed", "7", "--faults", "kill,net", "--sqlite"]) as Options).faults, [
    "kill",
    "net",
  ]);
  equal((readOptions(["--faults", "none"]) as Options).faults, []);
  equal((readOptions(["--sqlite"]) as Options).faults, ["kill", "stop", "drain", "net", "disk"]);
  const own = readOptions(["--at", "[::1]:8000", "--mysql", "mysql://u@h/d"]) as Options;
  equal([own.place?.address, own.faults], [{ hostname: "::1", port: 8000 }, []]);
  for (
    const args of [
      ["--at", "x:1"],
      ["--at", "x", "--db", "f"],
      ["--db", "f"],
      ["--json", ""],
      [
        "--at",
        "x:1",
        "--db",
        "f",
        "--faults",
        "net",
      ],
      ["--faults", "redis", "--sqlite"],
      ["--minutes", "x"],
      ["--users", "100"],
      ["--no-such"],
      [
        "--seed",
        "1.5",
      ],
    ]
  ) {
    try {
      readOptions(args);
      ok(false, args.join(" "));
    } catch (error) {
      ok(error instanceof UsageError);
    }
  }
});

Deno.test("a text follows from its cid, and is one that the protocol takes", () => {
  for (let i = 0; i < 200; i++) {
    const text = textOf(`cid${i}`);
    equal(text, textOf(`cid${i}`));
    ok(text.isWellFormed() && !text.includes("\0"));
  }
  equal(hash("a"), 0xe40c292c);
});

serviceTest("a small disk becomes full to the last byte, and has room again", async () => {
  if (!await Disk.isPossible()) return;
  const folder = await Deno.makeTempDir({ prefix: "clusterchat-disk-" });
  {
    await using disk = await Disk.mount(folder, 1);
    await disk.fill();
    await Deno.writeTextFile(`${folder}/x`, "x".repeat(10_000)).then(() => ok(false), () => {});
    await disk.empty();
    await Deno.writeTextFile(`${folder}/y`, "y".repeat(10_000));
  }
  await Deno.remove(folder, { recursive: true });
});

serviceTest("somebody's own servers are loaded only with their own database at hand", async () => {
  const { attach } = await import("./attached.ts");
  await using folder = await Folder.make();
  await using server = await ServerProcess.start(["--db", folder.file("theirs.db")]);
  await using _other = await ServerProcess.start(["--db", folder.file("another.db")]);
  const address = { hostname: "127.0.0.1", port: server.port };
  const refused = (place: Place, about: RegExp) =>
    rejects(attach(place, new Dice(1)), (error) => error instanceof UsageError && about.test(error.message));
  await refused({ address: { ...address, port: 1 }, db: folder.file("theirs.db") }, /no chat server at/);
  await refused({ address, db: folder.file("none.db") }, /cannot be read/);
  await refused({ address, db: folder.file("another.db") }, /not the one of the server/);
  await (await attach({ address, db: folder.file("theirs.db") }, new Dice(1)))[Symbol.asyncDispose]();
});
