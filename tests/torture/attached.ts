/** Somebody's own deployment: loaded and checked, and otherwise left alone. What happens to it is theirs to decide. */
import { DatabaseSync } from "node:sqlite";
import { createConnection } from "mysql2/promise";
import { until } from "../kit/until.ts";
import type { Deployment } from "./deployment.ts";
import type { Dice } from "./dice.ts";
import { type Address, Proxy } from "./proxy.ts";
import type { Query } from "./stored.ts";

export interface Place {
  readonly address: Address;
  /** A MySQL URL, or the name of a SQLite file on this machine. */
  readonly mysql?: string;
  readonly db?: string;
}

/** Whatever they do to their database, it is back by then. */
const DATABASE_MS = 120_000;

export function attach({ address, mysql, db }: Place, dice: Dice): Deployment {
  const front = new Proxy(address, dice);
  const ask = mysql === undefined ? sqliteAt(db!) : mysqlAt(mysql);
  return {
    about: `the servers at ${address.hostname}:${address.port}`,
    servers: [],
    front,
    middle: [],
    back: [],
    amnesias: [],
    query: (sql) => until(() => ask(sql), DATABASE_MS),
    [Symbol.asyncDispose]: () => Promise.resolve(front[Symbol.dispose]()),
  };
}

export function sqliteAt(file: string): Query {
  return (sql) => {
    using database = new DatabaseSync(file, { readOnly: true });
    return Promise.resolve(database.prepare(sql).all() as Record<string, unknown>[]);
  };
}

function mysqlAt(url: string): Query {
  return async (sql) => {
    const connection = await createConnection(url);
    try {
      return (await connection.query(sql))[0] as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  };
}
