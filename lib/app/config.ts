/**
 * What the server is told: flags, else environment, else defaults. One table is the source of the parsing, of
 * `--help` and of `--print-config`. Anything unknown or malformed is a UsageError, never a silent default.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseMysqlUrl } from "../database/mysql_address.ts";
import { limits } from "../protocol/limits.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly db: string;
  readonly mysql: string | undefined;
  readonly redis: string | undefined;
  readonly name: string;
  readonly sessions: number;
  readonly unsafeMysql: boolean;
  readonly newEpoch: boolean;
  readonly logLevel: LogLevel;
}

export type Command =
  | { readonly run: "server"; readonly config: Config }
  | { readonly run: "print"; readonly text: string };

interface Option {
  /** What the value is called in the help; none for a switch. */
  readonly value?: string;
  readonly env?: string;
  readonly about: string;
}

const OPTIONS = {
  db: { value: "FILE", env: "CHAT_DB", about: "the SQLite file; default chat.db, :memory: keeps nothing" },
  mysql: {
    value: "URL",
    env: "CHAT_MYSQL_URL",
    about: "mysql://user:password@host:3306/database instead of a file",
  },
  redis: {
    value: "URL",
    env: "CHAT_REDIS_URL",
    about: "redis://host:6379, for several servers on one MySQL",
  },
  name: { value: "NAME", env: "CHAT_NAME", about: "the server's name, for people; default chat-PORT" },
  sessions: {
    value: "N",
    env: "CHAT_SESSIONS",
    about: `sessions a user may have; default ${limits.sessionsPerUser}, the newest stay`,
  },
  "unsafe-mysql": {
    env: "CHAT_UNSAFE_MYSQL",
    about: "start even if MySQL is set to acknowledge before it flushes",
  },
  // No variable: one that stays set would send every client back to its beginning at every start.
  "new-epoch": {
    about: "after a restored backup or a failover, at one start: clients drop what is gone",
  },
  "log-level": { value: "LEVEL", env: "CHAT_LOG_LEVEL", about: `${LOG_LEVELS.join(", ")}; default info` },
  "print-config": { about: "print what holds, secrets masked, and end" },
  version: { about: "print the version and end" },
  help: { about: "print this and end" },
} as const satisfies Record<string, Option>;

type OptionName = keyof typeof OPTIONS;
const TABLE: readonly [OptionName, Option][] = Object.entries(OPTIONS) as [OptionName, Option][];
const VALUED = TABLE.filter(([, { value }]) => value).map(([name]) => name);
const SWITCHES = TABLE.filter(([, { value }]) => !value).map(([name]) => name);

/** A value, and how the user gave it: an error names that. */
interface Given {
  readonly value: string;
  readonly by: string;
}

/** @throws {UsageError} in one line what is wrong and what was expected */
export function readConfig(
  args: readonly string[],
  version: string,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Command {
  const parsed = parseArgs([...args], {
    string: [...VALUED, "_"],
    collect: VALUED,
    boolean: SWITCHES,
    alias: { h: "help" },
    unknown: (arg, key) => {
      if (key !== undefined) throw new UsageError(`there is no option ${arg}; --help lists them`);
    },
  }) as { _: string[] } & { [name in OptionName]: unknown };
  const valued = SWITCHES.find((name) => args.some((arg) => arg.startsWith(`--${name}=`)));
  if (valued) throw new UsageError(`--${valued} takes no value`);
  if (parsed.help) return { run: "print", text: help() };
  if (parsed.version) return { run: "print", text: version };

  const given = (name: OptionName): Given | undefined => {
    const option: Option = OPTIONS[name];
    const [flag, another] = parsed[name] as string[];
    if (another !== undefined) throw new UsageError(`--${name} is given more than once`);
    if (flag === "") throw new UsageError(`--${name} expects ${option.value}`);
    if (flag !== undefined) return { value: flag, by: `--${name}` };
    const value = option.env && env(option.env);
    return value ? { value, by: option.env! } : undefined;
  };
  const { host, port } = readAddress(parsed._);
  const db = given("db");
  const mysql = given("mysql");
  const redis = given("redis");
  if (db && mysql) {
    throw new UsageError(`${db.by} and ${mysql.by} exclude each other: the data is in the one or the other`);
  }
  if (redis && !mysql) {
    throw new UsageError(
      `${redis.by} without --mysql: several servers need a MySQL to share; one server needs no Redis`,
    );
  }
  const config: Config = {
    host,
    port,
    db: db?.value ?? "chat.db",
    mysql: mysql && readMysql(mysql),
    redis: redis && readRedis(redis),
    name: readName(given("name") ?? { value: `chat-${port}`, by: "port" }),
    sessions: readSessions(given("sessions")),
    unsafeMysql: parsed["unsafe-mysql"] === true || readSwitch("CHAT_UNSAFE_MYSQL", env),
    newEpoch: parsed["new-epoch"] === true,
    logLevel: readLevel(given("log-level")),
  };
  if (parsed["print-config"]) return { run: "print", text: JSON.stringify(masked(config), null, 2) };
  return { run: "server", config };
}

/** `[host] port`, as the ancestors have it. */
function readAddress(rest: readonly string[]): { host: string; port: number } {
  if (rest.length > 2) {
    throw new UsageError(`expected [host] port, got ${rest.length} arguments: ${rest.join(" ")}`);
  }
  const port = readInteger({ by: "port", value: rest.at(-1) ?? "6000" }, 0, 65_535);
  return { host: rest.length === 2 ? rest[0]! : "0.0.0.0", port };
}

function readInteger({ by, value }: Given, min: number, max: number): number {
  if (!/^\d{1,9}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new UsageError(`${by} expects an integer from ${min} to ${max}, got '${value}'`);
  }
  return Number(value);
}

function readSessions(given: Given | undefined): number {
  return given ? readInteger(given, 1, limits.sessionsPerUser) : limits.sessionsPerUser;
}

/** The addresses themselves are not repeated in an error: they may hold a password. */
function readMysql({ by, value }: Given): string {
  try {
    parseMysqlUrl(value);
  } catch (error) {
    throw new UsageError(`${by}: ${(error as Error).message}`);
  }
  return value;
}

function readRedis({ by, value }: Given): string {
  const url = URL.parse(value);
  if (!url?.hostname || !["redis:", "rediss:"].includes(url.protocol)) {
    throw new UsageError(`${by} expects a URL such as redis://user:password@host:6379`);
  }
  return value;
}

function readName({ by, value }: Given): string {
  if (!/^[\w.-]{1,64}$/.test(value)) {
    throw new UsageError(`${by} expects 1 to 64 letters, digits, '.', '_' or '-', got '${value}'`);
  }
  return value;
}

function readLevel({ by, value }: Given = { by: "default", value: "info" }): LogLevel {
  const level = LOG_LEVELS.find((level) => level === value);
  if (!level) throw new UsageError(`${by} expects one of ${LOG_LEVELS.join(", ")}, got '${value}'`);
  return level;
}

function readSwitch(name: string, env: (name: string) => string | undefined): boolean {
  const value = env(name) || "0";
  if (value !== "0" && value !== "1") throw new UsageError(`${name} expects 1 or 0, got '${value}'`);
  return value === "1";
}

/** What counts, for people. */
function masked(config: Config): object {
  const mask = (value: string | undefined) => {
    if (value === undefined) return undefined;
    const url = new URL(value);
    if (url.password) url.password = "***";
    if (url.search) url.search = "?***"; // Redis takes a password there too
    return url.href;
  };
  const { mysql, redis, db, ...rest } = config;
  return { ...rest, ...mysql ? { mysql: mask(mysql), redis: mask(redis) } : { db } };
}

function help(): string {
  const rows = TABLE.map(([name, { value, env, about }]: [string, Option]) => {
    const flag = value ? `--${name} ${value}` : `--${name}`;
    return `  ${flag.padEnd(22)} ${about}${env ? ` (${env})` : ""}`;
  });
  return [
    "clusterchat: a chat server that loses no message it has acknowledged.",
    "",
    "Usage: deno task server [options] [host] [port]     (or chat-server …)",
    "",
    "  host    the address to listen on; default 0.0.0.0, every address of this machine",
    "  port    default 6000; 0 for any free one",
    "",
    "Options, each also from the environment variable in parentheses:",
    ...rows,
    "",
    "Examples:",
    "  deno task server 6000",
    "  deno task server 127.0.0.1 6002 --mysql mysql://chat:secret@db/chat --redis redis://db",
  ].join("\n");
}
