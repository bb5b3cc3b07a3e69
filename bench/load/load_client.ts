/**
 * One client of the load: resumes its session, sends texts, and checks everything that comes. Costs as little as it
 * can: no JSON in what comes by the ten thousand.
 */
import { RawConnection } from "./raw_connection.ts";
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
  /** What it writes, again and again; a usual message unless told. */
  readonly text?: string;
  /** When the text `n` of a writer was sent: they all run in this process. */
  readonly sentAt: (writer: number, n: number) => number;
  readonly tally: Tally;
}

const RESUME_ID = 1;
const PING_ID = 2;

const decoder = new TextDecoder();
const scanner = new Scanner();

export class LoadClient {
  /** Events that did not carry the number after the one before in their chat. */
  jumps = 0;
  /** Called with every acknowledgement, with the time at which it came. */
  onAcknowledged: (now: number) => void = () => {};
  readonly #options: LoadClientOptions;
  readonly #texts: Texts;
  readonly #sent: number[] = [];
  readonly #acknowledged = new Sequence();
  /** By writer. */
  readonly #received: Sequence[] = [];
  readonly #heads = new Map<number, number>();
  readonly #resumed = Promise.withResolvers<void>();
  #connection!: RawConnection;
  #written = 0;
  #isWriting = false;

  /** Resolves when the session goes on. */
  static async connect(options: LoadClientOptions): Promise<LoadClient> {
    const client = new LoadClient(options);
    client.#resumed.promise.catch(() => {}); // it may end while this still writes
    client.#connection = await RawConnection.connect(options.port, {
      onLine: (bytes, start, end, now) => client.#takeLine(bytes, start, end, now),
      onEnd: (why) => client.#takeEnd(why),
    });
    await client.#connection.send({ type: "resume", id: RESUME_ID, token: options.token });
    await client.#resumed.promise;
    return client;
  }

  private constructor(options: LoadClientOptions) {
    this.#options = options;
    this.#texts = new Texts(options.number, options.chat, options.text);
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

  get readBytes(): number {
    return this.#connection.readBytes;
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

  /** Says that it is there; only for clients that write nothing else. */
  ping(): void {
    if (!this.#isWriting) void this.#connection.send({ type: "ping", id: PING_ID });
  }

  stopReading(): void {
    this.#connection.stopReading();
  }

  readOn(): void {
    this.#connection.readOn();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #writeTexts(): Promise<void> {
    this.#isWriting = true;
    // All that one read acknowledged is sent together.
    await undefined;
    while (this.#written < this.#sent.length && !this.#connection.isClosed) {
      const first = this.#written;
      this.#written = this.#sent.length;
      await this.#connection.write(this.#texts.encode(first, this.#written - first));
    }
    this.#isWriting = false;
  }

  #takeEnd(why: string): void {
    this.#options.tally.surprise(why);
    this.#resumed.reject(new Error(`${why}, before the session went on`));
  }

  #takeLine(bytes: Uint8Array, start: number, end: number, now: number): void {
    if (scanner.isText(bytes, start)) this.#takeText(now);
    else if (scanner.isOk(bytes, start) && scanner.re >= FIRST_ID) this.#takeAcknowledgement(now);
    else this.#takeOther(decoder.decode(bytes.subarray(start, end)));
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
    if (message.type === "ok" && message.re === PING_ID) return;
    if (message.type !== "ok" || message.re !== RESUME_ID) return this.#options.tally.surprise(line);
    for (const { chat, seq } of message.chats!) this.#heads.set(chat, seq);
    this.#resumed.resolve();
  }
}
