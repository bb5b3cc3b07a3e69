/**
 * A prompt on a terminal. What is printed stands above the line that is being typed, and never disturbs it, also where
 * that line wraps. Only text that is safe to print may be given to it.
 */
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { CommandError } from "./commands/errors.ts";

/** Of node:readline: how many screen rows the cursor is below the prompt's first one. Undocumented, but it is there. */
interface Rows {
  prevRows: number;
}

export interface TerminalListener {
  /** A line was entered. */
  line(line: string): void;
  /** Ctrl-C or Ctrl-D was pressed, or the terminal is gone. */
  closed(): void;
}

type Asked = PromiseWithResolvers<string[]> & { readonly prompts: string[]; readonly lines: string[] };

const HISTORY_LINES = 1_000;
const CLEAR_BELOW = "\x1b[0J";

export class Terminal {
  readonly #readline: Interface & Rows;
  readonly #screen: Screen;
  #asked: Asked | undefined;
  #isClosed = false;

  constructor(listener: TerminalListener) {
    this.#screen = new Screen();
    this.#readline = createInterface({
      input: process.stdin,
      output: this.#screen,
      terminal: true,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      prompt: "> ",
    }) as Interface & Rows;
    this.#readline.on("line", (line: string) => {
      if (this.#asked) this.#takeSecret(this.#asked, line);
      else listener.line(line);
    });
    this.#readline.on("SIGINT", () => this.#readline.close());
    this.#readline.on("close", () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#asked?.reject(new CommandError("the terminal was closed"));
      listener.closed();
    });
  }

  prompt(text: string): void {
    if (this.#isClosed) return;
    this.#readline.setPrompt(text);
    if (!this.#asked) this.#redraw("");
  }

  print(lines: readonly string[]): void {
    if (lines.length > 0) this.#redraw(`${lines.join("\n")}\n`);
  }

  /**
   * Reads a line for each prompt, neither shown nor remembered. All of them belong together: what is typed ahead is
   * never taken for a command. Rejects when the terminal is closed.
   */
  secrets(...prompts: string[]): Promise<string[]> {
    const asked = this.#asked = { ...Promise.withResolvers<string[]>(), prompts, lines: [] };
    this.#redraw("");
    this.#screen.isMuted = true;
    return asked.promise;
  }

  close(): void {
    this.#readline.close();
  }

  #takeSecret(asked: Asked, line: string): void {
    asked.lines.push(line);
    // deno-lint-ignore no-explicit-any -- the type does not say so, but it is an array
    const history = (this.#readline as any).history as string[];
    if (history[0] === line) history.shift();
    const isLast = asked.lines.length === asked.prompts.length;
    if (isLast) {
      this.#asked = undefined;
      this.#screen.isMuted = false;
      asked.resolve(asked.lines);
    }
    process.stdout.write("\n");
    if (!isLast) this.#redraw("");
  }

  /** Rewrites everything from the prompt on: the text, then the prompt and the line that is being typed. */
  #redraw(text: string): void {
    if (this.#isClosed) return void process.stdout.write(text);
    const { isMuted } = this.#screen;
    this.#screen.isMuted = false;
    const { rows } = this.#readline.getCursorPos();
    const up = rows > 0 ? `\x1b[${rows}A` : "";
    this.#screen.write(`\r${up}${CLEAR_BELOW}${text}`);
    // What readline knows of rows above is no longer true.
    this.#readline.prevRows = 0;
    if (this.#asked) this.#screen.write(`${this.#asked.prompts[this.#asked.lines.length]}: `);
    else this.#readline.prompt(true);
    this.#screen.isMuted = isMuted;
  }
}

/** Standard output, unless what is typed must not be seen. */
class Screen extends Writable {
  isMuted = false;
  readonly isTTY = true;

  constructor() {
    super({ decodeStrings: false });
    process.stdout.on("resize", () => this.emit("resize"));
  }

  get columns(): number {
    return process.stdout.columns;
  }

  get rows(): number {
    return process.stdout.rows;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    if (!this.isMuted) process.stdout.write(chunk);
    done();
  }
}
