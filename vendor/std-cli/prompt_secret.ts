/** Asks for a secret on the terminal without showing it. */

/** Options for {@linkcode promptSecret}. */
export interface PromptSecretOptions {
  /** Shown for each character; "" shows nothing. The default is "*". */
  mask?: string;
  /** Removes the line from the screen afterwards. The default is false. */
  clear?: boolean;
}

const BACKSPACE = 0x7f;
const CTRL_H = 0x08;
const CTRL_D = 0x04;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Shows `message` and reads a line, blocking the event loop meanwhile. Returns null when standard input is no
 * terminal, or ended before anything was typed. Ctrl-C is the signal that it always is.
 */
export function promptSecret(message = "Secret", options: PromptSecretOptions = {}): string | null {
  const { mask = "*", clear = false } = options;
  const input = Deno.stdin;
  if (!input.isTerminal()) return null;
  const prompt = message.endsWith(" ") ? message : `${message} `;
  const show = (length: number) => write(`\r\x1b[K${prompt}${mask.repeat(length)}`);

  // Raw first: whoever types as soon as the prompt shows must not be echoed.
  input.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  try {
    show(0);
    return readSecret(input, show);
  } finally {
    input.setRaw(false);
    write(clear ? "\r\x1b[K" : "\n");
  }
}

function readSecret(input: typeof Deno.stdin, show: (length: number) => void): string | null {
  // Bytes, not characters: a character of several bytes may come in several reads.
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (true) {
    const ended = input.readSync(byte) === null || byte[0] === CTRL_D;
    if (ended && bytes.length === 0) return null;
    if (ended || byte[0] === LF || byte[0] === CR) return decode(bytes);
    if (byte[0] === BACKSPACE || byte[0] === CTRL_H) removeCharacter(bytes);
    else if (byte[0]! >= 0x20) bytes.push(byte[0]!);
    show([...decode(bytes)].length);
  }
}

function removeCharacter(bytes: number[]): void {
  while (bytes.length > 0 && (bytes.pop()! & 0xc0) === 0x80);
}

function decode(bytes: number[]): string {
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}
