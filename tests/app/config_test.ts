/** What the server is told: flags, else environment, else defaults; and an error that names what is wrong. */
import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { type Config, readConfig, UsageError } from "../../lib/app/config.ts";

type Environment = Readonly<Record<string, string>>;

function read(args: string, environment: Environment = {}) {
  return readConfig(args.split(" ").filter(Boolean), "1.2.3", (name) => environment[name]);
}

function config(args: string, environment?: Environment): Config {
  const command = read(args, environment);
  if (command.run !== "server") throw new Error(`'${args}' does not start a server`);
  return command.config;
}

function printed(args: string, environment?: Environment): string {
  const command = read(args, environment);
  if (command.run !== "print") throw new Error(`'${args}' prints nothing`);
  return command.text;
}

const MYSQL = "mysql://chat:secret@db/chat";
const REDIS = "redis://cache:6380";

/** Every option with a value: its variable, two values, and where they end up. */
const OPTIONS = [
  { flag: "--db", variable: "CHAT_DB", values: ["a.db", ":memory:"], field: "db", with: "" },
  { flag: "--mysql", variable: "CHAT_MYSQL_URL", values: [MYSQL, "mysql://h/d"], field: "mysql", with: "" },
  {
    flag: "--redis",
    variable: "CHAT_REDIS_URL",
    values: [REDIS, "rediss://h"],
    field: "redis",
    with: `--mysql ${MYSQL}`,
  },
  { flag: "--name", variable: "CHAT_NAME", values: ["n-1", "N.2_x"], field: "name", with: "" },
  { flag: "--sessions", variable: "CHAT_SESSIONS", values: ["1", "50"], field: "sessions", with: "" },
  {
    flag: "--log-level",
    variable: "CHAT_LOG_LEVEL",
    values: ["warn", "silent"],
    field: "logLevel",
    with: "",
  },
] as const;

Deno.test("without arguments: port 6000 on every address, in chat.db", () => {
  equal(config(""), {
    host: "0.0.0.0",
    port: 6000,
    db: "chat.db",
    mysql: undefined,
    redis: undefined,
    name: "chat-6000",
    sessions: 50,
    unsafeMysql: false,
    newEpoch: false,
    logLevel: "info",
  });
});

Deno.test("[host] port, as the ancestors have it", () => {
  const address = (args: string) => {
    const { host, port, name } = config(args);
    return [host, port, name];
  };
  equal(address("6002"), ["0.0.0.0", 6002, "chat-6002"]);
  equal(address("127.0.0.1 6002"), ["127.0.0.1", 6002, "chat-6002"]);
  equal(address("::1 0"), ["::1", 0, "chat-0"]);
  equal(address("chat.example 65535"), ["chat.example", 65535, "chat-65535"]);
  equal(address("--name n1 127.1 6002"), ["127.1", 6002, "n1"]);
  equal(address("127.1 --name n1 6002"), ["127.1", 6002, "n1"]);
  equal(address("-- 6002"), ["0.0.0.0", 6002, "chat-6002"]);
});

for (const { flag, variable, values: [one, other], field, with: rest } of OPTIONS) {
  Deno.test(`${flag} is taken from the flag, else from ${variable}`, () => {
    const holds = (args: string, environment?: Environment) =>
      String(config(`${args} ${rest}`, environment)[field]);
    equal(holds(`${flag} ${one}`), one);
    equal(holds(`${flag}=${one}`), one);
    equal(holds("", { [variable]: one }), one);
    equal(holds(`${flag} ${other}`, { [variable]: one }), other);
    equal(holds("", { [variable]: "" }), String(config(rest)[field]));
  });

  Deno.test(`${flag} without a value, or given twice, is refused`, () => {
    refuses(flag, new RegExp(`^${flag} expects [A-Z]+$`));
    refuses(`${flag}= 6000`, new RegExp(`^${flag} expects [A-Z]+$`));
    refuses(`${flag} --print-config`, new RegExp(`^${flag} expects [A-Z]+$`));
    refuses(`${flag} ${one} ${flag} ${other} ${rest}`, new RegExp(`^${flag} is given more than once$`));
  });
}

function refuses(args: string, message: RegExp, environment?: Environment): void {
  throws(() => read(args, environment), (error) => {
    if (!(error instanceof UsageError)) throw error;
    match(error.message, message);
    match(error.message, /^[^\n]+$/, "one line");
    return true;
  }, args);
}

for (
  const [args, message, environment] of [
    ["65536", /^port expects an integer from 0 to 65535, got '65536'$/],
    ["-1", /^port expects .* got '-1'$/],
    ["0x1770", /^port expects .* got '0x1770'$/],
    ["6e3", /^port expects .* got '6e3'$/],
    ["6000.0", /^port expects .* got '6000.0'$/],
    ["localhost", /^port expects .* got 'localhost'$/],
    ["6000 127.0.0.1", /^port expects .* got '127.0.0.1'$/],
    ["a b 6000", /^expected \[host\] port, got 3 arguments: a b 6000$/],

    ["--port 6000", /^there is no option --port; --help lists them$/],
    ["--port=6000", /^there is no option --port=6000; --help/],
    ["-p 6000", /^there is no option -p; --help/],
    ["--Db x", /^there is no option --Db; --help/],
    ["--no-help", /^there is no option --no-help; --help/],
    ["--__proto__ x", /^there is no option --__proto__; --help/],
    ["--help --port 1", /^there is no option --port/],

    ["--unsafe-mysql=0", /^--unsafe-mysql takes no value$/],
    ["--new-epoch=1", /^--new-epoch takes no value$/],
    ["--help=no", /^--help takes no value$/],
    ["", /^CHAT_UNSAFE_MYSQL expects 1 or 0, got 'no'$/, { CHAT_UNSAFE_MYSQL: "no" }],

    ["--sessions 0", /^--sessions expects an integer from 1 to 50, got '0'$/],
    ["--sessions 51", /^--sessions expects .* got '51'$/],
    ["--sessions many", /^--sessions expects .* got 'many'$/],
    ["", /^CHAT_SESSIONS expects .* got '1.5'$/, { CHAT_SESSIONS: "1.5" }],
    ["--name a/b", /^--name expects 1 to 64 letters, .* got 'a\/b'$/],
    [`--name ${"x".repeat(65)}`, /^--name expects 1 to 64 letters/],
    ["", /^CHAT_NAME expects/, { CHAT_NAME: "two words" }],
    ["--log-level loud", /^--log-level expects one of debug, info, warn, error, silent, got 'loud'$/],
    ["", /^CHAT_LOG_LEVEL expects one of/, { CHAT_LOG_LEVEL: "INFO" }],

    ["--mysql db/chat", /^--mysql: .* is not a URL .*mysql:\/\/user:password@host:port\/database$/],
    ["--mysql http://h/d", /^--mysql: .* begins with http:/],
    ["--mysql mysql://h", /^--mysql: .* names no database/],
    ["--mysql mysql://h/d?ssl=1", /^--mysql: .* has a \?/],
    ["", /^CHAT_MYSQL_URL: .* names no database/, { CHAT_MYSQL_URL: "mysql://h" }],
    [
      `--mysql ${MYSQL} --redis h:6379`,
      /^--redis expects a URL such as redis:\/\/user:password@host:6379$/,
    ],
    [`--mysql ${MYSQL} --redis http://h`, /^--redis expects a URL/],
    [`--mysql ${MYSQL}`, /^CHAT_REDIS_URL expects a URL/, { CHAT_REDIS_URL: "redis:///" }],

    [`--redis ${REDIS}`, /^--redis without --mysql: .* one server needs no Redis$/],
    ["", /^CHAT_REDIS_URL without --mysql/, { CHAT_REDIS_URL: REDIS }],
    [`--db x --mysql ${MYSQL}`, /^--db and --mysql exclude each other/],
    ["--db x", /^--db and CHAT_MYSQL_URL exclude each other/, { CHAT_MYSQL_URL: MYSQL }],
  ] as [string, RegExp, Environment?][]
) {
  const variables = Object.entries(environment ?? {}).map(([name, value]) => `${name}=${value} `).join("");
  Deno.test(`refused: ${variables}${args}`, () => refuses(args, message, environment));
}

Deno.test("an error repeats no password", () => {
  for (const url of ["mysql://chat:geheim@h", "http://chat:geheim@h/d", "mysql://h/d?password=geheim"]) {
    throws(() => read(`--mysql ${url}`), ({ message }: Error) => !message.includes("geheim"), url);
  }
  throws(
    () => read(`--mysql ${MYSQL} --redis http://:geheim@h`),
    ({ message }: Error) => !message.includes("geheim"),
  );
});

Deno.test("CHAT_UNSAFE_MYSQL is --unsafe-mysql", () => {
  equal(config("--unsafe-mysql").unsafeMysql, true);
  equal(config("", { CHAT_UNSAFE_MYSQL: "1" }).unsafeMysql, true);
  equal(config("", { CHAT_UNSAFE_MYSQL: "0" }).unsafeMysql, false);
});

Deno.test("--new-epoch is asked for by the flag alone, at one start", () => {
  equal(config("--new-epoch 6000").newEpoch, true);
  equal(config("", { CHAT_NEW_EPOCH: "1" }).newEpoch, false);
});

Deno.test("--print-config shows what holds, and no secret", () => {
  const secrets = "--mysql mysql://chat:geheim@db/chat --redis redis://:geheim@cache?password=geheim";
  equal(JSON.parse(printed(`${secrets} --print-config 6002`, { CHAT_NAME: "n1" })), {
    host: "0.0.0.0",
    port: 6002,
    mysql: "mysql://chat:***@db/chat",
    redis: "redis://:***@cache?***",
    name: "n1",
    sessions: 50,
    unsafeMysql: false,
    newEpoch: false,
    logLevel: "info",
  });
});

Deno.test("--print-config refuses what a start would refuse", () => {
  refuses("--print-config --sessions 0", /^--sessions expects/);
});

Deno.test("--help lists every option with its variable, and wins over all that is well-formed", () => {
  const help = printed("--help");
  for (const { flag, variable } of OPTIONS) {
    match(help, new RegExp(`^  ${flag} [A-Z]+ .*\\(${variable}\\)$`, "m"));
  }
  for (const flag of ["--unsafe-mysql", "--new-epoch", "--print-config", "--version", "--help"]) {
    match(help, new RegExp(`^  ${flag} `, "m"));
  }
  match(help, /host .*0\.0\.0\.0[^]*port .*6000/);
  equal(printed("-h"), help);
  equal(printed("--sessions 0 --help --version"), help);
});

Deno.test("--version is the version alone", () => equal(printed("--version"), "1.2.3"));
