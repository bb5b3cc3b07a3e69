/**
 * A running client's number, the first that no living client has. The operating system holds it by a lock on a file, so
 * it is free again when the process ends, however that ends: what is marked with the number is then nobody's.
 *
 * The locks are SQLite's, on files that stay empty: the same on every system.
 */
import { SqliteFile } from "./sqlite_file.ts";

const START_TIMEOUT_MS = 10_000;
/** More clients of one user do not run at once. */
const MAX_SLOTS = 1_000;

export class Slot implements Disposable {
  readonly number: number;
  readonly #lock: SqliteFile;

  private constructor(number: number, lock: SqliteFile) {
    this.number = number;
    this.#lock = lock;
  }

  static take(folder: string): Slot {
    for (let number = 1; number <= MAX_SLOTS; number++) {
      const lock = tryLock(pathOf(folder, number));
      if (lock) return new Slot(number, lock);
    }
    throw new Error(`${MAX_SLOTS} clients run already`);
  }

  /** Whether a living client has this number; itself counts. */
  isTaken(folder: string, number: number): boolean {
    if (number === this.number) return true;
    const lock = tryLock(pathOf(folder, number));
    lock?.close();
    return lock === undefined;
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

/** Clients of one folder start one after the other: while one looks who lives, nobody else's look is taken for a life. */
export function inTurn<T>(folder: string, act: () => T): T {
  using lock = new SqliteFile(`${folder}/start.lock`, { busyTimeoutMs: START_TIMEOUT_MS });
  if (!lock.lock()) throw new Error("another client that starts has been at it for 10 s");
  return act();
}

function pathOf(folder: string, number: number): string {
  return `${folder}/running-${number}.lock`;
}

function tryLock(path: string): SqliteFile | undefined {
  const file = new SqliteFile(path, { busyTimeoutMs: 0 });
  try {
    if (file.lock()) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
}
