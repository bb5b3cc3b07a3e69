import { deepStrictEqual as equal } from "node:assert/strict";
import { serviceTest } from "../kit/services.ts";

const SAMPLES: [output: string, summary: string, succeeds: boolean][] = [
  ["ok | 25 passed (3 steps) | 0 failed (5s)\n\n", "25 passed, 0 failed", true],
  ["ok | 3 passed | 0 failed | 0 ignored | 2 filtered out (5s)\n", "3 passed, 0 failed", true],
  ["ok | 25 passed (3 steps) | 0 failed | 1 ignored (5s)\n", "25 passed, 1 failed", false],
  ["ok | 5 passed | 0 failed | 0 ignored (2 steps) (5s)\n", "5 passed, 2 failed", false],
  ["FAILED | 9 passed | 2 failed (1 step) (1m2s)\n\nerror: Test failed\n", "9 passed, 2 failed", false],
  ["ok | 1 passed, said a test\nFAILED | 10 passed | 1 failed (2s)\n", "10 passed, 1 failed", false],
  ["ok | 0 passed | 0 failed (5s)\n", "0 passed, 0 failed", false],
  ["error: the runner died\n", "0 passed, 1 failed", false],
];

serviceTest(
  "the closing line of CI is that of the test runner, and ignored tests count as failed",
  async () => {
    const script = new URL("../../.ci/run", import.meta.url).pathname;
    const log = await Deno.makeTempFile();
    for (const [output, summary, succeeds] of SAMPLES) {
      await Deno.writeTextFile(log, output);
      const { stdout, success } = await new Deno.Command("bash", { args: [script, "--summary", log] })
        .output();
      equal([new TextDecoder().decode(stdout), success], [`${summary}\n`, succeeds], output);
    }
    await Deno.remove(log);
  },
);
