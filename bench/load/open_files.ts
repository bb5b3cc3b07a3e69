/** How many connections this process, and each server that it starts, may have at once. */
import { UsageError } from "./usage_error.ts";

/** Files, listeners, connections to databases, and whoever else is there. */
const OTHERS = 200;

/** @throws {UsageError} where the system's limit is lower. */
export function expectOpenFiles(connections: number): void {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  if (connections + OTHERS <= limit) return;
  throw new UsageError(
    `${connections} connections need ${connections + OTHERS} open files, and the limit is ${limit}: ` +
      `raise it (ulimit -n ${connections + OTHERS}), or ask for fewer`,
  );
}
