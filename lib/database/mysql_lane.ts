/**
 * A few connections for one kind of work, so that it never waits behind another kind. What runs on a lane, the wait
 * for a connection included, ends within the deadline: a connection that does not answer is destroyed.
 *
 * An idle connection is pinged, because the database ends it (and frees its locks) after a few idle seconds: so does
 * a server that was stopped inside a transaction let go.
 */
import { DatabaseError } from "./database.ts";
import type { MysqlConnection } from "./mysql_connection.ts";
import { translate } from "./mysql_errors.ts";

const PING_MS = 2000;
/** A server whose sessions are bounded does not get here; beyond it the database is as good as lost. */
const MAX_WAITING = 10_000;

export class MysqlLane {
  readonly #open: () => MysqlConnection;
  readonly #session: readonly string[];
  readonly #timeoutMs: number;
  readonly #idle: MysqlConnection[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #onBroken: () => void;
  readonly #pinger: ReturnType<typeof setInterval>;
  #free: number;
  #running = 0;
  #closed: PromiseWithResolvers<void> | undefined;

  /**
   * `session`: the statements that set a new connection up. `onBroken`: a connection has broken while it was idle, so
   * that no work has failed of it.
   */
  constructor(
    size: number,
    timeoutMs: number,
    open: () => MysqlConnection,
    session: readonly string[],
    onBroken: () => void = () => {},
  ) {
    this.#onBroken = onBroken;
    this.#free = size;
    this.#timeoutMs = timeoutMs;
    this.#open = open;
    this.#session = session;
    this.#pinger = setInterval(() => this.#ping(), PING_MS);
  }

  /** @throws DatabaseError `lost` when the deadline passes, and what opening a connection throws. */
  async run<T>(work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#timeoutMs;
    await this.#enter(deadline);
    try {
      const used = this.#takeIdle();
      const connection = used ?? this.#open();
      try {
        return await this.#before(deadline, async () => {
          if (!used) await this.#setUp(connection);
          return await work(connection);
        }, (late) => connection.destroy(late));
      } finally {
        if (!connection.broken) this.#idle.push(connection);
      }
    } finally {
      this.#leave();
    }
  }

  /** Refuses new work, waits for what runs (each has its deadline), and says goodbye. */
  async close(): Promise<void> {
    clearInterval(this.#pinger);
    this.#closed ??= Promise.withResolvers();
    if (this.#running === 0) this.#closed.resolve();
    await this.#closed.promise;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.end()));
  }

  async #enter(deadline: number): Promise<void> {
    if (this.#closed) throw new DatabaseError("other", "the database is closed");
    this.#running++;
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    let enter = () => {};
    try {
      if (this.#waiting.size >= MAX_WAITING) {
        throw new DatabaseError("lost", "too much waits for the database");
      }
      await this.#before(deadline, () =>
        new Promise<void>((resolve) => {
          enter = resolve;
          this.#waiting.add(enter);
        }));
    } catch (error) {
      this.#waiting.delete(enter);
      this.#ended();
      throw error;
    }
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else this.#free++;
    this.#ended();
  }

  #ended(): void {
    this.#running--;
    if (this.#running === 0) this.#closed?.resolve();
  }

  #takeIdle(): MysqlConnection | undefined {
    while (true) {
      const connection = this.#idle.pop();
      if (!connection?.broken) return connection;
      this.#onBroken();
    }
  }

  async #setUp(connection: MysqlConnection): Promise<void> {
    try {
      for (const statement of this.#session) await connection.execute(statement);
    } catch (error) {
      connection.destroy(translate(error));
      throw error;
    }
  }

  /** What `work` gives, or `lost` once the deadline has passed, whatever `work` still waits for. */
  #before<T>(deadline: number, work: () => Promise<T>, onLate?: (late: DatabaseError) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = new DatabaseError("lost", `the database did not answer within ${this.#timeoutMs} ms`);
        reject(late);
        onLate?.(late);
      }, deadline - performance.now());
      work().then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #ping(): void {
    for (const connection of this.#idle) {
      this.#before(
        performance.now() + this.#timeoutMs,
        () => connection.ping(),
        (late) => connection.destroy(late),
      )
        .catch(() => {}); // a broken one is not taken again
    }
    while (this.#idle[0]?.broken) {
      this.#idle.shift();
      this.#onBroken();
    }
  }
}
