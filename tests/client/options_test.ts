import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { type Options, readOptions } from "../../lib/client/options.ts";
import { stateFolder } from "../../lib/client/store/state_folder.ts";

function options(args: string, env: Record<string, string> = {}): Options {
  const all: Record<string, string> = { CHAT_STATE_DIR: "state", ...env };
  const start = readOptions(args.split(" ").filter(Boolean), (name) => all[name], "1.2.3");
  if (start.run !== "client") throw new Error(start.text);
  return start.options;
}

function printed(args: string): string {
  const start = readOptions(args.split(" "), () => undefined, "1.2.3");
  return start.run === "print" ? start.text : "";
}

const DEFAULTS: Options = {
  host: "127.0.0.1",
  port: 6000,
  tls: false,
  stateFolder: "state",
  register: false,
  passwordStdin: false,
  exec: [],
  json: false,
  follow: false,
};

Deno.test("[host] port, with defaults", () => {
  equal(options(""), DEFAULTS);
  equal(options("8000"), { ...DEFAULTS, port: 8000 });
  equal(options("chat.example 8000"), { ...DEFAULTS, host: "chat.example", port: 8000 });
});

Deno.test("flags, before and after the address", () => {
  equal(options("--name ann --password-stdin 6002 --json --follow --tls --exec /chats --exec /quit"), {
    ...DEFAULTS,
    port: 6002,
    tls: true,
    name: "ann",
    passwordStdin: true,
    json: true,
    follow: true,
    exec: ["/chats", "/quit"],
  });
});

Deno.test("a session from the environment, unless somebody is named", () => {
  equal(options("", { CHAT_TOKEN: "t" }).token, "t");
  equal(options("--name ann", { CHAT_TOKEN: "t" }).token, undefined);
});

Deno.test("nothing is kept where that is asked for, and there must be a place otherwise", () => {
  equal(options("--no-store").stateFolder, undefined);
  equal(options("--no-store", { CHAT_STATE_DIR: "" }).stateFolder, undefined);
  throws(() => options("", { CHAT_STATE_DIR: "" }), /set HOME or CHAT_STATE_DIR, or give --no-store/);
});

const FOLDERS: readonly (readonly [string, Record<string, string>, string | undefined])[] = [
  ["linux", { HOME: "/home/ann" }, "/home/ann/.local/state/clusterchat"],
  ["linux", { HOME: "/home/ann", XDG_STATE_HOME: "/state" }, "/state/clusterchat"],
  ["linux", { HOME: "/home/ann", XDG_STATE_HOME: "/state", CHAT_STATE_DIR: "/mine" }, "/mine"],
  ["linux", {}, undefined],
  ["darwin", { HOME: "/Users/ann" }, "/Users/ann/Library/Application Support/clusterchat"],
  ["windows", { LOCALAPPDATA: "C:/ann" }, "C:/ann/clusterchat"],
];

Deno.test("the folder of what is kept, where each system has it", () => {
  for (const [os, env, expected] of FOLDERS) equal(stateFolder((name) => env[name], os), expected);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ["--frob", /there is no option --frob/],
  ["-x", /there is no option -x/],
  ["--password secret", /there is no option --password/],
  ["abc", /port expects an integer from 1 to 65535, got 'abc'/],
  ["0", /port expects/],
  ["70000", /port expects/],
  ["a b c", /expected \[host\] port, got 3 arguments/],
  ["--name", /--name expects NAME/],
  ["--name a --name b", /--name is given more than once/],
  ["--exec", /--exec expects a command/],
  ["--register", /--register needs --name/],
];

for (const [args, expected] of WRONG) {
  Deno.test(`wrong usage is said: ${args}`, () => {
    throws(() => options(args), { name: "UsageError", message: expected });
  });
}

Deno.test("help and version are printed", () => {
  equal(printed("--version"), "1.2.3");
  match(printed("--help"), /Exit codes: 0 done, 1 .*, 2 wrong usage, 3 wrong login/);
  equal(printed("-h"), printed("--help"));
});
