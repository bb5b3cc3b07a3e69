/**
 * A socket as lines in and lines out: what the service calls a peer.
 *
 * Holds true:
 * - each direction ends by itself: a client that has ended its side still gets all its answers;
 * - whatever goes wrong with the socket ends the lines and nothing else: no method throws or rejects;
 * - after `close` no operation of this connection is pending.
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import { type LineFault, LineSource } from "./line_source.ts";
import { OutgoingQueue } from "./outgoing_queue.ts";

/** What a connection needs of a socket; every `Deno.Conn` has it. */
export interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

export interface ConnectionOptions {
  /** Where the other side is, for `address`. */
  readonly address: string;
  /** The longest line that is read, without its end. The default is what a server accepts. */
  readonly maxLineBytes?: number;
  /** At so many queued bytes the connection is `full`. */
  readonly queueBytes?: number;
}

/** How long `end` waits for the other side to end too. */
const LINGER_MS = 1_000;

export class Connection {
  /** Where the other side is: an IP address. */
  readonly address: string;
  /** The lines without their ends, once. They end with the input, with a fault, with `end` or with `close`. */
  readonly lines: AsyncIterable<string>;
  readonly #socket: Socket;
  readonly #source: LineSource;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #queue: OutgoingQueue;
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;
  #ending: Promise<void> | undefined;

  constructor(socket: Socket, { address, maxLineBytes, queueBytes }: ConnectionOptions) {
    this.address = address;
    this.#socket = socket;
    this.#source = new LineSource(socket, maxLineBytes);
    this.#queue = new OutgoingQueue(socket, () => this.close(), queueBytes);
    const reader = this.#source.stream.pipeThrough(new TextLineStream()).getReader();
    this.#reader = reader;
    // Not the stream's own iterator: it locks the stream, and `close` could not end a read that waits.
    const iterator: AsyncIterableIterator<string> = {
      next: () => reader.read() as Promise<IteratorResult<string>>,
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    this.lines = iterator;
  }

  /** Whether the input has ended, though lines may still wait. A chunk is read ahead, so this is known before they end. */
  get hasEnded(): boolean {
    return this.#source.hasEnded;
  }

  /** Why the lines ended before the input did. Set before they end. */
  get fault(): LineFault | undefined {
    return this.#source.fault;
  }

  /** Whether `queueBytes` wait to be sent. */
  get full(): boolean {
    return this.#queue.full;
  }

  /** When the other side took bytes last, in ms of `performance.now()`. */
  get tookAt(): number {
    return this.#queue.tookAt;
  }

  /** Resolves when the socket is closed, by whichever side or error. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Queues a whole line with its LF. Never waits, never throws; after the end it does nothing. */
  send(line: Uint8Array): void {
    this.#queue.send(line);
  }

  /** Resolves when at most half of `queueBytes` wait, or when the connection has ended. */
  drained(): Promise<void> {
    return this.#queue.drained();
  }

  /** Reads no more lines, sends what is queued, for at most 5 s, then closes. Safe to call again. */
  end(): Promise<void> {
    return this.#ending ??= this.#end();
  }

  /** Closes at once. Safe to call again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#reader.cancel();
    this.#queue.close();
    try {
      this.#socket.close();
    } catch {
      // The system closed it first.
    }
    this.#closed.resolve();
  }

  async #end(): Promise<void> {
    void this.#reader.cancel();
    if (!await this.#queue.end()) return this.close();
    // A socket that is closed with input unread resets the connection, and the other side may then lose the last
    // lines: an error or a `bye`. So its input is read away until it ends.
    const deadline = setTimeout(() => this.close(), LINGER_MS);
    try {
      await this.#socket.closeWrite();
      const ignored = new Uint8Array(4096);
      while (await this.#socket.read(ignored) !== null);
    } catch {
      // Reset by the other side, or the time is over.
    }
    clearTimeout(deadline);
    this.close();
  }
}
