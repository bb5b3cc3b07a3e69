/**
 * A socket as lines in and lines out. A line that comes in is bounded, what goes out has one writer; whatever goes
 * wrong with the socket ends the lines and nothing else.
 */
import { TextLineStream } from "@std/streams/text-line-stream";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

export interface Wire {
  /** Once. They end with the connection, from whichever side, or with a line that is too long. */
  readonly lines: AsyncIterable<string>;
  /** Queues a line, given without its end. Never throws; after the end it does nothing. */
  send(line: string): void;
  /** Closes at once. Safe to call again. */
  close(): void;
}

/** Throws what the system says when nobody is there, and when `signal` is aborted. */
export type Dial = (address: Address, signal: AbortSignal) => Promise<Wire>;

/** An answer's lists are cut at 256 KiB; this leaves room for its last row. */
const MAX_LINE_BYTES = 1_048_576;
const READ_BYTES = 16_384;
const LF = 10;

export const dial: Dial = async ({ host, port, tls = false }, signal) => {
  // Only a plain connection can be given up while it is made; one with TLS starts as such.
  const socket = await Deno.connect({ hostname: host, port, signal });
  socket.setNoDelay(true);
  return new SocketWire(tls ? await Deno.startTls(socket, { hostname: host }) : socket);
};

class SocketWire implements Wire {
  readonly lines: AsyncIterable<string>;
  readonly #socket: Deno.Conn;
  #queue: string[] = [];
  #isWriting = false;
  #isClosed = false;

  constructor(socket: Deno.Conn) {
    this.#socket = socket;
    this.lines = boundedText(socket).pipeThrough(new TextLineStream());
  }

  send(line: string): void {
    if (this.#isClosed) return;
    this.#queue.push(line);
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const encoder = new TextEncoder();
    try {
      while (this.#queue.length > 0) {
        // What this turn of the loop still queues goes out in the same write.
        await Promise.resolve();
        let bytes = encoder.encode(`${this.#queue.join("\n")}\n`);
        this.#queue = [];
        while (bytes.length > 0) bytes = bytes.subarray(await this.#socket.write(bytes));
      }
    } catch {
      this.close();
    } finally {
      this.#isWriting = false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    try {
      this.#socket.close();
    } catch {
      // The system closed it first.
    }
  }
}

/** Text as it comes, pulled; it ends with the input, with a fault, or when a line exceeds the limit. */
function boundedText(socket: Pick<Deno.Conn, "read">): ReadableStream<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  let openBytes = 0;
  return new ReadableStream<string>({
    async pull(text) {
      // Once pulled, it must enqueue or close: the stream does not ask twice.
      for (let chunk = ""; chunk === "";) {
        const count = await socket.read(buffer).catch(() => null);
        if (count === null) return text.close();
        const bytes = buffer.subarray(0, count);
        const last = bytes.lastIndexOf(LF);
        openBytes = last < 0 ? openBytes + count : count - last - 1;
        if (openBytes > MAX_LINE_BYTES) return text.close();
        chunk = decoder.decode(bytes, { stream: true });
        if (chunk !== "") text.enqueue(chunk);
      }
    },
  }, { highWaterMark: 0 });
}
