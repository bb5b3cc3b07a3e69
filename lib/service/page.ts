/** Lists in answers are cut, so that no answer exceeds `limits.answerBytes` by more than its last row. */
import { Buffer } from "node:buffer";
import { limits } from "../protocol/limits.ts";

/** The first rows, as many as fit. */
export function cut<T>(rows: readonly T[], max: number): { rows: T[]; more: boolean } {
  const page: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (page.length === max || bytes > limits.answerBytes) return { rows: page, more: true };
    page.push(row);
    bytes += Buffer.byteLength(JSON.stringify(row));
  }
  return { rows: page, more: false };
}
