/**
 * A client that speaks the protocol as it is, line by line, and checks every answer against its schema.
 * What comes unasked is kept in order until a test takes it.
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import { EVENT_KINDS, type EventKind, type EventMessage } from "../../lib/protocol/events.ts";
import { type Push, PUSHES, type PushType } from "../../lib/protocol/messages.ts";
import { type Reply, type Request, REQUESTS, type RequestType } from "../../lib/protocol/requests.ts";

export type Message = { readonly type: string; readonly [field: string]: unknown };
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
}

/** An `error` where `ok` was expected. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(request: string, refusal: Refusal) {
    super(`${request}: ${refusal.code}: ${refusal.message}`);
    this.refusal = refusal;
  }
}

type Fields<T extends RequestType> = Omit<
  {
    [K in keyof Request<T>]: Request<T>[K] extends number | string | undefined ? number | string | undefined
      : Request<T>[K];
  },
  "type" | "id"
>;

/** No test waits longer: what has not come by then does not come. */
const DEADLINE_MS = 20_000;

export class Wire implements AsyncDisposable {
  readonly #conn: Deno.Conn;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers = new Map<number, PromiseWithResolvers<Message>>();
  readonly #kept: Message[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #ended = false;

  static async connect(port: number, hostname = "127.0.0.1"): Promise<Wire> {
    const wire = new Wire(await Deno.connect({ port, hostname }));
    await wire.take("welcome");
    return wire;
  }

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#writer = conn.writable.getWriter();
    this.#reading = this.#read();
  }

  /** Sends a request and returns what its `ok` carries. Throws Refused. */
  async request<T extends RequestType>(type: T, fields: Fields<T> = {} as Fields<T>): Promise<Reply<T>> {
    const answer = await this.ask({ type, ...fields });
    if (answer.type === "error") throw new Refused(type, answer as unknown as Refusal);
    return REQUESTS[type].ok.parse(answer) as Reply<T>;
  }

  /** Sends a request that is to be refused. */
  async refused<T extends RequestType>(type: T, fields: Fields<T> = {} as Fields<T>): Promise<string> {
    const answer = await this.ask({ type, ...fields });
    if (answer.type !== "error") throw new Error(`${type} was not refused: ${JSON.stringify(answer)}`);
    return answer.code as string;
  }

  /** Sends any object with an id of its own, and returns its answer. */
  async ask(message: object): Promise<Message> {
    const id = ++this.#lastId;
    if (this.#ended) throw new Error(`the connection ended before request ${id}`);
    const answer = Promise.withResolvers<Message>();
    answer.promise.catch(() => {}); // a write may fail first, and nobody waits for the answer then
    this.#answers.set(id, answer);
    await this.write(`${JSON.stringify({ ...message, id })}\n`);
    return await answer.promise;
  }

  async write(text: string | Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writer.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  /** Takes the first message of this type (that passes the test), waiting for it if need be. */
  async take<T extends PushType>(type: T, test?: (push: Push<T>) => boolean): Promise<Push<T>>;
  async take(type: "event", test?: (event: EventMessage) => boolean): Promise<EventMessage>;
  async take(type: "error", test?: (error: Message) => boolean): Promise<Message>;
  async take(type: string, test: (message: never) => boolean = () => true): Promise<unknown> {
    const deadline = performance.now() + DEADLINE_MS;
    while (true) {
      const i = this.#kept.findIndex((message) => message.type === type && test(message as never));
      if (i >= 0) return this.#kept.splice(i, 1)[0];
      if (this.#ended) throw new Error(`the connection ended before '${type}' came; kept: ${this.#shown()}`);
      if (!await this.#news(deadline)) throw new Error(`no '${type}' came; kept: ${this.#shown()}`);
    }
  }

  /** Takes the next event of a chat, and checks that it is this kind. */
  async event<K extends EventKind>(chat: number, kind: K): Promise<EventMessage> {
    const event = await this.take("event", (event) => event.chat === chat);
    if (event.kind !== kind) {
      throw new Error(`expected '${kind}' in chat ${chat}, got ${JSON.stringify(event)}`);
    }
    EVENT_KINDS[kind].body.parse(event);
    return event;
  }

  /** Takes the next `count` texts of a chat. */
  async texts(chat: number, count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await this.event(chat, "text")).text as string);
    return texts;
  }

  /** What came and was not taken. */
  get kept(): readonly Message[] {
    return this.#kept;
  }

  /** Takes everything that came. */
  clear(): Message[] {
    return this.#kept.splice(0);
  }

  /** Whatever was sent to this client before now has come: an answer comes after it. */
  async settle(): Promise<void> {
    await this.request("ping");
  }

  /** Ends the writing side, as `nc -N` does. */
  async closeWrite(): Promise<void> {
    await this.#writer.close();
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Resolves when the server has closed. */
  async ended(): Promise<void> {
    await this.#reading;
  }

  #shown(): string {
    return this.#kept.slice(-10).map((message) => JSON.stringify(message)).join(" ");
  }

  async #news(deadline: number): Promise<boolean> {
    const news = Promise.withResolvers<boolean>();
    const wake = () => news.resolve(true);
    const timer = setTimeout(() => news.resolve(false), deadline - performance.now());
    this.#waiting.add(wake);
    try {
      return await news.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(wake);
    }
  }

  async #read(): Promise<void> {
    try {
      const lines = this.#conn.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
        new TextLineStream(),
      );
      for await (const line of lines) this.#receive(JSON.parse(line) as Message);
    } catch {
      // Closed, by this side or by a server that was killed.
    }
    this.#ended = true;
    for (const [id, { reject }] of this.#answers) {
      reject(new Error(`the connection ended before answer ${id}`));
    }
    for (const wake of this.#waiting) wake();
  }

  #receive(message: Message): void {
    if (message.type in PUSHES) PUSHES[message.type as PushType].fields.parse(message);
    const answer = this.#answers.get(message.re as number);
    if (answer) {
      this.#answers.delete(message.re as number);
      answer.resolve(message);
    } else {
      this.#kept.push(message);
      for (const wake of this.#waiting) wake();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.abort().catch(() => {});
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    await this.#reading;
  }
}
