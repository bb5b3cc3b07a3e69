/** The kit's own promises about processes. */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { Process, runToEnd } from "./process.ts";
import { serviceTest } from "./services.ts";
import { until } from "./until.ts";

serviceTest("what a process says and how it ends are told apart", async () => {
  const outcome = await runToEnd("sh", ["-c", "echo out; echo err >&2; echo no end | tr -d '\\n'; exit 3"]);
  equal(outcome, { code: 3, stdout: ["out", "no end"], stderr: ["err"] });
});

serviceTest("a process hears what it is told, and a line is there when it is said", async () => {
  await using cat = new Process("cat", []);
  await cat.write("one\ntwo\n");
  equal((await cat.stdout.match(/^t(.*)$/))[1], "wo");
  equal(cat.stdout.here, ["one", "two"]);
  await cat.closeInput();
  equal((await cat.status).code, 0);
  await rejects(cat.stdout.match(/three/), /no line \/three\/ was said, but: one\ntwo/);
});

serviceTest("a signal reaches the process, and its end says which", async () => {
  await using sleep = new Process("sleep", ["60"]);
  sleep.kill("SIGINT");
  equal((await sleep.status).signal, "SIGINT");
});

serviceTest("no CHAT_ variable of the machine reaches a process, but what it is given does", async () => {
  Deno.env.set("CHAT_NAME", "mine");
  try {
    const { stdout } = await runToEnd("env", [], { env: { CHAT_DB: "given" } });
    const given = stdout.filter((line) => line.startsWith("CHAT_") && !line.startsWith("CHAT_STATE_DIR="));
    equal(given, ["CHAT_DB=given"]);
  } finally {
    Deno.env.delete("CHAT_NAME");
  }
});

serviceTest("a process and its children end with their test, even when that is killed", async () => {
  const module = JSON.stringify(new URL("./process.ts", import.meta.url));
  const code = `import { Process } from ${module};
    const shell = new Process("sh", ["-c", "sleep 60 & echo $! $$; wait"]);
    console.log((await shell.stdout.match(/./)).input);
    await new Promise(() => setInterval(() => {}, 1000));`;
  await using test = new Process(Deno.execPath(), ["eval", "-q", code]);
  const pids = (await test.stdout.match(/^\d+ \d+$/))[0].split(" ");
  equal(pids.map(isRunning), [true, true]);
  test.kill("SIGKILL");
  await until(() => equal(pids.map(isRunning), [false, false]));
});

function isRunning(pid: string): boolean {
  try {
    // What nobody has asked after stays in the table as a zombie.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
