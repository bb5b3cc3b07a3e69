/**
 * Tortures the chat servers and shows that nothing is lost, doubled or out of order: `deno task torture`. The exit code
 * is 1 if something was, 2 for wrong usage.
 */
import { readOptions, USAGE, UsageError } from "./options.ts";
import { isRight, report, toJson } from "./report.ts";
import { torture } from "./torture.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === "help") {
      console.log(USAGE);
      return 0;
    }
    const began = performance.now();
    const say = (line: string) =>
      console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
    const verdict = await torture(options, say);
    console.log(`\n${verdict.about}, ${options.minutes} minutes, seed ${options.seed}\n`);
    for (const line of report(verdict)) console.log(line);
    if (options.json) await Deno.writeTextFile(options.json, toJson(options, verdict));
    return isRight(verdict) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

Deno.exit(await main(Deno.args));
