/**
 * A small SQLite file that is its user's alone, shared by programs that run at the same time. Calls are synchronous, and
 * wait up to a few seconds while another program writes.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export class SqliteFile implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Makes the file if there is none. Throws what the system or SQLite says. */
  constructor(path: string, { busyTimeoutMs }: { readonly busyTimeoutMs: number }) {
    try {
      // Only a new one, and closed before SQLite opens it: closing a file ends all locks that the process has on it.
      Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    this.#db = new DatabaseSync(path);
    this.#db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }

  /** Several statements, without values. */
  script(sql: string): void {
    this.#db.exec(sql);
  }

  rows(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  row(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  run(sql: string, ...values: Value[]): void {
    this.#prepare(sql).run(...values);
  }

  /** All of the work or nothing; nobody else writes meanwhile. */
  transaction<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  /** Takes the whole file, until it is closed or the process ends. False while somebody else has it. */
  lock(): boolean {
    try {
      // Nothing is written to it: there is no need for a journal beside it.
      this.script("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return true;
    } catch (error) {
      if (error instanceof Error && /locked|busy/i.test(error.message)) return false;
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A full disk may have ended the transaction already. */
  #rollback(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // There is none.
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }
}
