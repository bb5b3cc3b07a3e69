/**
 * What the texts say: it follows from their `cid`, so that whoever sees a text knows whether it is the right one.
 * Lengths and alphabets vary, so that bytes are torn apart in the middle of characters too.
 */

const WORDS = [
  "nine",
  "Brücke",
  "日本語",
  "🚲",
  'a "quote"',
  "\\",
  "line\nend",
  "\u2028",
  "naïve",
  "Ω",
  "\t",
  "0",
];

export function textOf(cid: string): string {
  let left = hash(cid);
  const words: string[] = [];
  for (let count = left % 40; count >= 0; count--) {
    words.push(WORDS[left % WORDS.length]!);
    left = Math.imul(left, 1_664_525) + 1_013_904_223 >>> 0;
  }
  return `${cid} ${words.join(" ")}`;
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
