/**
 * A connection of the load: a socket, one buffer, and whole lines as the bytes that came. It can stop reading, as a
 * client does whose program hangs: what the server sends then stays with the system, and with the server.
 */

export interface Handlers {
  /** The line is `bytes` from `start` to `end`, its LF; it came at `now`, in ms of `performance.now()`. */
  onLine(bytes: Uint8Array, start: number, end: number, now: number): void;
  /** The connection failed or ended, and it was not this side that closed it. */
  onEnd(why: string): void;
}

const LF = 10;
/** Grows where a line is longer. */
const BUFFER_BYTES = 16_384;

const encoder = new TextEncoder();

export class RawConnection {
  /** What has been read so far. */
  readBytes = 0;
  readonly #conn: Deno.TcpConn;
  readonly #handlers: Handlers;
  readonly #reading: Promise<void>;
  #stopped: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  static async connect(port: number, handlers: Handlers): Promise<RawConnection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new RawConnection(conn, handlers);
  }

  private constructor(conn: Deno.TcpConn, handlers: Handlers) {
    this.#conn = conn;
    this.#handlers = handlers;
    this.#reading = this.#read();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(message: object): Promise<void> {
    return this.write(encoder.encode(`${JSON.stringify(message)}\n`));
  }

  /** Whole lines. A long write ends before the next one begins, or lines could be cut by each other. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
    } catch (error) {
      if (!this.#isClosed) this.#handlers.onEnd(`a write failed: ${error}`);
    }
  }

  /** A read that is under way still takes what comes first. */
  stopReading(): void {
    this.#stopped ??= Promise.withResolvers();
  }

  readOn(): void {
    this.#stopped?.resolve();
    this.#stopped = undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.readOn();
    try {
      this.#conn.close();
    } catch {
      // The server closed it first.
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    let buffer = new Uint8Array(BUFFER_BYTES);
    let filled = 0;
    try {
      for (let bytes; (bytes = await this.#conn.read(buffer.subarray(filled))) !== null;) {
        this.readBytes += bytes;
        filled += bytes;
        const start = this.#takeLines(buffer.subarray(0, filled));
        buffer.copyWithin(0, start, filled);
        filled -= start;
        if (filled === buffer.length) buffer = doubled(buffer);
        if (this.#stopped) await this.#stopped.promise;
      }
      if (!this.#isClosed) this.#handlers.onEnd("the server closed the connection");
    } catch (error) {
      if (!this.#isClosed) this.#handlers.onEnd(`a read failed: ${error}`);
    }
  }

  /** Returns where the last line, which is still open, begins. */
  #takeLines(bytes: Uint8Array): number {
    const now = performance.now();
    let start = 0;
    for (let end; (end = bytes.indexOf(LF, start)) >= 0; start = end + 1) {
      this.#handlers.onLine(bytes, start, end, now);
    }
    return start;
  }
}

function doubled(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * buffer.length);
  larger.set(buffer);
  return larger;
}
