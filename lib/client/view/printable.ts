/** Text from elsewhere, safe for a terminal: what would steer it is made visible instead. */

// deno-lint-ignore no-control-regex -- these are what it looks for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/gu;

/** One line without control characters, escape sequences or characters that change the direction of writing. */
export function printable(text: string): string {
  return text.toWellFormed().replace(STEERING, visible);
}

/** The same for a text that may have lines of its own. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|\n/).map(printable);
}

/** ESC as ␛ and so on; what has no picture as its number. */
function visible(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
