/**
 * A program in a process of its own: what it says, line by line, how it ends, and the signals that it gets.
 *
 * It ends with the test: `await using` kills it and all it has started, and a guard does the same when the test itself
 * is killed.
 */
import { tmpdir } from "node:os";
import { TextLineStream } from "@std/streams/text-line-stream";

export interface ProcessOptions {
  readonly cwd?: string;
  /**
   * Beside the test's own environment, in which no CHAT_… is set but CHAT_STATE_DIR: what a client keeps goes into a
   * folder that ends with the process, never into the home of whoever runs the tests.
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** No test waits longer for a line or an end. */
const DEADLINE_MS = 30_000;

/** Kills the process group of its argument when its input ends without a line: then the test is gone. */
const GUARD = `read -r line || kill -KILL "-$1"`;

export class Process implements AsyncDisposable {
  readonly pid: number;
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly #child: Deno.ChildProcess;
  readonly #guard: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<Deno.CommandStatus>;
  /** Made by a client, if it is one. */
  readonly #stateFolder = `${tmpdir()}/clusterchat-state-${crypto.randomUUID()}`;

  constructor(command: string, args: readonly string[], { cwd, env }: ProcessOptions = {}) {
    // A group of its own: a signal to the test's group must not reach it, and one to its group reaches its children.
    this.#child = new Deno.Command("setsid", {
      args: [command, ...args],
      cwd,
      env: { ...cleanEnvironment(), CHAT_STATE_DIR: this.#stateFolder, ...env },
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#guard = new Deno.Command("setsid", {
      args: ["sh", "-c", GUARD, "guard", String(this.pid)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.stdout = new Lines(this.#child.stdout);
    this.stderr = new Lines(this.#child.stderr);
    this.#writer = this.#child.stdin.getWriter();
    this.#ended = this.#end();
  }

  /** How it ended, once it has and everything that it said is here. Throws when that takes too long. */
  get status(): Promise<Deno.CommandStatus> {
    return within(this.#ended, () => `the process did not end; it said: ${this.stdout} ${this.stderr}`);
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async write(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  /** Ends its input. */
  async closeInput(): Promise<void> {
    await this.#writer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      Deno.kill(-this.pid, "SIGKILL");
    } catch {
      // All of it has ended.
    }
    await this.#ended;
    await Deno.remove(this.#stateFolder, { recursive: true }).catch(() => {});
  }

  async #end(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    await Promise.all([this.stdout.all, this.stderr.all]);
    await this.#writer.abort().catch(() => {});
    const guard = this.#guard.stdin.getWriter();
    await guard.write(new TextEncoder().encode("over\n"));
    await guard.close();
    await this.#guard.status;
    return status;
  }
}

/** What a process said, as it comes. */
export class Lines {
  /** All lines, at the end. */
  readonly all: Promise<readonly string[]>;
  readonly #lines: string[] = [];
  #isOver = false;
  #news = Promise.withResolvers<void>();

  constructor(bytes: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.all = this.#read(bytes);
  }

  /** What is here so far. */
  get here(): readonly string[] {
    return this.#lines;
  }

  /** The first line that matches, here or to come. */
  async match(pattern: RegExp): Promise<RegExpMatchArray> {
    for (let i = 0;; i++) {
      while (i === this.#lines.length) {
        if (this.#isOver) throw new Error(`no line ${pattern} was said, but: ${this}`);
        await within(this.#news.promise, () => `no line ${pattern} came, but: ${this}`);
      }
      const match = this.#lines[i]!.match(pattern);
      if (match) return match;
    }
  }

  toString(): string {
    return this.#lines.join("\n");
  }

  async #read(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<readonly string[]> {
    for await (const line of bytes.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      this.#lines.push(line);
      this.#wake();
    }
    this.#isOver = true;
    this.#wake();
    return this.#lines;
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** What a program said until it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Runs a program, its input empty, to its end. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options?: ProcessOptions,
): Promise<Outcome> {
  await using process = new Process(command, args, options);
  await process.closeInput();
  const { code } = await process.status;
  return { code, stdout: await process.stdout.all, stderr: await process.stderr.all };
}

function cleanEnvironment(): Record<string, string> {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("CHAT_"));
  return { ...Object.fromEntries(own), NO_COLOR: "1" };
}

async function within<T>(promise: Promise<T>, complaint: () => string): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error(complaint())), DEADLINE_MS);
  try {
    return await Promise.race([promise, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
