/**
 * What waits to be sent to one connection, counted in bytes.
 *
 * Holds true:
 * - one writer: a line is never cut by another, though a write may take only a part of it;
 * - what is queued in one turn of the event loop goes out in one write (of at most 64 KiB, or of one longer line);
 * - nobody who queues waits, and nothing here throws.
 */
import { limits } from "../protocol/limits.ts";

/** Where the bytes go; `Deno.Conn` is one. Resolves with the number of bytes that were taken, at least one. */
export interface ByteWriter {
  write(bytes: Uint8Array): Promise<number>;
}

const WRITE_BYTES = 65_536;
const END_MS = 5_000;

/**
 * Whoever looks at `full` queues at most one answer beyond the limit. This many limits are reached only if somebody
 * forgets to look, and the connection is given up then: memory is bounded whatever the callers do.
 */
const HARD_LIMITS = 8;

export class OutgoingQueue {
  readonly #writer: ByteWriter;
  readonly #limitBytes: number;
  readonly #onFailure: () => void;
  #lines: Uint8Array[] = [];
  #queuedBytes = 0;
  #flush: ReturnType<typeof setImmediate> | undefined;
  #writing = false;
  /** Takes no more lines. */
  #ended = false;
  /** Sends no more either. */
  #closed = false;
  #drained: PromiseWithResolvers<void> | undefined;
  #emptied: PromiseWithResolvers<void> | undefined;

  /** `onFailure`: nothing can be sent any more, though nobody called `close`. The queue is closed already. */
  constructor(writer: ByteWriter, onFailure: () => void, limitBytes: number = limits.queueBytes) {
    this.#writer = writer;
    this.#onFailure = onFailure;
    this.#limitBytes = limitBytes;
  }

  /** When the system took bytes last, in ms of `performance.now()`. */
  tookAt = performance.now();

  /** Bytes that were queued and not yet taken by the system. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get full(): boolean {
    return this.#queuedBytes >= this.#limitBytes;
  }

  /** Keeps a reference: the bytes must not change any more. After `end` or `close` it does nothing. */
  send(line: Uint8Array): void {
    if (this.#ended || line.length === 0) return;
    this.#lines.push(line);
    this.#queuedBytes += line.length;
    if (this.#queuedBytes > HARD_LIMITS * this.#limitBytes) return this.#fail();
    if (this.#writing || this.#flush !== undefined) return;
    // A microtask would come too early: before the other lines that this turn of the loop answers.
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      void this.#writeAll();
    });
  }

  /** Resolves when at most half of the limit waits, or when nothing will be sent any more. */
  drained(): Promise<void> {
    if (this.#queuedBytes <= this.#limitBytes / 2) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers()).promise;
  }

  /**
   * Takes no more lines and sends those it has, for at most 5 s; then it is closed.
   * Resolves with whether all of them were sent; false too if it was closed before.
   */
  async end(): Promise<boolean> {
    this.#ended = true;
    const deadline = setTimeout(() => this.close(), END_MS);
    if (this.#queuedBytes > 0) await (this.#emptied ??= Promise.withResolvers()).promise;
    clearTimeout(deadline);
    const isSent = !this.#closed;
    this.close();
    return isSent;
  }

  /** Forgets what waits. A write that is under way ends when its socket is closed. */
  close(): void {
    this.#ended = true;
    this.#closed = true;
    clearImmediate(this.#flush);
    this.#lines = [];
    this.#queuedBytes = 0;
    this.#settle();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#lines.length > 0) {
        let bytes = this.#next();
        while (bytes.length > 0) {
          const taken = await this.#writer.write(bytes);
          if (this.#closed) return;
          bytes = bytes.subarray(taken);
          this.#queuedBytes -= taken;
          this.tookAt = performance.now();
          this.#settle();
        }
      }
    } catch {
      if (!this.#closed) this.#fail();
    } finally {
      this.#writing = false;
    }
  }

  /** Takes the next lines, as one buffer. */
  #next(): Uint8Array {
    let count = 1;
    let size = this.#lines[0]!.length;
    for (; count < this.#lines.length; count++) {
      const length = this.#lines[count]!.length;
      if (size + length > WRITE_BYTES) break;
      size += length;
    }
    const lines = this.#lines.splice(0, count);
    if (count === 1) return lines[0]!;
    const bytes = new Uint8Array(size);
    let end = 0;
    for (const line of lines) {
      bytes.set(line, end);
      end += line.length;
    }
    return bytes;
  }

  #settle(): void {
    if (this.#queuedBytes <= this.#limitBytes / 2) {
      this.#drained?.resolve();
      this.#drained = undefined;
    }
    if (this.#queuedBytes === 0) this.#emptied?.resolve();
  }

  #fail(): void {
    this.close();
    this.#onFailure();
  }
}
