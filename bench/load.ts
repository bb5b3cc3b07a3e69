/**
 * The load bench: durable messages a second, latency and memory of servers that run in processes of their own. This
 * process is the load. Every text is accounted for; the exit code is 1 if one was lost, came twice or out of order.
 */
import type { Column, Result } from "./load/bench.ts";
import { BENCHES } from "./load/benches.ts";
import { type Backend, clusterBackend, sqliteBackend } from "./load/deployment.ts";
import { type Options, readOptions, USAGE } from "./load/options.ts";
import { head, isRight, lines, type Report, summarize } from "./load/report.ts";
import { UsageError } from "./load/usage_error.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === "help") {
      console.log(USAGE);
      return 0;
    }
    const reports = await measure(options);
    if (options.json) {
      await Deno.writeTextFile(
        options.json,
        `${JSON.stringify({ machine: machine(), options, reports }, null, 2)}\n`,
      );
    }
    return reports.every(isRight) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function measure(options: Options): Promise<Report[]> {
  await using backend: Backend = options.mysql ? await clusterBackend() : sqliteBackend();
  console.log(`${backend.about}; ${machine()}; medians of ${options.runs} runs`);
  const reports: Report[] = [];
  let columns: Readonly<Record<string, Column>> | undefined;
  for (const name of options.scenarios) {
    const bench = BENCHES[name]!;
    const results: Result[] = [];
    for (let i = 0; i < options.runs; i++) results.push(await bench.run(backend, options));
    const report = summarize(name, backend.about, results);
    // Scenarios that measure the same share a table.
    if (columns !== bench.columns) console.log(["", ...head(bench.columns)].join("\n"));
    columns = bench.columns;
    console.log(lines(report, columns).join("\n"));
    for (const surprise of results.flatMap(({ surprises }) => surprises)) console.error(`  ${surprise}`);
    reports.push(report);
  }
  return reports;
}

function machine(): string {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? Deno.build.arch;
  return `${navigator.hardwareConcurrency} × ${cpu}, Deno ${Deno.version.deno}`;
}

Deno.exit(await main(Deno.args));
