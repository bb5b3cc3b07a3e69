/** What a test may ask of a refused line: that the answer is well formed, and small whatever the line was. */
import { ok } from "node:assert/strict";
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { ERRORS } from "../../lib/protocol/errors.ts";
import { errorLine } from "../../lib/protocol/messages.ts";

export interface Answer {
  readonly code: string;
  readonly message: string;
  readonly re?: string | number;
}

const MAX_ANSWER_BYTES = 512;

/** The `error` answer to the line; undefined if the line is a request. */
export function refusalOf(line: string): Answer | undefined {
  const decoded = decodeRequest(line);
  if ("request" in decoded) return undefined;
  const answer = errorLine(decoded.re, decoded.error);
  ok(
    new TextEncoder().encode(answer).length <= MAX_ANSWER_BYTES,
    `too long an answer: ${answer.slice(0, 80)}`,
  );
  // deno-lint-ignore no-control-regex -- these are what it looks for
  ok(!/[\u0000-\u001f]/.test(answer) && answer.isWellFormed(), "an answer is one line of Unicode text");
  const { type, re, code, message, retry, ...rest } = JSON.parse(answer);
  ok(type === "error" && typeof message === "string" && message !== "" && Object.keys(rest).length === 0);
  ok(Object.hasOwn(ERRORS, code) && ERRORS[code as keyof typeof ERRORS].retry === retry, answer);
  return { code, message, re };
}
