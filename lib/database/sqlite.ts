/**
 * The database in one SQLite file, or in memory. One connection; its calls are synchronous, so a statement's answer
 * is there when the call returns. One lock over the connection keeps everything else out while a transaction
 * is open: nothing reads what is not committed, and nothing is committed by a neighbour.
 *
 * Durable: WAL with `synchronous=FULL`, every commit is flushed before it resolves.
 * A transaction's work awaits its own statements only; whatever else it awaits, all others wait for too.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  type Database,
  DatabaseError,
  type DatabaseFault,
  type Outcome,
  type Queryable,
  type Row,
  type Sql,
  type Value,
} from "./database.ts";
import { FileInUse, SqliteLock } from "./sqlite_lock.ts";
import { checkValues, textOf } from "./statements.ts";
import { Transaction } from "./transaction.ts";

/** How long a write waits for another program (a backup, a shell) that writes. The server stands still meanwhile. */
const BUSY_TIMEOUT_MS = 1000;
/** Preparing costs five times a point select; the models have fewer texts than this, IN lists of all lengths included. */
const MAX_STATEMENTS = 500;

/**
 * Opens, or creates, a database file; `:memory:` is one that ends with the process.
 * @throws DatabaseError whose message says what is wrong with the file, and what to do.
 */
// deno-lint-ignore require-await -- one signature for both databases
export async function openSqlite(file: string): Promise<Database> {
  let lock: SqliteLock | undefined;
  let connection: DatabaseSync | undefined;
  try {
    if (file !== ":memory:") {
      lock = SqliteLock.take(file);
      // A new file is its owner's alone; SQLite gives those beside it the same mode.
      Deno.openSync(file, { read: true, write: true, create: true, mode: 0o600 }).close();
    }
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    const mode = connection.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
    if (lock && mode !== "wal") {
      throw new Error(`its file system cannot hold a WAL (journal_mode is ${mode})`);
    }
    connection.exec("PRAGMA synchronous = FULL");
    // Pages that many commits change are copied back once: a checkpoint for each 16 MiB of WAL, not 4; 32 MiB of cache.
    connection.exec("PRAGMA wal_autocheckpoint = 4000");
    connection.exec("PRAGMA cache_size = -32768");
    return new SqliteDatabase(connection, lock);
  } catch (error) {
    connection?.close();
    lock?.release();
    throw new DatabaseError("other", whyNotOpened(file, error), { cause: error });
  }
}

function whyNotOpened(file: string, error: unknown): string {
  if (error instanceof FileInUse) return error.message;
  const cannot = `cannot open the database ${file}`;
  const another = "or name another file with --db";
  if (error instanceof Deno.errors.NotFound) {
    return `${cannot}: its folder does not exist: create it, ${another}`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return `${cannot}: ${reason}: let the server read and write the file and its folder, ${another}`;
  }
  if (reason.includes("not a database")) {
    return `${cannot}: it is no SQLite database (and was not changed): name another file with --db`;
  }
  return `${cannot}: ${reason}: check the file and its folder, ${another}`;
}

/** The one connection, with its prepared statements and its errors translated. */
class Connection {
  readonly #db: DatabaseSync;
  /** By text; the least recently used is first. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  query<R extends Row>(sql: Sql, values: readonly Value[] = []): R[] {
    return this.#run(sql, values, (statement) => statement.all(...values) as R[]);
  }

  execute(sql: Sql, values: readonly Value[] = []): Outcome {
    return this.#run(sql, values, (statement) => {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    });
  }

  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): void {
    for (const row of rows) this.execute(sql, row);
  }

  /** Ends a transaction without its changes; a full disk may have ended it already. */
  rollback(): void {
    if (this.#db.isTransaction) this.execute("ROLLBACK");
  }

  close(): void {
    this.#statements.clear();
    this.#db.close(); // the last connection writes the WAL back into the file
  }

  #run<T>(sql: Sql, values: readonly Value[], run: (statement: StatementSync) => T): T {
    checkValues(values);
    try {
      return run(this.#prepare(textOf(sql, "sqlite")));
    } catch (error) {
      throw translate(error);
    }
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement) this.#statements.delete(text);
    else statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    if (this.#statements.size > MAX_STATEMENTS) {
      this.#statements.delete(this.#statements.keys().next().value!);
    }
    return statement;
  }
}

/** SQLite's primary result codes (the low byte of the extended one). */
const FAULTS: Readonly<Record<number, DatabaseFault>> = {
  5: "conflict", // SQLITE_BUSY
  6: "conflict", // SQLITE_LOCKED
  10: "full", // SQLITE_IOERR: a write that failed, most often for want of room
  13: "full", // SQLITE_FULL
};
const UNIQUE_CODES = [1555, 2067, 2579]; // a primary key, a unique index, a rowid

function translate(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return new DatabaseError("other", String(error));
  const code = (error as { errcode?: number }).errcode ?? 0;
  const fault = UNIQUE_CODES.includes(code) ? "duplicate" : FAULTS[code & 0xff] ?? "other";
  return new DatabaseError(fault, error.message, { cause: error });
}

/** Lets one in at a time, in the order in which they came. */
class FifoLock {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  get held(): boolean {
    return this.#held;
  }

  async enter(): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#held = true;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#held = false;
  }
}

class SqliteDatabase implements Database {
  readonly dialect = "sqlite";
  readonly appendLanes = 1;
  readonly appendEntries = 1024;
  readonly #connection: Connection;
  readonly #fileLock: SqliteLock | undefined;
  readonly #lock = new FifoLock();
  #closed = false;

  constructor(db: DatabaseSync, fileLock: SqliteLock | undefined) {
    this.#connection = new Connection(db);
    this.#fileLock = fileLock;
  }

  query<R extends Row = Row>(sql: Sql, values?: readonly Value[]): Promise<R[]> {
    return this.#alone(() => this.#connection.query<R>(sql, values));
  }

  execute(sql: Sql, values?: readonly Value[]): Promise<Outcome> {
    return this.#alone(() => this.#connection.execute(sql, values));
  }

  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): Promise<void> {
    return this.transaction((tx) => tx.insertMany(sql, rows));
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    await this.#lock.enter();
    const tx = new Transaction("sqlite", this.#connection);
    try {
      this.#assertOpen();
      this.#connection.rollback(); // of one before us that could not even do that
      this.#connection.execute("BEGIN IMMEDIATE");
      const result = await work(tx);
      tx.end();
      this.#connection.execute("COMMIT");
      return result;
    } catch (error) {
      tx.fail(error);
      this.#rollback();
      throw error;
    } finally {
      this.#lock.leave();
    }
  }

  migration<T>(work: (session: Queryable) => Promise<T>): Promise<T> {
    return this.transaction(work);
  }

  onReturn(): void {
    // A file is never lost.
  }

  async close(): Promise<void> {
    await this.#lock.enter();
    try {
      if (this.#closed) return;
      this.#closed = true;
      this.#connection.close();
      this.#fileLock?.release();
    } finally {
      this.#lock.leave();
    }
  }

  #rollback(): void {
    try {
      if (!this.#closed) this.#connection.rollback();
    } catch {
      // The error that led here says more.
    }
  }

  /** Runs a call when no transaction is open: at once, most of the time. */
  async #alone<T>(call: () => T): Promise<T> {
    if (!this.#lock.held) {
      this.#assertOpen();
      return call();
    }
    await this.#lock.enter();
    try {
      this.#assertOpen();
      return call();
    } finally {
      this.#lock.leave();
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new DatabaseError("other", "the database is closed");
  }
}
