/** The command line. */
import { parseArgs } from "@std/cli/parse-args";
import type { Place } from "./attached.ts";
import { type FaultKind, FAULTS } from "./faults.ts";

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: readonly FaultKind[];
  readonly users: number;
  /** Requests a second. */
  readonly rate: number;
  readonly servers: number;
  readonly sqlite: boolean;
  /** Somebody's own servers, instead of some that are started. */
  readonly place?: Place;
  /** Where the verdict is to be written for programs. */
  readonly json?: string;
}

export class UsageError extends Error {}

interface NumberOption {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly about: string;
}

const NUMBERS = {
  minutes: { value: 1, least: 0.05, most: 1_440, about: "how long faults happen" },
  // The lobby shows who is online, and does so up to 50 members.
  users: { value: 24, least: 3, most: 48, about: "some have two devices" },
  rate: { value: 120, least: 1, most: 2_000, about: "requests a second of all users together" },
  servers: { value: 3, least: 2, most: 8, about: "of the cluster" },
} as const satisfies Record<string, NumberOption>;
const KINDS = Object.keys(FAULTS) as FaultKind[];

export const USAGE = [
  "Usage: deno task torture [options]",
  "",
  "  --sqlite       one server on SQLite, instead of a cluster with MariaDB, Redis and nginx",
  "  --at HOST:PORT your own servers, on which nothing is done but what users do, with accounts of new names;",
  "                 it needs their database: --mysql URL, or --db FILE",
  "  --seed N       the same users do the same, and the same faults happen; default: another one each time",
  "  --faults A,B   only these kinds; default: all that the deployment can have; or none",
  ...KINDS.map((kind) => `                   ${kind.padEnd(6)} ${FAULTS[kind].about}`),
  "  --json FILE    writes the verdict there too, for programs",
  ...Object.entries(NUMBERS).map(([name, { value, about }]) =>
    `  --${`${name} N`.padEnd(11)} ${about}; default ${value}`
  ),
].join("\n");

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options | "help" {
  const parsed = parseArgs([...args], {
    string: ["seed", "faults", "json", "at", "mysql", "db", ...Object.keys(NUMBERS)],
    boolean: ["sqlite", "help"],
    alias: { h: "help" },
    unknown: (arg) => {
      throw new UsageError(`there is no ${arg}; --help lists the options`);
    },
  }) as { readonly [name: string]: unknown };
  if (parsed.help) return "help";
  const sqlite = parsed.sqlite === true;
  const seed = parsed.seed === undefined ? 1 + Math.floor(Math.random() * 999_999) : Number(parsed.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed expects an integer, got '${parsed.seed}'`);
  const place = readPlace(parsed as PlaceArguments);
  if (place && sqlite) {
    throw new UsageError("--sqlite starts a server, and --at wants one that runs: choose one");
  }
  const json = parsed.json as string | undefined;
  if (json === "") throw new UsageError("--json expects the name of a file");
  const number = (name: keyof typeof NUMBERS) => readNumber(name, parsed[name]);
  return {
    seed,
    sqlite,
    place,
    json,
    faults: place ? [] : readFaults(parsed.faults as string | undefined, sqlite),
    minutes: number("minutes"),
    users: number("users"),
    rate: number("rate"),
    servers: number("servers"),
  };
}

interface PlaceArguments {
  readonly at?: string;
  readonly mysql?: string;
  readonly db?: string;
  readonly faults?: string;
}

function readPlace({ at, mysql, db, faults }: PlaceArguments): Place | undefined {
  if (at === undefined) {
    if (mysql ?? db) throw new UsageError("--mysql and --db tell where the servers of --at keep their data");
    return undefined;
  }
  const [, hostname, port] = at.match(/^\[?(.+?)\]?:(\d+)$/) ?? [];
  if (hostname === undefined) throw new UsageError(`--at expects HOST:PORT, got '${at}'`);
  if (!mysql === !db) {
    throw new UsageError("--at needs either --mysql URL or --db FILE, to see what is stored");
  }
  if ((faults ?? "none") !== "none") {
    throw new UsageError("with --at the faults are yours: leave --faults away");
  }
  return { address: { hostname, port: Number(port) }, mysql, db };
}

function readFaults(list: string | undefined, sqlite: boolean): FaultKind[] {
  const possible = KINDS.filter((kind) => !sqlite || !FAULTS[kind].cluster);
  if (list === undefined) return possible;
  const names = list === "none" ? [] : list.split(",");
  const unknown = names.find((name) => !possible.includes(name as FaultKind));
  if (unknown === undefined) return names as FaultKind[];
  throw new UsageError(`there is no fault '${unknown}' here: ${possible.join(", ")}, or none`);
}

function readNumber(name: keyof typeof NUMBERS, given: unknown): number {
  const { value, least, most }: NumberOption = NUMBERS[name];
  const number = given === undefined ? value : given === "" ? NaN : Number(given);
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} expects a number from ${least} to ${most}, got '${given}'`);
}
