/** A database whose clock a test sets, as far as the service looks at it. */
import type { Database, Queryable, Sql } from "../../lib/database/database.ts";
import { textOf } from "../../lib/database/statements.ts";

export interface DatabaseClock {
  /** How far it is ahead. */
  offsetMs: number;
}

/** From here on this MySQL's clock, as its statements name it, is `clock`'s. */
export function setClock(database: Database, clock: DatabaseClock): void {
  const shift = (sql: Sql) =>
    textOf(sql, "mysql").replaceAll(
      /(NOW|SYSDATE)\(3\)/g,
      (now) => `(${now} + INTERVAL ${clock.offsetMs * 1_000} MICROSECOND)`,
    );
  const shifted = (inner: Queryable): Queryable => ({
    dialect: inner.dialect,
    query: (sql, values) => inner.query(shift(sql), values),
    execute: (sql, values) => inner.execute(shift(sql), values),
    insertMany: (sql, rows) => inner.insertMany(sql, rows),
  });
  const { query, execute } = shifted({
    dialect: database.dialect,
    query: database.query.bind(database),
    execute: database.execute.bind(database),
    insertMany: database.insertMany.bind(database),
  });
  const transaction = database.transaction.bind(database);
  Object.assign(database, {
    query,
    execute,
    transaction: ((work, lane) => transaction((tx) => work(shifted(tx)), lane)) as Database["transaction"],
  });
}
