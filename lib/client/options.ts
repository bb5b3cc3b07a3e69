/** What the client is told: arguments, and the environment. Anything unknown or malformed is a UsageError. */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "./commands/errors.ts";
import { stateFolder } from "./store/state_folder.ts";

export interface Options {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Who to be from the start. */
  readonly name?: string;
  readonly register: boolean;
  /** Where sessions, texts that are not acknowledged, and positions are kept; nowhere if it is absent. */
  readonly stateFolder?: string;
  /** A session to go on with, from the environment. */
  readonly token?: string;
  readonly passwordStdin: boolean;
  readonly exec: readonly string[];
  readonly json: boolean;
  readonly follow: boolean;
}

export type Start =
  | { readonly run: "client"; readonly options: Options }
  | { readonly run: "print"; readonly text: string };

interface Flag {
  /** What the value is called in the help; none for a switch. */
  readonly value?: string;
  readonly repeats?: true;
  readonly about: string;
}

const FLAGS = {
  name: { value: "NAME", about: "be NAME: the stored session goes on, else the password is asked for" },
  register: { about: "make the account NAME first" },
  "password-stdin": { about: "take passwords from standard input, a line each" },
  exec: { value: "COMMAND", repeats: true, about: "run a command (or send a line) and end; may be repeated" },
  follow: { about: "go on, and print what comes" },
  json: { about: "print answers and events as JSON, one a line" },
  tls: { about: "the server speaks TLS" },
  "no-store": { about: "keep nothing: no session, and no text that is not acknowledged" },
  version: { about: "print the version and end" },
  help: { about: "print this and end" },
} as const satisfies Record<string, Flag>;

type FlagName = keyof typeof FLAGS;
const TABLE = Object.entries(FLAGS) as [FlagName, Flag][];
const namesOf = (test: (flag: Flag) => boolean) =>
  TABLE.filter(([, flag]) => test(flag)).map(([name]) => name);

/** @throws {UsageError} in one line what is wrong and what was expected */
export function readOptions(
  args: readonly string[],
  env: (name: string) => string | undefined,
  version: string,
): Start {
  const parsed = parseArgs([...args], {
    string: [...namesOf(({ value }) => value !== undefined), "_"],
    boolean: namesOf(({ value }) => value === undefined),
    collect: namesOf(({ value }) => value !== undefined),
    alias: { h: "help" },
    unknown: (arg, key) => {
      if (key !== undefined) throw new UsageError(`there is no option ${arg}; --help lists them`);
    },
  }) as { _: string[] } & { readonly [name in FlagName]: unknown };
  if (parsed.help) return { run: "print", text: help() };
  if (parsed.version) return { run: "print", text: version };

  const name = single("name", parsed.name as string[]);
  const exec = parsed.exec as string[];
  if (exec.includes("")) throw new UsageError("--exec expects a command, such as --exec '/send bob hi'");
  const token = env("CHAT_TOKEN") || undefined;
  if (parsed.register && name === undefined) throw new UsageError("--register needs --name NAME");
  const address = readAddress(parsed._.map(String));
  const folder = parsed["no-store"] ? undefined : stateFolder(env, Deno.build.os);
  if (!parsed["no-store"] && folder === undefined) {
    throw new UsageError(
      "there is no place for what is kept: set HOME or CHAT_STATE_DIR, or give --no-store",
    );
  }
  return {
    run: "client",
    options: {
      ...address,
      tls: parsed.tls === true,
      ...name === undefined ? {} : { name },
      ...folder === undefined ? {} : { stateFolder: folder },
      // Who is named is who it shall be.
      ...token === undefined || name !== undefined ? {} : { token },
      register: parsed.register === true,
      passwordStdin: parsed["password-stdin"] === true,
      exec,
      json: parsed.json === true,
      follow: parsed.follow === true,
    },
  };
}

/** `[host] port`, as the server has it. */
function readAddress(rest: readonly string[]): { host: string; port: number } {
  if (rest.length > 2) {
    throw new UsageError(`expected [host] port, got ${rest.length} arguments: ${rest.join(" ")}`);
  }
  const port = rest.at(-1) ?? "6000";
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`port expects an integer from 1 to 65535, got '${port}'`);
  }
  return { host: rest.length === 2 ? rest[0]! : "127.0.0.1", port: Number(port) };
}

function single(name: FlagName, values: readonly string[]): string | undefined {
  if (values.length > 1) throw new UsageError(`--${name} is given more than once`);
  if (values[0] === "") throw new UsageError(`--${name} expects ${(FLAGS[name] as Flag).value}`);
  return values[0];
}

function help(): string {
  const rows = TABLE.map(([name, { value, about }]) =>
    `  ${(value ? `--${name} ${value}` : `--${name}`).padEnd(18)} ${about}`
  );
  return [
    "clusterchat: a client for people and scripts.",
    "",
    "Usage: deno task client [options] [host] [port]     (or chat-client …)",
    "",
    "  host    default 127.0.0.1",
    "  port    default 6000",
    "",
    "Options:",
    ...rows,
    "",
    "On a terminal it asks for commands: /help lists them. Otherwise it takes them from --exec or, without that, from",
    "standard input, a line each, and prints their answers; with --follow also everything that comes.",
    "On standard output there is nothing but data; notes and errors go to standard error.",
    "",
    "The session is kept in client.db, which is its owner's alone, in CHAT_STATE_DIR or the user's state folder: the next",
    "run goes on with it and needs no password, also after a script, until /logout. So are texts that are not",
    "acknowledged, which the next run of the account sends, once; and what was shown: the next run shows the rest.",
    "After a kill what was printed in the last moment may be printed again, with the same chat and seq: --json has both.",
    "",
    "CHAT_TOKEN in the environment is a session to go on with instead of --name: /token prints one.",
    "",
    "Exit codes: 0 done, 1 the server cannot be reached or refused something, 2 wrong usage, 3 wrong login.",
    "The first command of --exec that fails is the last; lines from standard input go on, and the first failure counts.",
    "",
    "Examples:",
    "  deno task client 6000",
    "  deno task client 127.0.0.1 8000 --name ann --password-stdin --exec '/send bob build is green' < password",
    "  deno task client 6000 --name bot --password-stdin --follow --json < password | jq .text",
  ].join("\n");
}
