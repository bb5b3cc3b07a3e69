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

/** They change nothing. Whoever may not do this would learn it later, in the middle of serving. */
const RIGHTS = [
  "UPDATE schema_steps SET done = 1 WHERE step = 0",
  "DELETE FROM schema_steps WHERE step = 0",
];

/** What MySQL says of DDL that is there already: a table, a column, a key; or that is gone already. */
const DONE_ALREADY = [1050, 1060, 1061, 1091];

export interface MigrateOptions {
  /** The steps that this program knows: those that are compiled in unless told. */
  readonly files?: readonly SchemaFile[];
  /** This program's, for people: it is kept, and a server that is too old says by it which one is wanted. */
  readonly version?: string;
}

/** @throws Error when the database was made by a newer version, or holds tables of another program. */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<void> {
  const { files = schema[database.dialect], version } = options;
  await database.migration(async (session) => {
    await session.execute(STEPS);
    for (const statement of RIGHTS) await session.execute(statement);
    const recorded = await recordedSteps(session);
    const steps = stepsOf(files);
    await refuseNewer(session, recorded, files, version);
    const missing = steps.filter((step) => recorded.get(nameOf(step)) !== "done");
    // Before the steps: who meets them half done is to know whose they are.
    if (version && 0 < missing.length && missing.length < steps.length) await keepVersion(session, version);
    for (const step of missing) await run(session, step, recorded.has(nameOf(step)));
    await ensureMeta(session, version);
  });
}

interface Step {
  readonly file: string;
  /** From 1. */
  readonly step: number;
  readonly sql: string;
}

function stepsOf(files: readonly SchemaFile[]): Step[] {
  return files.flatMap((file) => statementsOf(file).map((sql, i) => ({ file: file.name, step: i + 1, sql })));
}

function nameOf({ file, step }: Pick<Step, "file" | "step">): string {
  return `${file}, statement ${step}`;
}

async function recordedSteps(session: Queryable): Promise<Map<string, "begun" | "done">> {
  const rows = await session.query<{ file: string; step: number; done: number }>(
    "SELECT file, step, done FROM schema_steps ORDER BY file, step",
  );
  return new Map(rows.map((row) => [nameOf(row), row.done ? "done" : "begun"]));
}

/** A file that is not known here is newer: numbers only grow, and a file that was released never changes. */
async function refuseNewer(
  session: Queryable,
  recorded: ReadonlyMap<string, unknown>,
  files: readonly SchemaFile[],
  version: string | undefined,
): Promise<void> {
  const known = new Set(stepsOf(files).map(nameOf));
  const newer = [...recorded.keys()].findLast((name) => !known.has(name));
  if (newer === undefined) return;
  const [row] = await session.query<{ value: string }>("SELECT value FROM meta WHERE name = 'version'");
  const theirs = row && row.value !== version ? `version ${row.value}` : "a newer version";
  throw new Error(
    `the database has the schema of ${theirs} of this program (${newer}), and this is ` +
      `${version ? `version ${version}` : "an older one"}, which knows the schema up to ${
        files.at(-1)?.name
      }: ` +
      `start ${theirs} here, too, or name another database`,
  );
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

async function keepVersion(session: Queryable, version: string): Promise<void> {
  await session.execute("UPDATE meta SET value = ? WHERE name = 'version'", [version]);
}

/** What is drawn once for a database and never again by a start: see the model of `meta`. */
async function ensureMeta(session: Queryable, version: string | undefined): Promise<void> {
  const rows = await session.query<{ name: string }>("SELECT name FROM meta");
  const present = new Set(rows.map((row) => row.name));
  const values = { epoch: randomName(12), secret: randomName(32), ...version && { version } };
  for (const [name, value] of Object.entries(values)) {
    if (!present.has(name)) {
      await session.execute("INSERT INTO meta (name, value) VALUES (?, ?)", [name, value]);
    }
  }
}

function randomName(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url", omitPadding: true });
}
