/**
 * What the models ask of a database. Two implementations, MySQL (or MariaDB) and SQLite, pass one suite.
 *
 * Guarantees of both:
 * - `execute` and `transaction` resolve only once the change is durable (flushed by this database's strictest setting).
 * - A transaction that throws leaves nothing behind, whatever threw. A statement that fails ends its transaction:
 *   nothing after it is done, nothing is committed, even if the work catches the error.
 * - Reads see what was committed before they began, transactions included.
 * - Nothing waits without end: a database that does not answer within 10 s is `lost`.
 */

export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

/** A statement, or one for each dialect where they must differ. Values only ever through `?`. */
export type Sql = string | { readonly mysql: string; readonly sqlite: string };

export interface Outcome {
  /**
   * Rows that the statement matched and wrote; in an UPDATE also those that already read so. After an upsert it
   * says nothing: the databases count those differently.
   */
  readonly changes: number;
  /** The number that AUTO_INCREMENT gave to a row inserted by this statement. */
  readonly lastId: number;
}

export interface Queryable {
  readonly dialect: "mysql" | "sqlite";
  query<R extends Row = Row>(sql: Sql, values?: readonly Value[]): Promise<R[]>;
  execute(sql: Sql, values?: readonly Value[]): Promise<Outcome>;
  /**
   * Runs an `INSERT INTO … VALUES (?, …)` for every row, in the fewest statements the database can do: all of them
   * or none.
   */
  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): Promise<void>;
}

/** Which connections a transaction runs on, so that none waits behind another kind of work. */
export type Lane =
  /** Everything that takes no lock another server may hold for long. */
  | "general"
  /** The Appender's groups: short lock waits, and a stopped server's locks end within seconds. */
  | "append"
  /** The Appender's groups that wait for a lock. */
  | "contended";

export interface Database extends Queryable {
  /** How many `append` transactions can run at once. */
  readonly appendLanes: number;
  /** How many entries one of them should hold at most: beyond it the database gains nothing by more. */
  readonly appendEntries: number;
  transaction<T>(work: (tx: Queryable) => Promise<T>, lane?: Lane): Promise<T>;
  /**
   * Runs work that changes the schema, while no other server does: on a connection of its own, without a deadline.
   * In SQLite it is a transaction, in MySQL each statement is committed by itself.
   * @throws DatabaseError `conflict` when others hold it for longer than a minute.
   */
  migration<T>(work: (session: Queryable) => Promise<T>): Promise<T>;
  /** Called each time the database answers again after it was lost. */
  onReturn(listener: () => void): void;
  close(): Promise<void>;
}

export type DatabaseFault =
  /** A unique key was met. */
  | "duplicate"
  /** Another transaction was in the way: the same work may succeed when it is run again. */
  | "conflict"
  /** The connection broke or did not answer in time: the work may have been done or not. */
  | "lost"
  /** No room left. */
  | "full"
  | "other";

export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly fault: DatabaseFault;

  constructor(fault: DatabaseFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** `n` groups of placeholders for an IN list: `placeholders(2)` is `?,?`, `placeholders(2, "(?,?)")` is `(?,?),(?,?)`. */
export function placeholders(n: number, one = "?"): string {
  return Array(n).fill(one).join(",");
}
