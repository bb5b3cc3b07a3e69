/** The requests of one writer: encoded once, and only the digits of their number written anew for each. */

/** Numbers have ten digits, the first a 1, so that every request is as long as the others. */
export const FIRST_ID = 1_000_000_000;
const DIGITS = 10;
const ZERO = 48;
/** What people write. */
export const USUAL_TEXT =
  "Shall we meet at the station at nine, or is that too early for you? I could bring the tickets along.";

export class Texts {
  readonly #template: Uint8Array;
  readonly #idAt: number;
  readonly #cidAt: number;

  constructor(writer: number, chat: number, text: string = USUAL_TEXT) {
    const id = String(FIRST_ID);
    const line = JSON.stringify({ type: "send", id: FIRST_ID, chat, cid: `${writer}-${id}`, text }) + "\n";
    this.#template = new TextEncoder().encode(line);
    this.#idAt = line.indexOf(id);
    this.#cidAt = line.lastIndexOf(id);
  }

  /** The texts from number `first` on, in one buffer. */
  encode(first: number, count: number): Uint8Array {
    const size = this.#template.length;
    const bytes = new Uint8Array(count * size);
    for (let i = 0; i < count; i++) {
      bytes.set(this.#template, i * size);
      writeDigits(bytes, i * size + this.#idAt, FIRST_ID + first + i);
      writeDigits(bytes, i * size + this.#cidAt, FIRST_ID + first + i);
    }
    return bytes;
  }
}

function writeDigits(bytes: Uint8Array, at: number, value: number): void {
  for (let i = at + DIGITS - 1; i >= at; i--) {
    bytes[i] = ZERO + value % 10;
    value = Math.floor(value / 10);
  }
}
