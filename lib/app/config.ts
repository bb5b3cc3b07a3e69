/**
 * What the server is told: flags, else environment, else defaults. One table is the source of the parsing, of
 * `--help` and of `--print-config`. Anything unknown or malformed is a UsageError, never a silent default.
 */
import { parseArgs } from "@std/cli/parse-args";
import { limits } from "../protocol/limits.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

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
  "log-level": { value: "LEVEL", env: "CHAT_LOG_LEVEL", about: `${LOG_LEVELS.join(", ")}; default info` },
  "print-config": { about: "print what holds, secrets masked, and end" },
  version: { about: "print the version and end" },
  help: { about: "print this and end" },
} as const satisfies Record<string, Option>;

type OptionName = keyof typeof OPTIONS;
const TABLE: readonly [OptionName, Option][] = Object.entries(OPTIONS) as [OptionName, Option][];

/** @throws {UsageError} in one line what is wrong and what was expected */
export function readConfig(
  args: readonly string[],
  env: (name: string) => string | undefined,
  version: string,
): Command {
  const parsed = parseArgs([...args], {
    string: TABLE.filter(([, option]) => option.value).map(([name]) => name),
    boolean: TABLE.filter(([, option]) => !option.value).map(([name]) => name),
    alias: { h: "help" },
    unknown: (arg, key) => {
      if (key !== undefined) throw new UsageError(`there is no option ${arg}; --help lists them`);
    },
  }) as { _: (string | number)[] } & { [name in OptionName]?: unknown };
  if (parsed.help) return { run: "print", text: help() };
  if (parsed.version) return { run: "print", text: version };

  const from = (name: OptionName): string | undefined => {
    const flag = parsed[name];
    if (Array.isArray(flag)) throw new UsageError(`--${name} is given more than once`);
    if (flag === "") throw new UsageError(`--${name} expects ${(OPTIONS[name] as Option).value}`);
    const option: Option = OPTIONS[name];
    return flag as string | undefined ?? ((option.env && env(option.env)) || undefined);
  };
  const { host, port } = readAddress(parsed._.map(String));
  const mysql = readUrl("mysql", from("mysql"), "mysql://user:password@host:3306/database");
  const redis = readUrl("redis", from("redis"), "redis://host:6379");
  if (parsed.db !== undefined && parsed.mysql !== undefined) {
    throw new UsageError("--db and --mysql exclude each other: the data is in the one or the other");
  }
  if (redis && !mysql) {
    throw new UsageError(
      "--redis without --mysql: several servers need a MySQL to share; one server needs no Redis",
    );
  }
  const config: Config = {
    host,
    port,
    db: from("db") ?? "chat.db",
    mysql,
    redis,
    name: readName(from("name") ?? `chat-${port}`),
    sessions: readInteger(
      "sessions",
      from("sessions") ?? String(limits.sessionsPerUser),
      1,
      limits.sessionsPerUser,
    ),
    unsafeMysql: parsed["unsafe-mysql"] === true || env("CHAT_UNSAFE_MYSQL") === "1",
    logLevel: readLevel(from("log-level") ?? "info"),
  };
  if (parsed["print-config"]) return { run: "print", text: JSON.stringify(masked(config), null, 2) };
  return { run: "server", config };
}

/** `[host] port`, as the ancestors have it. */
function readAddress(rest: readonly string[]): { host: string; port: number } {
  if (rest.length > 2) {
    throw new UsageError(`expected [host] port, got ${rest.length} arguments: ${rest.join(" ")}`);
  }
  const port = readInteger("port", rest.at(-1) ?? "6000", 0, 65_535);
  return { host: rest.length === 2 ? rest[0]! : "0.0.0.0", port };
}

function readInteger(name: string, value: string, min: number, max: number): number {
  if (!/^\d{1,9}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new UsageError(`${name} expects an integer from ${min} to ${max}, got '${value}'`);
  }
  return Number(value);
}

function readUrl(name: "mysql" | "redis", value: string | undefined, example: string): string | undefined {
  if (value === undefined) return undefined;
  const protocols = name === "redis" ? ["redis:", "rediss:"] : ["mysql:"];
  // The value itself is not repeated: it may hold a password.
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new UsageError(`--${name} expects a URL such as ${example}`);
  }
  return value;
}

function readName(value: string): string {
  if (!/^[\w.-]{1,64}$/.test(value)) {
    throw new UsageError(`--name expects 1 to 64 letters, digits, '.', '_' or '-', got '${value}'`);
  }
  return value;
}

function readLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((level) => level === value);
  if (!level) throw new UsageError(`--log-level expects one of ${LOG_LEVELS.join(", ")}, got '${value}'`);
  return level;
}

function masked(config: Config): Config {
  const mask = (value: string | undefined) => {
    if (value === undefined) return undefined;
    const url = new URL(value);
    if (url.password) url.password = "***";
    return url.href;
  };
  return { ...config, mysql: mask(config.mysql), redis: mask(config.redis) };
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
