/**
 * One connection to MySQL or MariaDB: statements in, rows out, errors translated. Whatever breaks it rejects every
 * statement under way (the driver leaves them waiting when a connection is destroyed), and all that follow.
 */
import { Buffer } from "node:buffer";
import { DatabaseError, type Outcome, type Queryable, type Row, type Sql, type Value } from "./database.ts";
import { translate } from "./mysql_errors.ts";
import { checkValues, textOf } from "./statements.ts";

/** How many characters of values go into one INSERT: with escaping and UTF-8 far below any `max_allowed_packet`. */
const MAX_INSERT_CHARS = 1 << 20;
/** How long the server is given to answer our goodbye. */
const QUIT_TIMEOUT_MS = 1000;

/** The driver's connection, as far as it is used: values are put into the text, escaped, by `query`. */
export interface Wire {
  query(sql: string, values: unknown[], done: (error: Error | null, result: unknown) => void): unknown;
  ping(done: (error: Error | null) => void): void;
  on(event: "error" | "end", listener: (error?: Error) => void): unknown;
  /** Says goodbye. */
  end(done: () => void): void;
  /** Closes the socket without a word. */
  destroy(): void;
}

export class MysqlConnection implements Queryable {
  readonly dialect = "mysql";
  readonly #wire: Wire;
  /** What to reject when the connection breaks. */
  readonly #waiting = new Set<(error: DatabaseError) => void>();
  #broken: DatabaseError | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on("error", (error) => this.destroy(translate(error)));
    wire.on("end", () => this.destroy(new DatabaseError("lost", "the database closed the connection")));
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  async query<R extends Row = Row>(sql: Sql, values: readonly Value[] = []): Promise<R[]> {
    return await this.#send(textOf(sql, "mysql"), values) as R[];
  }

  async execute(sql: Sql, values: readonly Value[] = []): Promise<Outcome> {
    const result = await this.#send(textOf(sql, "mysql"), values);
    const { affectedRows, insertId } = result as { affectedRows: number; insertId: number };
    return { changes: affectedRows, lastId: insertId };
  }

  async insertMany(sql: Sql, rows: readonly (readonly Value[])[]): Promise<void> {
    const [head, group, tail] = splitInsert(textOf(sql, "mysql"));
    for (const part of parts(rows)) {
      await this.execute(head + Array(part.length).fill(group).join(",") + tail, part.flat());
    }
  }

  /** Leaves no transaction open: if that cannot be said, it takes the connection along. */
  async rollback(): Promise<void> {
    if (this.#broken) return;
    await this.execute("ROLLBACK").catch((error) => this.destroy(error));
  }

  ping(): Promise<void> {
    return this.#call((done) => this.#wire.ping(done));
  }

  /** Rejects what is under way with this error, and closes the socket: the server rolls back once it notices. */
  destroy(error: DatabaseError): void {
    if (this.#broken) return;
    this.#broken = error;
    this.#wire.destroy();
    for (const reject of this.#waiting) reject(error);
  }

  async end(): Promise<void> {
    if (this.#broken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, QUIT_TIMEOUT_MS);
      this.#wire.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.destroy(new DatabaseError("other", "the connection is closed"));
  }

  #send(text: string, values: readonly Value[]): Promise<unknown> {
    return this.#call((done) => {
      checkValues(values);
      const sent = values.map((v) =>
        v instanceof Uint8Array ? Buffer.from(v.buffer, v.byteOffset, v.length) : v
      );
      this.#wire.query(text, sent, done);
    });
  }

  #call<T>(call: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      this.#waiting.add(reject);
      call((error, result) => {
        this.#waiting.delete(reject);
        if (!error) return resolve(result as T);
        const translated = translate(error);
        if (translated.fault === "lost") this.destroy(translated);
        reject(translated);
      });
    });
  }
}

/** Cuts an INSERT into what stands before its group of placeholders, the group, and what follows it. */
function splitInsert(text: string): [string, string, string] {
  const match = /^(.*\bVALUES\s*)(\([^()]*\))([^?]*)$/is.exec(text);
  if (!match) throw new DatabaseError("other", "insertMany wants INSERT INTO … VALUES (?, …)");
  return [match[1]!, match[2]!, match[3]!];
}

function* parts(rows: readonly (readonly Value[])[]): Generator<readonly (readonly Value[])[]> {
  let from = 0;
  let chars = 0;
  for (const [i, row] of rows.entries()) {
    chars += row.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (chars < MAX_INSERT_CHARS) continue;
    yield rows.slice(from, i + 1);
    from = i + 1;
    chars = 0;
  }
  if (from < rows.length) yield rows.slice(from);
}

function sizeOf(value: Value): number {
  if (value instanceof Uint8Array) return 2 * value.length;
  return typeof value === "string" ? value.length : 8;
}
