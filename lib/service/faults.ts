/** Faults become answers in one place: what a client may know, while the log gets the rest. */
import { DatabaseError } from "../database/database.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Log, LogFields } from "./log.ts";

const CODES = { lost: "unavailable", full: "storage_full", conflict: "busy", duplicate: "busy" } as const;

/** A refusal stays what it is; a fault's own words go to the log only, with `fields` to say whose request it was. */
export function toChatError(error: unknown, log: Log, fields: LogFields = {}): ChatError {
  if (error instanceof ChatError) return error;
  if (error instanceof DatabaseError && error.fault !== "other") {
    log.warn("the database refused", { ...fields, fault: error.fault, reason: error.message });
    return new ChatError(CODES[error.fault]);
  }
  log.error("a request failed", { ...fields, error });
  return new ChatError("internal");
}
