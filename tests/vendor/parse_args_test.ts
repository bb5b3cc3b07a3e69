import { deepStrictEqual } from "node:assert/strict";
import { parseArgs } from "@std/cli/parse-args";

const equal = (actual: unknown, expected: unknown) => deepStrictEqual({ ...actual as object }, expected);

Deno.test("values follow or are joined by =, and numbers become numbers", () => {
  equal(parseArgs(["--port", "6000", "--name=n1", "host", "8000", "--quiet"]), {
    _: ["host", 8000],
    port: 6000,
    name: "n1",
    quiet: true,
  });
  equal(parseArgs(["--a=x=y", "--b=1e3", "--c", "0x10", "-"]), { _: ["-"], a: "x=y", b: 1000, c: 16 });
});

Deno.test("a string stays text, and is empty without a value", () => {
  const args = parseArgs(["--db", "7", "0600", "--name", "--mysql="], {
    string: ["db", "name", "mysql", "_"],
  });
  equal(args, { _: ["0600"], db: "7", name: "", mysql: "" });
  const name: string | undefined = args.name;
  deepStrictEqual(name, "");
});

Deno.test("a boolean takes no value but true and false, and is false when missing", () => {
  const options = { boolean: ["help", "quiet", "wide"] } as const;
  equal(parseArgs(["--help", "6000", "--quiet", "false"], options), {
    _: [6000],
    help: true,
    quiet: false,
    wide: false,
  });
  equal(parseArgs(["--help=false"], { boolean: "help" }), { _: [], help: false });
  equal(parseArgs(["--any", "x", "--n=5"], { boolean: true }), { _: ["x"], any: true, n: 5 });
  const help: boolean = parseArgs([], options).help;
  deepStrictEqual(help, false);
});

Deno.test("defaults, aliases", () => {
  const options = {
    string: ["db"],
    boolean: ["help"],
    default: { db: "chat.db" },
    alias: { help: ["h", "?"] },
  } as const;
  equal(parseArgs([], options), { _: [], db: "chat.db", help: false, h: false, "?": false });
  equal(parseArgs(["-h", "x"], options), { _: ["x"], db: "chat.db", help: true, h: true, "?": true });
  const db: string = parseArgs([], options).db;
  deepStrictEqual(db, "chat.db");
});

Deno.test("a collected flag carries an array", () => {
  const args = parseArgs(["--at", "1", "--at=2"], { collect: ["at", "none"], string: "at" });
  equal(args, { _: [], at: ["1", "2"], none: [] });
  const at: string[] = args.at;
  deepStrictEqual(at.length, 2);
  equal(parseArgs(["--at", "1", "--at", "2"]), { _: [], at: 2 });
});

Deno.test("--no-… negates only what is negatable", () => {
  equal(parseArgs(["--no-color", "--no-sound"], { boolean: ["color"], negatable: ["color"] }), {
    _: [],
    color: false,
    "no-sound": true,
  });
});

Deno.test("unknown hears of what is not declared, and may drop it", () => {
  const heard: unknown[] = [];
  const args = parseArgs(["6000", "--typo", "x", "-z=1", "--db", "f"], {
    string: ["db"],
    unknown: (arg, key, value) => {
      heard.push([arg, key, value]);
      return key === undefined;
    },
  });
  equal(args, { _: [6000], db: "f" });
  deepStrictEqual(heard, [["6000", undefined, undefined], ["--typo", "typo", "x"], ["-z=1", "z", "1"]]);
});

Deno.test("stopEarly and --", () => {
  equal(parseArgs(["-v", "--", "run", "-x"], { boolean: ["v"] }), { _: ["run", "-x"], v: true });
  equal(parseArgs(["a", "--", "-x"], { "--": true }), { _: ["a"], "--": ["-x"] });
  equal(parseArgs(["--a", "1", "run", "--b", "7"], { stopEarly: true }), { _: ["run", "--b", "7"], a: 1 });
});

Deno.test("short flags", () => {
  equal(parseArgs(["-abc", "5", "-n7", "-p=x", "-d", "-3"]), {
    _: [-3],
    a: true,
    b: true,
    c: 5,
    n: 7,
    p: "x",
    d: true,
  });
});

Deno.test("no flag reaches the prototype", () => {
  parseArgs(["--__proto__", "x", "--constructor=1"]);
  deepStrictEqual(({} as Record<string, unknown>).x, undefined);
  deepStrictEqual(Object.hasOwn(parseArgs(["--__proto__=x"]), "__proto__"), true);
});
