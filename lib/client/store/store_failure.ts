/** What goes wrong with the store's files → what a person can do about it. */
import { ClientError } from "../errors.ts";

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/not a database/, "it is no SQLite database (and was not changed)"],
  [/malformed/, "it is broken"],
  [/disk is full|disk I\/O error|File too large/, "the disk is full, or fails"],
  [/readonly database/, "it may not be written"],
  [/database is locked/, "another program has locked it"],
  [/File exists|Not a directory/, "its folder is a file"],
];

export function storeFailure(what: string, cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause;
  const text = cause instanceof Error ? cause.message.replace(/ \(os error \d+\).*$/, "") : String(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? text;
  const advice = "mend or remove it, name another folder by CHAT_STATE_DIR, or go without by --no-store";
  return new ClientError("store_failed", `${what}: ${reason}; ${advice}`, { cause });
}
