/**
 * A client that was away: comes back, says what it has, and checks that it gets the rest of each chat once and in
 * order. What it gets are texts that were there before.
 */
import type { Wrong } from "./account.ts";
import { RawConnection } from "./raw_connection.ts";
import { Scanner } from "./scanner.ts";
import { Sequence } from "./sequence.ts";

/** A chat of the client: it has the events up to `has`, and there are events up to `head`. */
export interface Known {
  readonly chat: number;
  readonly has: number;
  readonly head: number;
}

type Answer = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();
const scanner = new Scanner();

export class ReturningClient {
  /** Lines that nobody expected. */
  readonly surprises: string[] = [];
  readonly #chats = new Map<number, { readonly has: number; last: number; readonly come: Sequence }>();
  readonly #answers = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #complete = Promise.withResolvers<boolean>();
  #connection!: RawConnection;
  #lastId = 0;
  #missing = 0;
  #jumps = 0;

  static async connect(port: number): Promise<ReturningClient> {
    const client = new ReturningClient();
    client.#connection = await RawConnection.connect(port, {
      onLine: (bytes, start, end) => client.#takeLine(bytes, start, end),
      onEnd: (why) => client.#takeEnd(why),
    });
    return client;
  }

  private constructor() {}

  /** Resolves with what its `ok` carries; rejects with an error's line, or with why the connection ended. */
  async ask(request: object): Promise<Answer> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Answer>();
    this.#answers.set(id, answer);
    await this.#connection.send({ ...request, id });
    return await answer.promise;
  }

  /** Resolves when the session goes on; what is missing then follows. */
  async resume(token: string, chats: readonly Known[]): Promise<void> {
    for (const { chat, has, head } of chats) {
      this.#chats.set(chat, { has, last: has, come: new Sequence() });
      this.#missing += head - has;
    }
    const have = Object.fromEntries(chats.map(({ chat, has }) => [chat, has]));
    await this.ask({ type: "resume", token, have });
    if (this.#missing === 0) this.#complete.resolve(true);
  }

  /** Whether everything that was missing comes within this time, and before the connection ends. */
  async completes(withinMs: number): Promise<boolean> {
    const deadline = setTimeout(() => this.#complete.resolve(false), withinMs);
    const isComplete = await this.#complete.promise;
    clearTimeout(deadline);
    return isComplete;
  }

  /** What is not as it must be, if nothing more is to come. */
  wrong(): Wrong {
    const all = [...this.#chats.values()];
    return {
      unacknowledged: this.#answers.size,
      lost: this.#missing,
      doubled: all.reduce((sum, { come }) => sum + come.doubled, 0),
      unordered: all.reduce((sum, { come }) => sum + come.unordered, 0),
      jumps: this.#jumps,
      surprised: this.surprises.length,
    };
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #takeLine(bytes: Uint8Array, start: number, end: number): void {
    if (scanner.isText(bytes, start)) this.#takeText(scanner.chat, scanner.seq);
    else this.#takeOther(decoder.decode(bytes.subarray(start, end)));
  }

  #takeText(number: number, seq: number): void {
    const chat = this.#chats.get(number);
    if (!chat) return void this.surprises.push(`event ${seq} of chat ${number}, which it did not ask for`);
    if (seq !== chat.last + 1) this.#jumps++;
    chat.last = seq;
    if (chat.come.take(seq - chat.has - 1) && --this.#missing === 0) this.#complete.resolve(true);
  }

  #takeOther(line: string): void {
    const message = JSON.parse(line) as { type: string; re?: number };
    const answer = this.#answers.get(message.re!);
    if (!answer) {
      if (!EXPECTED.has(message.type)) this.surprises.push(line);
      return;
    }
    this.#answers.delete(message.re!);
    if (message.type === "ok") answer.resolve(message);
    else answer.reject(new Error(line));
  }

  #takeEnd(why: string): void {
    this.surprises.push(why);
    const error = new Error(why);
    for (const { reject } of this.#answers.values()) reject(error);
    this.#complete.resolve(false);
  }
}

/** Pushes that say nothing about texts: events are those of the personal log here, such as a sign-in. */
const EXPECTED = new Set(["welcome", "presence", "event"]);
