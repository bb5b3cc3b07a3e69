/** Users who write without a pause, whatever dies; and the check that nothing was lost, nothing is there twice. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { ChatClient } from "../../lib/client/chat_client.ts";
import { PASSWORD } from "./server.ts";
import type { Wire } from "./wire.ts";

/** Short, so that a test is. */
const BACKOFF = { minMs: 20, maxMs: 200 };
/** Texts of one writer that are not acknowledged. */
const WINDOW = 8;

/** A client that writes to a chat, comes back when it loses its server, and remembers what it was told. */
export class Writer implements Disposable {
  readonly client: ChatClient;
  /** The `seq` of each acknowledged `cid`. */
  readonly acknowledged = new Map<string, number>();
  /** The chat's events, as they were shown. */
  readonly shown: number[] = [];
  #isWriting = false;
  #news = Promise.withResolvers<void>();

  private constructor(client: ChatClient) {
    this.client = client;
  }

  static async login(port: number, name: string): Promise<Writer> {
    const writer = new Writer(new ChatClient({ port, backoff: BACKOFF }));
    await writer.client.connect();
    await writer.client.login({ name, password: PASSWORD });
    return writer;
  }

  /** The name of the server that it is connected to. */
  get server(): string | undefined {
    return this.client.welcome?.server;
  }

  get id(): number {
    return this.client.state.me!.id;
  }

  /** Writes until `stop`, as the only one of this user who writes to the chat. */
  start(chat: number): void {
    this.#isWriting = true;
    this.client.on("event", (event) => {
      if (event.chat !== chat) return;
      this.shown.push(event.seq);
      this.#wake();
    });
    for (let lane = 0; lane < WINDOW; lane++) void this.#write(chat, lane);
  }

  /** Resolves when so many more are acknowledged. */
  async written(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    while (this.acknowledged.size < goal) await this.#news.promise;
  }

  /** Resolves when it is shown this event. */
  async saw(seq: number): Promise<void> {
    while ((this.shown.at(-1) ?? 0) < seq) await this.#news.promise;
  }

  /** Writes no more; resolves when everything is acknowledged. */
  async stop(): Promise<void> {
    this.#isWriting = false;
    await this.client.drained();
  }

  [Symbol.dispose](): void {
    this.client.close();
  }

  async #write(chat: number, lane: number): Promise<void> {
    for (let i = 0; this.#isWriting; i++) {
      const cid = `${this.id}-${lane}-${i}`;
      const { seq } = await this.client.send({ chat }, `text ${cid}`, cid);
      this.acknowledged.set(cid, seq);
      this.#wake();
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

export interface LogEntry {
  readonly seq: number;
  readonly kind: string;
  readonly from: number;
  readonly cid: string;
}

/** A chat's log, as one of its members reads it. */
export async function readLog(wire: Wire, chat: number): Promise<LogEntry[]> {
  const log: LogEntry[] = [];
  for (let more = true; more;) {
    const page = await wire.request("history", { chat, after: log.at(-1)?.seq ?? 0, limit: 500 });
    log.push(...page.events as unknown as LogEntry[]);
    more = page.more;
  }
  return log;
}

/**
 * Each acknowledged text is in the log exactly once, at the `seq` that its writer was told; the log is numbered 1, 2,
 * 3 …; and each writer was shown it in that order, without a hole, from where it began.
 */
export function checkLog(log: readonly LogEntry[], writers: readonly Writer[]): void {
  equal(log.map(({ seq }) => seq), log.map((_, i) => i + 1));
  const texts = log.filter(({ kind }) => kind === "text");
  for (const writer of writers) {
    const stored = texts.filter(({ from }) => from === writer.id).map(({ cid, seq }) => [cid, seq] as const);
    equal(new Map(stored), new Map([...writer.acknowledged].sort(([, a], [, b]) => a - b)));
    equal(stored.length, writer.acknowledged.size);
    equal(writer.shown, log.slice(writer.shown[0]! - 1).map(({ seq }) => seq));
  }
}
