/**
 * Reads the two lines that come by the ten thousand, `ok` and a text's `event`, from their bytes. What the line looks
 * like is known: a tenth of what JSON.parse costs. `ok` and `event` are false where it looks otherwise.
 */

const literals = {
  ok: '{"type":"ok","re":',
  event: '{"type":"event","chat":',
  seq: ',"seq":',
  from: ',"kind":"text","from":',
  cid: ',"cid":"',
} as const;
const encoder = new TextEncoder();
const bytesOf = Object.fromEntries(
  Object.entries(literals).map(([name, text]) => [name, encoder.encode(text)]),
) as Record<keyof typeof literals, Uint8Array>;
const ZERO = 48;
const DASH = 45;

export class Scanner {
  /** Of an `ok`: the request that it answers. */
  re = 0;
  /** Of an `event`: its place, and what its cid `WRITER-N` says. */
  chat = 0;
  seq = 0;
  writer = 0;
  n = 0;
  #buffer: Uint8Array = new Uint8Array();
  #at = 0;

  isOk(buffer: Uint8Array, start: number): boolean {
    this.#buffer = buffer;
    this.#at = start;
    if (!this.#skip(bytesOf.ok)) return false;
    this.re = this.#integer();
    return true;
  }

  isText(buffer: Uint8Array, start: number): boolean {
    this.#buffer = buffer;
    this.#at = start;
    if (!this.#skip(bytesOf.event)) return false;
    this.chat = this.#integer();
    if (!this.#skip(bytesOf.seq)) return false;
    this.seq = this.#integer();
    if (!this.#skip(bytesOf.from)) return false;
    this.#integer();
    if (!this.#skip(bytesOf.cid)) return false;
    this.writer = this.#integer();
    if (this.#buffer[this.#at++] !== DASH) return false;
    this.n = this.#integer();
    return true;
  }

  #skip(literal: Uint8Array): boolean {
    for (let i = 0; i < literal.length; i++) if (this.#buffer[this.#at + i] !== literal[i]) return false;
    this.#at += literal.length;
    return true;
  }

  #integer(): number {
    let value = 0;
    for (let digit; (digit = this.#buffer[this.#at]! - ZERO) >= 0 && digit <= 9; this.#at++) {
      value = 10 * value + digit;
    }
    return value;
  }
}
