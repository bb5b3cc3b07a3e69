/** What a command itself has to say against being run. */

/** It was written wrongly; the message is how to write it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It cannot be done as things are. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
