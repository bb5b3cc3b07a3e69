/** What goes wrong → one line for a person, and an exit code for a script. */
import { CommandError, UsageError } from "./commands/errors.ts";
import { ClientError, Refusal } from "./errors.ts";
import { printable } from "./view/printable.ts";

export const EXIT = { done: 0, failed: 1, usage: 2, login: 3 } as const;

/** What a person is told when `reset` comes. */
export const RESET_TEXT =
  "the server has another copy of the messages, perhaps a restored backup: later ones may be gone; /open a chat";

const LOGIN_CODES: ReadonlySet<string> = new Set(["wrong_login", "bad_token"]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof Refusal && LOGIN_CODES.has(error.code)) return EXIT.login;
  return EXIT.failed;
}

/** Safe to print. A fault of this program keeps its stack: it is to be reported. */
export function failureText(error: unknown): string {
  if (error instanceof Refusal) return `${printable(error.message)} (${printable(error.code)})`;
  const isExpected = error instanceof UsageError || error instanceof CommandError ||
    error instanceof ClientError;
  if (isExpected) return printable(error.message);
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** The same, with what to do if nobody is there. */
export function unreachableText(error: unknown, port: number): string {
  const isRefused = error instanceof ClientError && error.cause instanceof Deno.errors.ConnectionRefused;
  const advice = isRefused ? `: is the server running? start it with: deno task server ${port}` : "";
  return failureText(error) + advice;
}
