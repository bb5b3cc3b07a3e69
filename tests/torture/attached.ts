/** Somebody's own deployment: loaded and checked, and otherwise left alone. What happens to it is theirs to decide. */
import { DatabaseSync } from "node:sqlite";
import { createConnection } from "mysql2/promise";
import { dial } from "../../lib/client/wire.ts";
import { until } from "../kit/until.ts";
import type { Deployment } from "./deployment.ts";
import type { Dice } from "./dice.ts";
import { UsageError } from "./options.ts";
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

const WELCOME_MS = 5_000;

/** @throws {UsageError} nobody listens there, or the database is not theirs */
export async function attach({ address, mysql, db }: Place, dice: Dice): Promise<Deployment> {
  const ask = mysql === undefined ? sqliteAt(db!) : mysqlAt(mysql);
  await expectTheirs(address, ask);
  const front = new Proxy(address, dice);
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

async function expectTheirs({ hostname, port }: Address, ask: Query): Promise<void> {
  const fail = (what: string) => (error: Error) => {
    throw new UsageError(`${what}: ${error.message}`);
  };
  const theirs = await epochAt(hostname, port).catch(fail(`--at: no chat server at ${hostname}:${port}`));
  const sql = "SELECT value FROM meta WHERE name = 'epoch'";
  const [row] = await Promise.try(() => ask(sql)).catch(fail("the database cannot be read"));
  if (row?.value === theirs) return;
  throw new UsageError(
    `the database is not the one of the server at ${hostname}:${port}: their epochs differ`,
  );
}

/** What its welcome says. */
async function epochAt(host: string, port: number): Promise<unknown> {
  const wire = await dial({ host, port }, AbortSignal.timeout(WELCOME_MS));
  const timer = setTimeout(() => wire.close(), WELCOME_MS);
  try {
    for await (const line of wire.lines) return JSON.parse(line).epoch;
    throw new Error("it says no welcome");
  } finally {
    clearTimeout(timer);
    wire.close();
  }
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
