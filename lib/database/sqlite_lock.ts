/**
 * One server a file: the lock on `FILE.lock`, with the holder's pid inside. The operating system holds the lock for
 * an open file, so it ends with the process, however that ends; a file left behind by a crash locks nobody out.
 */

export class FileInUse extends Error {
  override readonly name = "FileInUse";
}

export class SqliteLock {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Takes the lock for this database file or throws: `FileInUse`, or what the file system says. */
  static take(database: string): SqliteLock {
    const path = `${realPath(database)}.lock`;
    while (true) {
      const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
      try {
        if (!tryLock(file)) throw new FileInUse(inUse(database, path));
        // Between our opening and locking it, the holder before us may have removed it: then we hold a file that
        // nobody else will find.
        if (isAt(path, file)) {
          file.truncateSync();
          file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
          return new SqliteLock(path, file);
        }
      } catch (error) {
        file.close();
        throw error;
      }
      file.close();
    }
  }

  release(): void {
    try {
      Deno.removeSync(this.#path);
    } catch {
      // A leftover lock file without a lock harms nobody.
    }
    this.#file.close();
  }
}

/** Older runtimes can only wait for a lock: built with one of those, a second server waits for the first one to end. */
function tryLock(file: Deno.FsFile): boolean {
  if ("tryLockSync" in file) return file.tryLockSync(true);
  (file as Pick<Deno.FsFile, "lockSync">).lockSync(true);
  return true;
}

/** Two names of one database (a symbolic link) must meet at one lock. */
function realPath(database: string): string {
  try {
    return Deno.realPathSync(database);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return database;
    throw error;
  }
}

function isAt(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function inUse(database: string, path: string): string {
  let holder = "another server";
  try {
    const pid = Deno.readTextFileSync(path).trim();
    if (/^\d+$/.test(pid)) holder = `the server with process id ${pid}`;
  } catch {
    // Some systems let nobody read a locked file.
  }
  return `${database} is in use by ${holder}: end it first, or name another file with --db ` +
    "(several servers share a database with --mysql and --redis)";
}
