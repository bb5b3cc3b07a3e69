/**
 * One connection of the load: resumes its session, sends texts, and checks everything that comes. Costs as little as
 * it can: a raw socket, one buffer, no JSON in what comes by the ten thousand.
 */
import { Scanner } from "./scanner.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";
import { FIRST_ID, Texts } from "./texts.ts";

export interface LoadClientOptions {
  /** Its number among the clients, and that of its user. */
  readonly number: number;
  readonly port: number;
  readonly token: string;
  /** Where it writes. */
  readonly chat: number;
  /** When the text `n` of a writer was sent: they all run in this process. */
  readonly sentAt: (writer: number, n: number) => number;
  readonly tally: Tally;
}

const LF = 10;
const RESUME_ID = 1;
/** Grows where a line is longer. */
const BUFFER_BYTES = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scanner = new Scanner();

export class LoadClient {
  /** Events that did not carry the number after the one before in their chat. */
  jumps = 0;
  /** Called with every acknowledgement, with the time at which it came. */
  onAcknowledged: (now: number) => void = () => {};
  readonly #options: LoadClientOptions;
  readonly #conn: Deno.TcpConn;
  readonly #texts: Texts;
  readonly #sent: number[] = [];
  readonly #acknowledged = new Sequence();
  /** By writer. */
  readonly #received: Sequence[] = [];
  readonly #heads = new Map<number, number>();
  readonly #resumed = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;
  #written = 0;
  #isWriting = false;
  #isClosed = false;

  /** Resolves when the session goes on. */
  static async connect(options: LoadClientOptions): Promise<LoadClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
    conn.setNoDelay(true);
    const client = new LoadClient(conn, options);
    await client.#write(
      encoder.encode(JSON.stringify({ type: "resume", id: RESUME_ID, token: options.token }) + "\n"),
    );
    await client.#resumed.promise;
    return client;
  }

  private constructor(conn: Deno.TcpConn, options: LoadClientOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#texts = new Texts(options.number, options.chat);
    this.#reading = this.#read();
  }

  get number(): number {
    return this.#options.number;
  }

  get sent(): number {
    return this.#sent.length;
  }

  get unacknowledged(): number {
    return this.#acknowledged.missing(this.sent);
  }

  get doubled(): number {
    return this.#received.reduce((sum, { doubled }) => sum + doubled, this.#acknowledged.doubled);
  }

  get unordered(): number {
    return this.#received.reduce((sum, { unordered }) => sum + unordered, 0);
  }

  /** When the text was sent, in ms of `performance.now()`. */
  sentAt(n: number): number {
    return this.#sent[n]!;
  }

  /** How many of the first texts of this writer have not come. */
  lost(writer: number, count: number): number {
    return this.#received[writer]?.missing(count) ?? count;
  }

  /** Sends one more text, which was due at this time. What is due while a write is under way goes out together. */
  send(due: number): void {
    this.#sent.push(due);
    if (!this.#isWriting) void this.#writeTexts();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#conn.close();
    await this.#reading;
  }

  async #writeTexts(): Promise<void> {
    this.#isWriting = true;
    // All that one read acknowledged is sent together.
    await undefined;
    while (this.#written < this.#sent.length && !this.#isClosed) {
      const first = this.#written;
      this.#written = this.#sent.length;
      await this.#write(this.#texts.encode(first, this.#written - first));
    }
    this.#isWriting = false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
    } catch (error) {
      if (!this.#isClosed) this.#options.tally.surprise(`a write failed: ${error}`);
    }
  }

  async #read(): Promise<void> {
    let buffer = new Uint8Array(BUFFER_BYTES);
    let filled = 0;
    try {
      for (let bytes; (bytes = await this.#conn.read(buffer.subarray(filled))) !== null;) {
        filled += bytes;
        const start = this.#takeLines(buffer.subarray(0, filled));
        buffer.copyWithin(0, start, filled);
        filled -= start;
        if (filled < buffer.length) continue;
        const larger = new Uint8Array(2 * buffer.length);
        larger.set(buffer);
        buffer = larger;
      }
    } catch (error) {
      if (!this.#isClosed) this.#options.tally.surprise(`a read failed: ${error}`);
    }
    if (!this.#isClosed) this.#options.tally.surprise("the server closed the connection");
    this.#resumed.reject(new Error("the connection ended before the session went on"));
  }

  /** Returns where the last line, which is still open, begins. */
  #takeLines(bytes: Uint8Array): number {
    const now = performance.now();
    let start = 0;
    for (let end; (end = bytes.indexOf(LF, start)) >= 0; start = end + 1) {
      if (scanner.isText(bytes, start)) this.#takeText(now);
      else if (scanner.isOk(bytes, start) && scanner.re >= FIRST_ID) this.#takeAcknowledgement(now);
      else this.#takeOther(decoder.decode(bytes.subarray(start, end)));
    }
    return start;
  }

  #takeText(now: number): void {
    const { tally, sentAt } = this.#options;
    const { chat, seq, writer } = scanner;
    const n = scanner.n - FIRST_ID;
    if (seq !== this.#heads.get(chat)! + 1) this.jumps++;
    this.#heads.set(chat, seq);
    if (!(this.#received[writer] ??= new Sequence()).take(n)) return;
    tally.delivered++;
    tally.delivering.add(now - sentAt(writer, n));
  }

  #takeAcknowledgement(now: number): void {
    const { tally } = this.#options;
    const n = scanner.re - FIRST_ID;
    if (!this.#acknowledged.take(n)) return;
    tally.acknowledged++;
    tally.acknowledging.add(now - this.#sent[n]!);
    this.onAcknowledged(now);
  }

  #takeOther(line: string): void {
    const message = JSON.parse(line) as {
      type: string;
      re?: number;
      chats?: { chat: number; seq: number }[];
    };
    if (message.type === "welcome" || message.type === "presence") return;
    if (message.type !== "ok" || message.re !== RESUME_ID) return this.#options.tally.surprise(line);
    for (const { chat, seq } of message.chats!) this.#heads.set(chat, seq);
    this.#resumed.resolve();
  }
}
