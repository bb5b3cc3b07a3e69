/**
 * What travels between Redis and its clients (RESP 2 and 3): cut into whole values, and read as far as it takes to tell
 * which command or answer a value is.
 */

const CR = 13;
const decoder = new TextDecoder();

/** Bytes as they come, made into whole values: what is not whole waits for the rest. */
export class Values {
  #rest: Uint8Array = new Uint8Array();

  /** Whether all that came is whole. */
  get isWhole(): boolean {
    return this.#rest.length === 0;
  }

  take(bytes: Uint8Array): Uint8Array[] {
    const all = joined([this.#rest, bytes]);
    const values: Uint8Array[] = [];
    let from = 0;
    for (let end; (end = endOf(all, from)) !== undefined; from = end) values.push(all.subarray(from, end));
    this.#rest = all.subarray(from);
    return values;
  }
}

/** The strings that a command, or the announcement of a message, begins with; at most `count`. */
export function wordsOf(value: Uint8Array, count: number): string[] {
  const words: string[] = [];
  const head = lineEnd(value, 0)!;
  for (let at = head; at < value.length && words.length < count;) {
    const start = lineEnd(value, at)!;
    const end = endOf(value, at)!;
    if (value[at] !== BULK) break;
    words.push(decoder.decode(value.subarray(start, end - 2)));
    at = end;
  }
  return words;
}

export function commandOf(...words: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts = words.map((word) => `$${encoder.encode(word).length}\r\n${word}\r\n`);
  return encoder.encode(`*${words.length}\r\n${parts.join("")}`);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const BULK = "$".charCodeAt(0);
/** By a value's first character: how many bytes, or how many values, follow its line for each that the line counts. */
const BYTES: ReadonlySet<number> = codes("$=!");
const PARTS: ReadonlyMap<number, number> = new Map([
  ...[...codes("*~>")].map((code) => [code, 1] as const),
  ...[...codes("%|")].map((code) => [code, 2] as const),
]);

function codes(characters: string): Set<number> {
  return new Set([...characters].map((character) => character.charCodeAt(0)));
}

/** Where the value that begins at `from` ends, if it is whole. */
function endOf(bytes: Uint8Array, from: number): number | undefined {
  const start = lineEnd(bytes, from);
  if (start === undefined) return undefined;
  const kind = bytes[from]!;
  const isBytes = BYTES.has(kind);
  const parts = PARTS.get(kind);
  if (!isBytes && parts === undefined) return start;
  const count = Number(decoder.decode(bytes.subarray(from + 1, start - 2)));
  if (count < 0) return start; // nothing: RESP 2 says so by -1
  if (isBytes) return start + count + 2 <= bytes.length ? start + count + 2 : undefined;
  let end: number | undefined = start;
  for (let left = count * parts!; left > 0 && end !== undefined; left--) end = endOf(bytes, end);
  return end;
}

/** Behind the line that begins at `from`. */
function lineEnd(bytes: Uint8Array, from: number): number | undefined {
  const at = bytes.indexOf(CR, from);
  return at < 0 || at + 2 > bytes.length ? undefined : at + 2;
}
