/** The store's tables, and whether a file is one of ours. */
import type { SqliteFile } from "./sqlite_file.ts";

/** "chat" in ASCII: tells our files from others'. */
const APPLICATION_ID = 0x63_68_61_74;

/** Step n brings a file of version n-1 to version n. A released step never changes. */
const STEPS: readonly string[] = [
  `
  -- holder: the slot of the client whose it is; NULL where it is nobody's.
  -- account: the name as it is looked for; name: as it is written. used: the largest was used last.
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    server TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    epoch TEXT NOT NULL,
    used INTEGER NOT NULL,
    holder INTEGER
  ) STRICT;

  CREATE TABLE positions (
    session INTEGER NOT NULL,
    chat INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (session, chat)
  ) STRICT, WITHOUT ROWID;

  -- In the order of id they were written. fields is JSON. lane: those of one are sent in this order. epoch: of the database for which they were written.
  CREATE TABLE drafts (
    id INTEGER PRIMARY KEY,
    server TEXT NOT NULL,
    account TEXT NOT NULL,
    epoch TEXT NOT NULL,
    cid TEXT NOT NULL,
    type TEXT NOT NULL,
    fields TEXT NOT NULL,
    lane TEXT,
    holder INTEGER,
    UNIQUE (server, account, cid)
  ) STRICT;
  `,
];

/** Brings a file to this version. A file that is not ours is not changed: throws what it is instead. */
export function prepareSchema(file: SqliteFile): void {
  const version = read(file, "user_version");
  if (read(file, "application_id") !== APPLICATION_ID) {
    if (version > 0 || file.row("SELECT 1 FROM sqlite_schema")) {
      throw new Error("it is another program's database (and was not changed)");
    }
  } else if (version > STEPS.length) {
    throw new Error(
      `it was written by a newer version of this program (${version}; this one knows ${STEPS.length}): use that one`,
    );
  }
  file.row("PRAGMA journal_mode = WAL");
  // A commit survives the death of the program. The last ones may not survive that of the machine: then a text that was
  // typed in that moment may be gone, and nothing that was acknowledged; another one may be shown again.
  file.script("PRAGMA synchronous = NORMAL");
  if (version === STEPS.length) return;
  file.transaction(() => {
    for (const step of STEPS.slice(version)) file.script(step);
    file.script(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STEPS.length}`);
  });
}

function read(file: SqliteFile, pragma: "user_version" | "application_id"): number {
  return file.row(`PRAGMA ${pragma}`)![pragma] as number;
}
