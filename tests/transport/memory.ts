/** In-memory ends of a connection: what a socket would do, decided by the test. */
import type { ByteReader } from "../../lib/transport/line_source.ts";
import type { ByteWriter } from "../../lib/transport/outgoing_queue.ts";

const utf8 = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return utf8.encode(text);
}

/** Gives each chunk in reads of its own, then the end of the input. Counts what was read and in what buffers. */
export class ChunkReader implements ByteReader {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  reads = 0;
  largestBufferBytes = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  read(buffer: Uint8Array): Promise<number | null> {
    this.reads++;
    this.largestBufferBytes = Math.max(this.largestBufferBytes, buffer.buffer.byteLength);
    if (buffer.length === 0) return Promise.reject(new Error("read into no room"));
    while (this.#chunk.length === 0) {
      const { done, value } = this.#chunks.next();
      if (done) return Promise.resolve(null);
      this.#chunk = value;
    }
    const taken = Math.min(buffer.length, this.#chunk.length);
    buffer.set(this.#chunk.subarray(0, taken));
    this.#chunk = this.#chunk.subarray(taken);
    return Promise.resolve(taken);
  }
}

/** Remembers each write. With `takes`, a write takes at most so many bytes; while `blocked`, none ends. */
export class MemoryWriter implements ByteWriter {
  readonly writes: string[] = [];
  readonly #takes: number;
  #blocked: PromiseWithResolvers<void> | undefined;
  #started: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor({ takes = Infinity, blocked = false } = {}) {
    this.#takes = takes;
    if (blocked) this.#blocked = Promise.withResolvers();
  }

  /** Resolves when the first write has begun. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  get text(): string {
    return this.writes.join("");
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.#started.resolve();
    await this.#blocked?.promise;
    const taken = bytes.subarray(0, this.#takes);
    this.writes.push(new TextDecoder().decode(taken));
    return taken.length;
  }

  release(): void {
    this.#blocked?.resolve();
  }

  fail(): void {
    this.#blocked?.reject(new Deno.errors.BrokenPipe("gone"));
  }
}
