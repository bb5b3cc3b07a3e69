/**
 * Brings a database's schema up to date, one recorded statement after the other, while all other servers that start
 * wait. MySQL commits DDL at once, so a crash may fall between a statement and its record: a step is noted when it
 * begins, and one that was begun may be found done. Steps that change data must therefore bear being run twice.
 */
import { type Database, DatabaseError, type Queryable } from "./database.ts";
import { errnoOf } from "./mysql_errors.ts";
import { schema, type SchemaFile, statementsOf } from "./schema.ts";

const STEPS = {
  mysql: `CREATE TABLE IF NOT EXISTS schema_steps (
    file VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    step INT NOT NULL,
    done TINYINT NOT NULL,
    PRIMARY KEY (file, step)
  ) ENGINE=InnoDB`,
  sqlite: `CREATE TABLE IF NOT EXISTS schema_steps (
    file TEXT NOT NULL,
    step INTEGER NOT NULL,
    done INTEGER NOT NULL,
    PRIMARY KEY (file, step)
  ) WITHOUT ROWID`,
};

/** What MySQL says of DDL that is there already: a table, a column, a key; or that is gone already. */
const DONE_ALREADY = [1050, 1060, 1061, 1091];

/** @throws Error when the database was made by a newer version, or holds tables of another program. */
export async function migrate(
  database: Database,
  files: readonly SchemaFile[] = schema[database.dialect],
): Promise<void> {
  await database.migration(async (session) => {
    await session.execute(STEPS);
    const recorded = await recordedSteps(session);
    const steps = files.flatMap((file) =>
      statementsOf(file).map((sql, i) => ({ file: file.name, step: i + 1, sql }))
    );
    refuseNewer(recorded, steps);
    for (const step of steps) {
      const state = recorded.get(nameOf(step));
      if (state !== "done") await run(session, step, state === "begun");
    }
    await ensureMeta(session);
  });
}

interface Step {
  readonly file: string;
  /** From 1. */
  readonly step: number;
  readonly sql: string;
}

function nameOf({ file, step }: Pick<Step, "file" | "step">): string {
  return `${file}, statement ${step}`;
}

async function recordedSteps(session: Queryable): Promise<Map<string, "begun" | "done">> {
  const rows = await session.query<{ file: string; step: number; done: number }>(
    "SELECT file, step, done FROM schema_steps",
  );
  return new Map(rows.map((row) => [nameOf(row), row.done ? "done" : "begun"]));
}

function refuseNewer(recorded: ReadonlyMap<string, unknown>, steps: readonly Step[]): void {
  const known = new Set(steps.map(nameOf));
  for (const name of recorded.keys()) {
    if (known.has(name)) continue;
    throw new Error(
      `the database was made by a newer version of this program (its schema has ${name}): ` +
        "start that version, or name another database",
    );
  }
}

async function run(session: Queryable, step: Step, begunBefore: boolean): Promise<void> {
  const key = [step.file, step.step];
  if (!begunBefore) {
    await session.execute("INSERT INTO schema_steps (file, step, done) VALUES (?, ?, 0)", key);
  }
  try {
    await session.execute(step.sql);
  } catch (error) {
    const isThere = error instanceof DatabaseError && DONE_ALREADY.includes(errnoOf(error.cause) ?? 0);
    if (!(isThere && begunBefore)) {
      // Not ours: it must not be taken for ours at the next start. What is lost may have been done.
      if (isThere) await session.execute("DELETE FROM schema_steps WHERE file = ? AND step = ?", key);
      const reason = error instanceof Error ? error.message : String(error);
      const advice = isThere ? ": the database holds another program's tables: name an empty one" : "";
      throw new Error(`cannot bring the schema up to date at ${nameOf(step)}: ${reason}${advice}`, {
        cause: error,
      });
    }
  }
  await session.execute("UPDATE schema_steps SET done = 1 WHERE file = ? AND step = ?", key);
}

/** What is drawn once for a database and never again by a start: see the model of `meta`. */
async function ensureMeta(session: Queryable): Promise<void> {
  const rows = await session.query<{ name: string }>("SELECT name FROM meta");
  const present = new Set(rows.map((row) => row.name));
  for (const [name, bytes] of [["epoch", 12], ["secret", 32]] as const) {
    if (present.has(name)) continue;
    const value = crypto.getRandomValues(new Uint8Array(bytes)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
    await session.execute("INSERT INTO meta (name, value) VALUES (?, ?)", [name, value]);
  }
}
