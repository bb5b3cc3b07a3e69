/** The command line of the load bench. */
import { parseArgs } from "@std/cli/parse-args";
import type { Sizes } from "./bench.ts";
import { BENCHES } from "./benches.ts";
import { UsageError } from "./usage_error.ts";

export interface Options extends Sizes {
  readonly scenarios: readonly string[];
  readonly runs: number;
  readonly mysql: boolean;
  readonly json: string | undefined;
}

const NUMBERS = { seconds: 5, runs: 3, rate: 5_000, connections: 1_000, clients: 1_000 };

const MAX_CLIENTS = 5_000;

export const USAGE = [
  "Usage: deno task bench:load [options]",
  "",
  "  --scenario A,B   only these; default all of them:",
  ...Object.entries(BENCHES).map(([name, { about }]) => `                     ${name.padEnd(12)} ${about}`),
  `  --seconds N      measured in each run, after 2 s of warming up; default ${NUMBERS.seconds}`,
  `  --runs N         of each scenario, with servers of their own; medians are shown; default ${NUMBERS.runs}`,
  `  --rate N         texts a second of the scenario rate; default ${NUMBERS.rate}`,
  `  --connections N  of the scenario idle; default ${NUMBERS.connections}`,
  `  --clients N      of the scenario herd, at most ${MAX_CLIENTS}; default ${NUMBERS.clients}`,
  "  --mysql          two servers on a private MariaDB and Redis, instead of one on SQLite",
  "  --json FILE      writes everything measured to a file, too",
].join("\n");

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options | "help" {
  const parsed = parseArgs([...args], {
    string: ["scenario", "json", ...Object.keys(NUMBERS)],
    boolean: ["mysql", "help"],
    alias: { h: "help" },
    unknown: (arg) => {
      throw new UsageError(`there is no ${arg}; --help lists the options`);
    },
  }) as { readonly [name: string]: unknown };
  if (parsed.help) return "help";
  const number = (name: keyof typeof NUMBERS) => readNumber(name, parsed[name] ?? NUMBERS[name]);
  return {
    scenarios: readScenarios(parsed.scenario as string | undefined),
    seconds: number("seconds"),
    runs: number("runs"),
    rate: number("rate"),
    connections: number("connections"),
    clients: readClients(number("clients")),
    mysql: parsed.mysql === true,
    json: parsed.json as string | undefined,
  };
}

function readScenarios(list: string | undefined): readonly string[] {
  const names = list?.split(",") ?? Object.keys(BENCHES);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown === undefined) return names;
  throw new UsageError(`there is no scenario '${unknown}': ${Object.keys(BENCHES).join(", ")}`);
}

function readClients(clients: number): number {
  if (clients <= MAX_CLIENTS) return clients;
  throw new UsageError(`--clients expects at most ${MAX_CLIENTS}, got ${clients}`);
}

function readNumber(name: string, value: unknown): number {
  if (/^[1-9]\d{0,6}$/.test(String(value))) return Number(value);
  throw new UsageError(`--${name} expects a positive integer, got '${value}'`);
}
