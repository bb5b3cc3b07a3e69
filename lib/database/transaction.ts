/**
 * What a transaction's work is given, the same over both databases: after a failed statement nothing more is done
 * and nothing is committed, even if the work catches the error (MySQL has rolled back by then, and would commit
 * what follows by itself); after its end, a statement that was forgotten to be awaited is refused.
 */
import { DatabaseError, type Outcome, type Queryable, type Row, type Sql, type Value } from "./database.ts";

/** A connection, as far as a transaction needs it. */
export interface Statements {
  query<R extends Row>(sql: Sql, values?: readonly Value[]): R[] | Promise<R[]>;
  execute(sql: Sql, values?: readonly Value[]): Outcome | Promise<Outcome>;
  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): void | Promise<void>;
}

export class Transaction implements Queryable {
  readonly dialect: "mysql" | "sqlite";
  readonly #statements: Statements;
  #refusal: unknown;

  constructor(dialect: "mysql" | "sqlite", statements: Statements) {
    this.dialect = dialect;
    this.#statements = statements;
  }

  query<R extends Row = Row>(sql: Sql, values?: readonly Value[]): Promise<R[]> {
    return this.#run(() => this.#statements.query<R>(sql, values));
  }

  execute(sql: Sql, values?: readonly Value[]): Promise<Outcome> {
    return this.#run(() => this.#statements.execute(sql, values));
  }

  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): Promise<void> {
    return this.#run(() => this.#statements.insertMany(sql, rows));
  }

  /** No statement from here on. @throws the error of a statement that failed: then there is nothing to commit. */
  end(): void {
    const refusal = this.#refusal;
    this.#refusal ??= new DatabaseError("other", "the transaction is over");
    if (refusal) throw refusal;
  }

  /** No statement from here on, because of this error. */
  fail(error: unknown): void {
    this.#refusal ??= error;
  }

  async #run<T>(call: () => T | Promise<T>): Promise<T> {
    if (this.#refusal) throw this.#refusal;
    try {
      return await call();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }
}
