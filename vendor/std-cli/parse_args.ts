/**
 * Command line arguments → an object of named flags and a list `_` of what is not a flag.
 *
 * `--name value`, `--name=value`, `--flag`, `--no-flag` (when negatable), `-abc`, `-n5`, `-n=5`; after `--` nothing is
 * a flag. A value that looks like a number becomes one, unless its flag is declared as a string.
 */

/** Options for {@linkcode parseArgs}. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  D extends Record<string, unknown> = Record<string, unknown>,
  DD extends boolean | undefined = boolean | undefined,
> {
  /** Flags without a value; false unless given. `true`: every `--name` without `=` is one. */
  boolean?: boolean | B | readonly B[];
  /** Flags whose value stays text; `""` when it is missing. `"_"` keeps positional arguments text. */
  string?: S | readonly S[];
  /** The value of a flag that is not given. */
  default?: D;
  /** Other names of a flag; all of them carry its value. */
  alias?: Record<string, string | readonly string[]>;
  /** Flags that may come more than once; each carries an array. */
  collect?: C | readonly C[];
  /** Flags that `--no-name` makes false. */
  negatable?: string | readonly string[];
  /** Called for what is not declared: an argument, or a flag with its key and value. `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  /** Everything after the first argument that is not a flag goes to `_`. */
  stopEarly?: boolean;
  /** What follows `--` goes to `"--"` instead of `_`. */
  "--"?: DD;
}

/** What {@linkcode parseArgs} returns: each declared flag with its type. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
  DD extends boolean | undefined = undefined,
> =
  & { [K in B]: K extends C ? boolean[] : boolean }
  & { [K in S as K extends C | keyof D ? K : never]: K extends C ? string[] : string }
  & { [K in S as K extends C | keyof D ? never : K]?: string }
  & { [K in Exclude<C, B | S>]: unknown[] }
  & { [K in Exclude<keyof D, B | S | C>]: unknown }
  & { _: (string | number)[] }
  & (DD extends true ? { "--": string[] } : unknown);

/** Parses `args` (without the program's name). Never throws. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const D extends Record<string, unknown> = Record<never, never>,
  const DD extends boolean | undefined = undefined,
>(args: readonly string[], options: ParseOptions<B, S, C, D, DD> = {}): Args<B, S, C, D, DD> {
  return new Parser(options as ParseOptions).parse(args) as Args<B, S, C, D, DD>;
}

class Parser {
  readonly #options: ParseOptions;
  /** Each name → all names of the same flag, itself included. */
  readonly #names = new Map<string, string[]>();
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #allBooleans: boolean;
  readonly #flags = new Map<string, unknown>();
  readonly #positional: (string | number)[] = [];

  constructor(options: ParseOptions) {
    this.#options = options;
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const all = [name, ...list(others)].flatMap((each) => this.#names.get(each) ?? [each]);
      for (const each of all) this.#names.set(each, all);
    }
    const withAliases = (names: string | readonly string[] | undefined) =>
      new Set(list(names).flatMap((name) => this.#namesOf(name)));
    this.#allBooleans = options.boolean === true;
    this.#booleans = withAliases(typeof options.boolean === "boolean" ? [] : options.boolean);
    this.#strings = withAliases(options.string);
    this.#collected = withAliases(options.collect);
    this.#negatable = withAliases(options.negatable);
  }

  parse(args: readonly string[]): Record<string, unknown> {
    const end = args.indexOf("--");
    const rest = end < 0 ? [] : args.slice(end + 1);
    this.#parseFlags(end < 0 ? args : args.slice(0, end));
    this.#fillDefaults();
    // defineProperty-like entries: a flag named `__proto__` is a flag like any other.
    const result = Object.fromEntries(this.#flags);
    if (this.#options["--"]) result["--"] = rest;
    else this.#positional.push(...rest);
    result._ = this.#positional;
    return result;
  }

  #parseFlags(args: readonly string[]): void {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg.startsWith("--")) i += this.#long(arg, args[i + 1]);
      else if (arg.startsWith("-") && arg !== "-" && !isNumber(arg)) i += this.#short(arg, args[i + 1]);
      else {
        if (this.#options.unknown?.(arg) !== false) this.#positional.push(this.#convert("_", arg) as string);
        if (!this.#options.stopEarly) continue;
        this.#positional.push(...args.slice(i + 1));
        return;
      }
    }
  }

  /** One `--…` argument; the answer is how many arguments after it belong to it. */
  #long(arg: string, next: string | undefined): 0 | 1 {
    const equals = arg.indexOf("=");
    if (equals > 0) {
      this.#set(arg.slice(2, equals), arg.slice(equals + 1), arg);
      return 0;
    }
    const name = arg.slice(2);
    if (name.startsWith("no-") && this.#negatable.has(name.slice(3))) {
      this.#set(name.slice(3), false, arg);
      return 0;
    }
    if (!this.#allBooleans && !this.#booleans.has(name) && next && !next.startsWith("-")) {
      this.#set(name, next, arg);
      return 1;
    }
    return this.#setWithoutValue(name, next, arg);
  }

  /** One `-abc` argument; the answer is how many arguments after it belong to it. */
  #short(arg: string, next: string | undefined): 0 | 1 {
    const letters = arg.slice(1);
    for (let i = 0; i < letters.length - 1; i++) {
      const letter = letters[i]!;
      const tail = letters.slice(i + 1);
      if (tail.startsWith("=")) return this.#set(letter, tail.slice(1), arg);
      // -n5 and -p./file: what follows is no letter, so it is the value.
      if (isNumber(tail) || /^\W/.test(tail)) return this.#set(letter, tail, arg);
      this.#set(letter, this.#strings.has(letter) ? "" : true, arg);
    }
    const last = letters.at(-1)!;
    if (!this.#booleans.has(last) && next && !/^--?[^-]/.test(next)) {
      this.#set(last, next, arg);
      return 1;
    }
    return this.#setWithoutValue(last, next, arg);
  }

  /** A flag that takes no value from what follows, except that `true` or `false` may say what it is. */
  #setWithoutValue(name: string, next: string | undefined, arg: string): 0 | 1 {
    const isBoolean = !this.#strings.has(name) && (next === "true" || next === "false");
    if (isBoolean) this.#set(name, next === "true", arg);
    else this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return isBoolean ? 1 : 0;
  }

  #set(name: string, value: string | boolean, arg: string): 0 {
    if (!this.#isDeclared(name, arg)) {
      if (this.#options.unknown?.(arg, name, value) === false) return 0;
    }
    const converted = this.#convert(name, value);
    const old = this.#flags.get(name);
    const stored = !this.#collected.has(name)
      ? converted
      : Array.isArray(old)
      ? [...old, converted]
      : [converted];
    this.#setAll(name, stored);
    return 0;
  }

  #setAll(name: string, value: unknown): void {
    for (const each of this.#namesOf(name)) this.#flags.set(each, value);
  }

  #isDeclared(name: string, arg: string): boolean {
    return (this.#allBooleans && arg.startsWith("--") && !arg.includes("=")) ||
      this.#booleans.has(name) || this.#strings.has(name) || this.#collected.has(name) ||
      this.#names.has(name);
  }

  #convert(name: string, value: string | boolean): string | number | boolean {
    if (typeof value === "boolean") return value;
    if (this.#booleans.has(name)) return value !== "false";
    return this.#strings.has(name) || !isNumber(value) ? value : Number(value);
  }

  #fillDefaults(): void {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (!this.#flags.has(name)) this.#setAll(name, value);
    }
    for (const name of this.#booleans) {
      if (!this.#flags.has(name)) this.#flags.set(name, this.#collected.has(name) ? [] : false);
    }
    for (const name of this.#collected) {
      if (!this.#flags.has(name)) this.#flags.set(name, []);
    }
  }

  #namesOf(name: string): readonly string[] {
    return this.#names.get(name) ?? [name];
  }
}

function list(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === "string" ? [names] : names;
}

function isNumber(text: string): boolean {
  return /^[-+]?(?:0x[0-9a-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i.test(text);
}
