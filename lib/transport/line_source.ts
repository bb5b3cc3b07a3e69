/**
 * Bytes → text, cut only behind a line end: what is passed on splits into whole lines without a look back.
 *
 * Holds true:
 * - pulled, never pushed: nothing is read before somebody wants a line;
 * - memory is one buffer: 4 KiB, more only while a line is longer than that, never more than the longest line;
 * - a line that is too long or not UTF-8 is not passed on, the lines before it are, and nothing after it is read;
 * - the stream ends by closing: `controller.error()` would drop good lines that are still queued.
 */
import { limits } from "../protocol/limits.ts";

/** What the bytes come from; `Deno.Conn` is one. Resolves with the number of bytes read, null at the end. */
export interface ByteReader {
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Why the text ended before the input did. */
export type LineFault = "line_too_long" | "not_utf8";

const LF = 10;
const CR = 13;
const USUAL_BUFFER_BYTES = 4096;

// ignoreBOM means that a BOM is kept: otherwise the first one of every chunk would be lost.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class LineSource {
  /** Chunks of whole lines with their LF. Only the input's last line may lack it. */
  readonly stream: ReadableStream<string>;
  readonly #reader: ByteReader;
  readonly #maxLineBytes: number;
  /** Starts with the line that is still open; at its largest it holds one longest line with CR and LF. */
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #fault: LineFault | undefined;
  #hasEnded = false;
  #cancelled = false;

  /** `maxLineBytes` does not count the line's end, be it LF or CRLF. */
  constructor(reader: ByteReader, maxLineBytes: number = limits.lineBytes) {
    this.#reader = reader;
    this.#maxLineBytes = maxLineBytes;
    this.#buffer = new Uint8Array(this.#sizeFor(0));
    this.stream = new ReadableStream<string>({
      pull: (lines) => this.#pull(lines),
      cancel: () => {
        this.#cancelled = true;
      },
    }, { highWaterMark: 0 });
  }

  /** Whether the input has ended: there is nothing behind what was passed on. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Set before the stream closes. */
  get fault(): LineFault | undefined {
    return this.#fault;
  }

  async #pull(lines: ReadableStreamDefaultController<string>): Promise<void> {
    // Once pulled, it must enqueue or close: the stream does not ask twice.
    for (;;) {
      let text = "";
      let ended = false;
      try {
        const bytes = await this.#reader.read(this.#buffer.subarray(this.#filled));
        ended = bytes === null;
        text = bytes === null ? this.#decode(this.#filled) : this.#wholeLines(bytes);
      } catch {
        // Reset, or closed on our side: what was open is no line, its sender did not finish it.
        ended = true;
      }
      this.#hasEnded ||= ended;
      if (this.#cancelled) return;
      if (text !== "") lines.enqueue(text);
      if (ended || this.#fault !== undefined) return lines.close();
      if (text !== "") return;
    }
  }

  /** Takes `fresh` more bytes in and returns the text of all the lines that are whole now. */
  #wholeLines(fresh: number): string {
    const start = this.#filled;
    const last = this.#buffer.subarray(start, start + fresh).lastIndexOf(LF);
    this.#filled += fresh;
    const end = last < 0 ? 0 : start + last + 1;
    // A line that fills the buffer can be one byte too long and have its LF already.
    if (end > this.#maxLineBytes + 1 && this.#isTooLong(0, this.#buffer.indexOf(LF))) {
      this.#fault = "line_too_long";
      return "";
    }
    const text = this.#decode(end);
    if (this.#fault !== undefined) return text;
    if (this.#isTooLong(end, this.#filled)) this.#fault = "line_too_long";
    else this.#keepFrom(end);
    return text;
  }

  #isTooLong(start: number, end: number): boolean {
    const length = end - start;
    if (length <= this.#maxLineBytes) return false;
    // A last CR may be the first half of a CRLF.
    return length > this.#maxLineBytes + 1 || this.#buffer[end - 1] !== CR;
  }

  /** The text of the first `end` bytes; before a line that is not UTF-8 it stops. */
  #decode(end: number): string {
    if (end === 0) return "";
    // Behind them the buffer has bytes of lines that have been passed on.
    const bytes = this.#buffer.subarray(0, end);
    try {
      return utf8.decode(bytes);
    } catch {
      this.#fault = "not_utf8";
    }
    let text = "";
    try {
      for (let start = 0; start < end;) {
        const next = bytes.indexOf(LF, start) + 1 || end;
        text += utf8.decode(bytes.subarray(start, next));
        start = next;
      }
    } catch {
      // Found it: what stands before it is good.
    }
    return text;
  }

  /** Moves the open line to the front, into a buffer that has room for more of it. */
  #keepFrom(start: number): void {
    const open = this.#filled - start;
    const size = this.#sizeFor(open);
    if (size === this.#buffer.length) {
      this.#buffer.copyWithin(0, start, this.#filled);
    } else {
      const buffer = new Uint8Array(size);
      buffer.set(this.#buffer.subarray(start, this.#filled));
      this.#buffer = buffer;
    }
    this.#filled = open;
  }

  /** The usual size, doubled until the open line leaves room; the limit leaves room by itself. */
  #sizeFor(open: number): number {
    let size = USUAL_BUFFER_BYTES;
    while (size <= open) size *= 2;
    return Math.min(size, this.#maxLineBytes + 2);
  }
}
