/**
 * A client as simple as can be, which believes what the server sends: it keeps no order, drops nothing, asks for
 * nothing. What it shows is the server's own promise: on each connection, from where `resume` began, each event once.
 * A slow one now and then asks for far more than the sockets hold and stops reading, so that the server's queue is full
 * and events are left in the log; after some seconds it reads on.
 */
import { dial, type Wire } from "../../lib/client/wire.ts";
import { pause } from "../../lib/service/pause.ts";
import { PASSWORD } from "../kit/server.ts";
import type { Dice } from "./dice.ts";
import type { Recorder, SeenEvent } from "./recorder.ts";
import type { View } from "./view.ts";

interface Line extends SeenEvent {
  readonly type: string;
  readonly re?: number;
  readonly code?: string;
  readonly retry?: boolean;
  readonly token?: string;
  readonly user?: { readonly id: number };
  readonly chats?: readonly { readonly chat: number; readonly seq: number }[];
  readonly reset?: boolean;
  readonly entry?: { readonly chat: number; readonly seq: number };
}

export interface WitnessOptions {
  /** One of them for each connection, in turn. */
  readonly ports: readonly number[];
  readonly recorder: Recorder;
  /** Whose chats it watches. */
  readonly name: string;
  /** For a slow one. */
  readonly slow?: Dice;
}

const PING_MS = 5_000;
/** Nothing was heard for so long, though it was asked: the connection is dead. */
const SILENCE_MS = 12_000;
const RETRY_MS = 400;
/** How often a slow one stops reading, on average, and for how long: less than what it takes for a dead connection. */
const STOP_EVERY_MS = 15_000;
const STOP_MS = { least: 2_000, most: 6_000 };
/** A socket's buffers hold 4 MB, and the server's queue 1 MiB. */
const STOP_BYTES = 7_000_000;
/** Of one text, about, and of one page of a log. */
const EVENT_BYTES = 300;
const PAGE_EVENTS = 500;
/** While logs are short, they do not fill anything. */
const MOST_PAGES = 500;
/** For people, when something is wrong. */
const LAST_LINES = 300;
/** A page of a log is long, and nothing is wrong with it. */
const LAST_CHARACTERS = 2_000;

export class Witness {
  readonly view: View;
  /** The last lines that came, each connection after a blank one. */
  readonly lines: string[] = [];
  readonly #options: WitnessOptions;
  readonly #positions = new Map<number, number>();
  readonly #closed = new AbortController();
  readonly #done: Promise<void>;
  /** No more stops. */
  readonly #hurry = new AbortController();
  #stopAt = performance.now();
  #connections = 0;
  #token: string | undefined;
  #isIn = Promise.withResolvers<void>();

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.view = options.recorder.view(`${options.name}'s ${options.slow ? "slow " : ""}witness`);
    this.#done = this.#run();
  }

  /** Resolves when it has logged in for the first time. */
  get ready(): Promise<void> {
    return this.#isIn.promise;
  }

  /** Reads on, and goes on reading. */
  hurry(): void {
    this.#hurry.abort();
  }

  async close(): Promise<void> {
    this.hurry();
    this.#closed.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        const tooLate = AbortSignal.timeout(SILENCE_MS);
        const { ports } = this.#options;
        const address = { host: "127.0.0.1", port: ports[this.#connections++ % ports.length]! };
        await this.#live(await dial(address, AbortSignal.any([signal, tooLate])));
      } catch {
        // Nobody is there.
      }
      await pause(RETRY_MS, signal);
    }
  }

  async #live(wire: Wire): Promise<void> {
    let heardAt = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - heardAt > SILENCE_MS) wire.close();
      else wire.send('{"type":"ping"}');
    }, PING_MS);
    const close = () => wire.close();
    this.#closed.signal.addEventListener("abort", close);
    this.#write("");
    try {
      wire.send(JSON.stringify(this.#greeting()));
      let torn: string | undefined;
      for await (const line of wire.lines) {
        heardAt = performance.now();
        this.#write(line);
        // Only the last line of a connection may be torn.
        if (torn !== undefined) this.#options.recorder.oddity({ what: `${this.view.client} got ${torn}` });
        const message = read(line);
        if (message === undefined) torn = line;
        else if (!this.#take(message)) return;
        if (message && this.#isToStop(message)) {
          await this.#stop(wire);
          heardAt = performance.now();
        }
      }
    } finally {
      clearInterval(timer);
      this.#closed.signal.removeEventListener("abort", close);
      wire.close();
    }
  }

  /** In the middle of what is live. */
  #isToStop({ type }: Line): boolean {
    const { slow } = this.#options;
    if (!slow || this.#hurry.signal.aborted || type !== "event" || performance.now() < this.#stopAt) {
      return false;
    }
    this.#stopAt = performance.now() + slow.gap(STOP_EVERY_MS);
    return true;
  }

  /** What is not read stays in the socket: nobody asks for a line meanwhile. */
  async #stop(wire: Wire): Promise<void> {
    const { slow, recorder } = this.#options;
    const [chat, head] = [...this.#positions].reduce((a, b) => b[1] > a[1] ? b : a);
    const pages = Math.ceil(STOP_BYTES / (Math.min(PAGE_EVENTS, head) * EVENT_BYTES));
    const ask = JSON.stringify({ type: "history", id: 2, chat, before: head + 1, limit: PAGE_EVENTS });
    for (let i = Math.min(pages, MOST_PAGES); i > 0; i--) wire.send(ask);
    recorder.progress.stops++;
    await pause(slow!.between(STOP_MS.least, STOP_MS.most), this.#hurry.signal);
  }

  #greeting(): object {
    if (this.#token === undefined) {
      return { type: "login", id: 1, name: this.#options.name, password: PASSWORD, device: "witness" };
    }
    return { type: "resume", id: 1, token: this.#token, have: Object.fromEntries(this.#positions) };
  }

  /** Whether the connection is of use. */
  #take(line: Line): boolean {
    if (line.re !== undefined && line.re !== 1) return true; // a page, or none because it was a member's
    if (line.type === "event") this.#show(line);
    if (line.type === "ok" && line.re === 1) this.#begin(line);
    if (line.type === "error" && line.retry === false) {
      this.#options.recorder.oddity({ what: `${this.view.client} was refused: ${line.code}` });
    }
    return line.type !== "error";
  }

  /** What is live from its head: all chats after a login, those that `have` does not name after a resume. */
  #begin({ token, user, chats = [], reset }: Line): void {
    if (reset) this.view.resets++;
    this.#token ??= token;
    const news = chats.filter(({ chat }) => !this.#positions.has(chat));
    this.view.begin(user!.id, news);
    for (const { chat, seq } of news) this.#positions.set(chat, seq);
    this.#isIn.resolve();
  }

  #show(event: Line): void {
    const { recorder } = this.#options;
    recorder.show(this.view, event);
    if (!this.#options.slow) recorder.progress.serve(this.view.client);
    this.#positions.set(event.chat, event.seq);
    // A chat is open: a connection that is lost before its first event asks for it from there.
    const { kind, entry } = event;
    if (kind !== "added") return;
    this.#positions.set(entry!.chat, Math.max(entry!.seq, this.#positions.get(entry!.chat) ?? 0));
  }

  #write(line: string): void {
    this.lines.push(line.slice(0, LAST_CHARACTERS));
    if (this.lines.length > LAST_LINES) this.lines.shift();
  }
}

function read(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
