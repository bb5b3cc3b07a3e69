/**
 * MySQL (8.0.1 or later) or MariaDB (10.6 or later), shared by all servers of a cluster.
 *
 * Every connection reads committed data only, waits 3 s for a lock, and is given up by the database after 5 idle
 * seconds. Statements go as text with escaped values, one at a time: the driver refuses several in one.
 */
import { connect } from "node:net";
import { createConnection } from "mysql2";
import { DatabaseError } from "./database.ts";
import type { Database, Lane, Outcome, Queryable, Row, Sql, Value } from "./database.ts";
import { type MysqlAddress, parseMysqlUrl, placeOf } from "./mysql_address.ts";
import { adviceFor, whyNotOpened } from "./mysql_advice.ts";
import { checkServer } from "./mysql_checks.ts";
import { MysqlConnection } from "./mysql_connection.ts";
import { errnoOf } from "./mysql_errors.ts";
import { MysqlLane } from "./mysql_lane.ts";
import { Transaction } from "./transaction.ts";

export interface MysqlOptions {
  /** Use a database that is not set to survive a power failure. */
  readonly allowUnsafe?: boolean;
  /** After how long a statement or transaction is lost: 10 s unless told. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
/** Connections of each lane; two for `append`: one group commits while the next one gathers its locks. */
const SIZES: Readonly<Record<Lane, number>> = { general: 10, append: 2, contended: 4 };
/** Less than this, and an ALTER of a large table by another server would fail all that start meanwhile. */
const MIGRATION_WAIT_S = 60;

/**
 * Escaping relies on this sql_mode: backslashes escape, double quotes quote text. UTC, because in a zone with summer
 * time an hour of each year comes twice, and NOW() would be the same time again.
 */
const SESSION = [
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 3, wait_timeout = 5",
];
/** Saves the Appender's groups the round trip of a BEGIN. */
const ALWAYS_IN_TRANSACTION = "SET autocommit = 0";

/**
 * Connects to `mysql://user:password@host:port/database` and checks the server's version and settings. Creates the
 * database where there is none.
 * @throws DatabaseError whose message says where, what is wrong, and what to do.
 */
export async function openMysql(url: string, options: MysqlOptions = {}): Promise<Database> {
  const address = parseMysqlUrl(url);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const database = new MysqlDatabase(address, timeoutMs);
  try {
    await database.query("SELECT 1").catch(async (error) => {
      if (errnoOf(error.cause) !== NO_SUCH_DATABASE) throw error;
      await createDatabase(address, timeoutMs);
    });
    await checkServer(database, placeOf(address), options.allowUnsafe ?? false);
    return database;
  } catch (error) {
    await database.close();
    throw new DatabaseError("other", whyNotOpened(address, error as Error), { cause: error });
  }
}

const NO_SUCH_DATABASE = 1049;

async function createDatabase(address: MysqlAddress, timeoutMs: number): Promise<void> {
  const lane = new MysqlLane(1, timeoutMs, () => open({ ...address, database: "" }, timeoutMs), []);
  try {
    await lane.run((connection) =>
      connection.execute(
        `CREATE DATABASE IF NOT EXISTS \`${address.database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
      )
    );
  } finally {
    await lane.close();
  }
}

/** A connection whose handshake is under way; its first statement meets what is wrong with it. */
function open(address: MysqlAddress, timeoutMs: number): MysqlConnection {
  const socket = connect(address.port, address.host);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const connection = createConnection({
    ...address,
    stream: () => socket,
    connectTimeout: timeoutMs,
    charset: "utf8mb4_bin",
    flags: ["-LOCAL_FILES"],
    stringifyObjects: true,
    decimalNumbers: true, // SUM of integers is a DECIMAL
    dateStrings: true,
  });
  return new MysqlConnection({
    query: (sql, values, done) => connection.query(sql, values, done),
    ping: (done) => connection.ping(done),
    on: (event, listener) => connection.on(event, listener),
    end: (done) => connection.end(done),
    destroy() {
      connection.destroy();
      socket.destroy(); // the driver only ends it, which a server that is stopped never answers
    },
  });
}

class MysqlDatabase implements Database {
  readonly dialect = "mysql";
  readonly appendLanes = SIZES.append;
  readonly appendEntries = 256;
  readonly #lanes: Readonly<Record<Lane, MysqlLane>>;
  readonly #address: MysqlAddress;
  readonly #open: () => MysqlConnection;
  readonly #listeners: (() => void)[] = [];
  #lost = false;

  constructor(address: MysqlAddress, timeoutMs: number) {
    this.#address = address;
    this.#open = () => open(address, timeoutMs);
    const lane = (name: Lane, session: readonly string[]) =>
      new MysqlLane(SIZES[name], timeoutMs, this.#open, session, () => this.#lost = true);
    this.#lanes = {
      general: lane("general", SESSION),
      append: lane("append", [...SESSION, ALWAYS_IN_TRANSACTION]),
      contended: lane("contended", [...SESSION, ALWAYS_IN_TRANSACTION]),
    };
  }

  query<R extends Row = Row>(sql: Sql, values?: readonly Value[]): Promise<R[]> {
    return this.#run("general", (connection) => connection.query<R>(sql, values));
  }

  execute(sql: Sql, values?: readonly Value[]): Promise<Outcome> {
    return this.#run("general", (connection) => connection.execute(sql, values));
  }

  insertMany(sql: Sql, rows: readonly (readonly Value[])[]): Promise<void> {
    return this.transaction((tx) => tx.insertMany(sql, rows));
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>, lane: Lane = "general"): Promise<T> {
    return this.#run(lane, async (connection) => {
      const tx = new Transaction("mysql", connection);
      try {
        if (lane === "general") await connection.execute("START TRANSACTION");
        const result = await work(tx);
        tx.end();
        await connection.execute("COMMIT");
        return result;
      } catch (error) {
        tx.fail(error);
        // At once, whatever failed: a duplicate key keeps its gap lock, a lock wait that timed out all its locks.
        await connection.rollback();
        throw error;
      }
    });
  }

  async migration<T>(work: (session: Queryable) => Promise<T>): Promise<T> {
    const connection = this.#open();
    try {
      for (const statement of SESSION) await connection.execute(statement);
      // The lock is the connection's: it ends with it, and with the server that holds it.
      const [lock] = await connection.query<{ got: number }>(
        "SELECT GET_LOCK(CONCAT('clusterchat_', MD5(DATABASE())), ?) AS got",
        [MIGRATION_WAIT_S],
      );
      if (lock?.got !== 1) {
        throw new DatabaseError(
          "conflict",
          `another server has been bringing the schema up to date for over ${MIGRATION_WAIT_S} s: ` +
            "start again once it is done",
        );
      }
      return await work(connection);
    } catch (error) {
      const advice = adviceFor(this.#address, error);
      throw advice ? new DatabaseError("other", advice, { cause: error }) : error;
    } finally {
      await connection.end();
    }
  }

  onReturn(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }

  async #run<T>(lane: Lane, work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    try {
      const result = await this.#lanes[lane].run(work);
      if (this.#lost) this.#returned();
      return result;
    } catch (error) {
      if (error instanceof DatabaseError && error.fault === "lost") this.#lost = true;
      throw error;
    }
  }

  #returned(): void {
    this.#lost = false;
    for (const listener of this.#listeners) queueMicrotask(listener);
  }
}
