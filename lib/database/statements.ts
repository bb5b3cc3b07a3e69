/** What both drivers do with a statement before it goes to their database. */
import { DatabaseError, type Sql, type Value } from "./database.ts";

/** The statement's text in this dialect. */
export function textOf(sql: Sql, dialect: "mysql" | "sqlite"): string {
  return typeof sql === "string" ? sql : sql[dialect];
}

/**
 * Refuses what the type forbids and a cast may still have let in. An object would be spelled out as SQL by one
 * driver, NaN become NULL in the other: here both are a fault of ours, never a statement.
 */
export function checkValues(values: readonly Value[]): void {
  for (const value of values) {
    if (typeof value === "string" || value === null || value instanceof Uint8Array) continue;
    if (typeof value === "number" && Number.isFinite(value)) continue;
    throw new DatabaseError(
      "other",
      `${typeof value === "number" ? value : typeof value} is no value for a statement`,
    );
  }
}
