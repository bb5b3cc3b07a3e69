/** The other end of in-memory wires: a server that a test plays line by line. */
import type { Dial, Wire } from "../../lib/client/wire.ts";
import { settled } from "./fake_clock.ts";

export interface Line {
  readonly type: string;
  readonly id?: number;
  readonly [field: string]: unknown;
}

export const WELCOME = {
  type: "welcome",
  protocol: 1,
  server: "fake",
  limits: { line: 65_536, text: 8_000, window: 32, idle_s: 45 },
  epoch: "e1",
  presence: "all",
};

/** One accepted connection. */
export class FakePeer {
  /** Lines of the client that the test has not taken. */
  readonly received: Line[] = [];
  isClosed = false;
  readonly wire: Wire;
  #output!: ReadableStreamDefaultController<string>;

  constructor() {
    this.wire = {
      lines: new ReadableStream<string>({
        start: (output) => {
          this.#output = output;
        },
      }),
      send: (line) => void this.received.push(JSON.parse(line)),
      close: () => this.#end(),
    };
  }

  /** Sends, and waits until the client has taken it in. */
  async send(...messages: (object | string)[]): Promise<void> {
    this.push(...messages);
    await settled();
  }

  push(...messages: (object | string)[]): void {
    for (const message of messages) {
      this.#output.enqueue(typeof message === "string" ? message : JSON.stringify(message));
    }
  }

  /** The next request, which must be of this type. */
  async take(type: string): Promise<Line> {
    await settled();
    const line = this.received.shift();
    if (line?.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(line)}`);
    return line;
  }

  /** Takes the next request and answers it. */
  async answer(type: string, reply: object = {}): Promise<Line> {
    const line = await this.take(type);
    await this.send({ type: "ok", re: line.id, ...reply });
    return line;
  }

  async refuse(type: string, code: string, retry = false): Promise<Line> {
    const line = await this.take(type);
    await this.send({ type: "error", re: line.id, code, message: code, retry });
    return line;
  }

  /** Closes, and waits until the client has noticed. */
  async close(): Promise<void> {
    this.#end();
    await settled();
  }

  #end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      this.#output.close();
    } catch {
      // Nobody reads it any more.
    }
  }
}

export class FakeServer {
  readonly peers: FakePeer[] = [];
  /** Whether connections are refused. */
  isDown = false;
  /** Whether new connections are welcomed at once. */
  welcomes = true;

  readonly dial: Dial = async () => {
    if (this.isDown) throw new Deno.errors.ConnectionRefused("refused");
    const peer = new FakePeer();
    this.peers.push(peer);
    if (this.welcomes) peer.push(WELCOME);
    return await Promise.resolve(peer.wire);
  };

  /** The latest connection. */
  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error("nobody has connected");
    return peer;
  }
}
