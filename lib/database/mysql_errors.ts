/** What an error of MySQL, MariaDB or of the way there means for the work that met it. */
import { DatabaseError, type DatabaseFault } from "./database.ts";

/** By the server's error number. Whatever is not here, and came from the server, is `other`. */
const FAULTS: Readonly<Record<number, DatabaseFault>> = {
  1062: "duplicate",

  1020: "conflict", // the row changed since it was read
  1205: "conflict", // lock wait timeout
  1213: "conflict", // deadlock
  1317: "conflict", // somebody ended the query
  1412: "conflict", // the table changed under the transaction: a newer version took the schema further
  3572: "conflict", // NOWAIT met a lock

  1040: "lost", // too many connections
  1047: "lost", // a cluster's node that is not ready
  1053: "lost", // shutting down
  1152: "lost", // aborted connection
  1158: "lost", // network: read error …
  1159: "lost",
  1160: "lost",
  1161: "lost", // … write timeout
  1180: "lost", // an error during COMMIT: done or not
  1203: "lost", // too many connections of this user
  1290: "lost", // read-only: no longer the primary. A new connection may reach the one that is
  1836: "lost",
  1927: "lost", // connection killed
  2006: "lost",
  2013: "lost",
  4031: "lost", // ended by the server because it was idle

  28: "full",
  1021: "full",
  1114: "full",
};

/** The server's error number, if the error is the server's answer. */
export function errnoOf(error: unknown): number | undefined {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  const isAnswer = typeof code === "string" && !/^(E[A-Z]+$|PROTOCOL_)/.test(code);
  return isAnswer && typeof errno === "number" && errno > 0 ? errno : undefined;
}

export function translate(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return new DatabaseError("other", String(error));
  const errno = errnoOf(error);
  const { code, fatal } = error as { code?: unknown; fatal?: unknown };
  const fault = errno !== undefined
    ? FAULTS[errno] ?? "other"
    : fatal || typeof code === "string"
    ? "lost"
    : "other";
  delete (error as { sql?: unknown }).sql; // it has the values: texts and hashes that no log may show
  return new DatabaseError(fault, reasonOf(error), { cause: error });
}

/** Some errors of the network come without a text (an address that was tried as IPv6 and IPv4). */
function reasonOf(error: Error): string {
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}
