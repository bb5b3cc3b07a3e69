/** The store in a file: `client.db` in the user's folder, for all servers and accounts, shared by clients that run at once. */
import type { Changes, ClientStore, Leftovers, Login, StoredAccount, StoredSession } from "./client_store.ts";
import { DraftRows } from "./draft_rows.ts";
import { prepareSchema } from "./schema.ts";
import { SessionRows } from "./session_rows.ts";
import { inTurn, Slot } from "./slot.ts";
import { SqliteFile } from "./sqlite_file.ts";
import { storeFailure } from "./store_failure.ts";

export interface SqliteStoreOptions {
  /** Made if there is none, for its owner alone. */
  readonly folder: string;
  /** Sessions and drafts are those of this server. */
  readonly server: string;
  /** Whether sessions are kept; drafts are in any case. */
  readonly keepsSessions: boolean;
}

const BUSY_TIMEOUT_MS = 5_000;

export class SqliteStore implements ClientStore, Disposable {
  readonly #path: string;
  readonly #file: SqliteFile;
  readonly #slot: Slot;
  readonly #keepsSessions: boolean;
  readonly #sessions: SessionRows;
  readonly #drafts: DraftRows;
  /** The row of its session. */
  #session: number | undefined;
  /** Whose drafts are written. */
  #login: { readonly account: string; readonly epoch: string } | undefined;

  private constructor(
    path: string,
    file: SqliteFile,
    slot: Slot,
    { server, keepsSessions }: SqliteStoreOptions,
  ) {
    this.#path = path;
    this.#file = file;
    this.#slot = slot;
    this.#keepsSessions = keepsSessions;
    this.#sessions = new SessionRows(file, server);
    this.#drafts = new DraftRows(file, server);
  }

  /** Opens all files that it will ever need. Throws a `ClientError` "store_failed" that says what is wrong, and what to do. */
  static open(options: SqliteStoreOptions): SqliteStore {
    const { folder } = options;
    const path = `${folder}/client.db`;
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      return inTurn(folder, () => {
        using stack = new DisposableStack();
        const file = stack.use(new SqliteFile(path, { busyTimeoutMs: BUSY_TIMEOUT_MS }));
        prepareSchema(file);
        const slot = stack.use(Slot.take(folder));
        releaseDead(file, folder, slot);
        stack.move();
        return new SqliteStore(path, file, slot, options);
      });
    } catch (error) {
      throw storeFailure(`cannot open the store ${path}`, error);
    }
  }

  take(account?: string): StoredSession | undefined {
    const taken = this.#transaction(() => {
      const rows = this.#sessions.all(account === undefined ? undefined : keyOf(account));
      const row = rows.find(({ holder }) => holder === null);
      if (!row) return undefined;
      this.#sessions.hold(row.id, this.#slot.number);
      return { ...row, have: this.#sessions.positions(row.id) };
    });
    if (!taken) return undefined;
    const { id, name, token, epoch, have } = taken;
    this.#session = id;
    return { account: name, token, epoch, have };
  }

  accounts(): readonly StoredAccount[] {
    const accounts = new Map<string, StoredAccount>();
    for (const { account, name, holder } of this.#transaction(() => this.#sessions.all())) {
      const before = accounts.get(account);
      accounts.set(account, {
        account: before?.account ?? name,
        isFree: holder === null || before?.isFree === true,
      });
    }
    return [...accounts.values()];
  }

  waiting(): number {
    return this.#transaction(() => this.#drafts.countFree());
  }

  enter(login: Login): Leftovers {
    const account = keyOf(login.account);
    const { session, leftovers } = this.#transaction(() => {
      // Another name of a session that goes on is the same account's; that of a new one is somebody else.
      if (!login.isNew) this.#rename(account);
      else if (this.#login?.account !== account) freeAll(this.#file, this.#slot.number);
      const session = this.#keepsSessions ? this.#storeSession(login, account) : undefined;
      return { session, leftovers: this.#adopt(login, account) };
    });
    this.#session = session;
    this.#login = { account, epoch: login.epoch };
    return leftovers;
  }

  write({ drafts = [], settled = [], positions = new Map() }: Changes): void {
    if (!this.#login) throw new Error("a store is written to while somebody is logged in");
    const { account, epoch } = this.#login;
    this.#transaction(() => {
      for (const draft of drafts) this.#drafts.add(account, epoch, draft, this.#slot.number);
      for (const cid of settled) this.#drafts.delete(account, cid);
      if (this.#session === undefined) return;
      for (const [chat, seq] of positions) this.#sessions.move(this.#session, Number(chat), seq);
    });
  }

  leave(): void {
    this.#transaction(() => {
      if (this.#session !== undefined) this.#sessions.delete(this.#session);
      this.#drafts.deleteHeld(this.#slot.number);
    });
    this.#session = undefined;
    this.#login = undefined;
  }

  expire(): void {
    this.#transaction(() => {
      if (this.#session !== undefined) this.#sessions.delete(this.#session);
    });
    this.#session = undefined;
  }

  release(): void {
    this.#transaction(() => freeAll(this.#file, this.#slot.number));
    this.#session = undefined;
    this.#login = undefined;
  }

  /** What it still holds is free for the next client that starts. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#slot[Symbol.dispose]();
  }

  /** A free row of this account is written over: whoever gave a password has no use for that session. */
  #storeSession({ account: name, token, epoch, have }: Login, account: string): number {
    const holder = this.#slot.number;
    const rows = this.#sessions.all(account);
    const row = rows.find((row) => row.holder === holder) ?? rows.find((row) => row.holder === null);
    const session = this.#sessions.put(row?.id, { account, name, token, epoch, holder });
    if (have || row?.epoch !== epoch) this.#sessions.forgetPositions(session);
    for (const [chat, seq] of Object.entries(have ?? {})) this.#sessions.move(session, Number(chat), seq);
    return session;
  }

  #rename(account: string): void {
    const row = this.#sessions.all().find(({ id }) => id === this.#session);
    const before = row?.account ?? this.#login?.account ?? account;
    if (before === account) return;
    if (row) this.#sessions.rename(row.id, account);
    this.#drafts.rename(before, account, this.#slot.number);
  }

  #adopt({ epoch, isNew }: Login, account: string): Leftovers {
    const free = this.#drafts.free(account);
    const isStrange = (draft: { readonly epoch: string }) => isNew && draft.epoch !== epoch;
    const strange = free.filter(isStrange).map(({ draft }) => draft);
    for (const { fields } of strange) this.#drafts.delete(account, fields.cid);
    this.#drafts.hold(account, epoch, this.#slot.number);
    return { drafts: free.filter((draft) => !isStrange(draft)).map(({ draft }) => draft), strange };
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.#file.transaction(work);
    } catch (error) {
      throw storeFailure(`cannot write the store ${this.#path}`, error);
    }
  }
}

/** What clients held that ended without a word. */
function releaseDead(file: SqliteFile, folder: string, slot: Slot): void {
  const holders = file.rows(
    "SELECT holder FROM sessions WHERE holder > 0 UNION SELECT holder FROM drafts WHERE holder > 0",
  );
  const dead = holders.map(({ holder }) => holder as number)
    .filter((holder) => holder === slot.number || !slot.isTaken(folder, holder));
  if (dead.length === 0) return;
  file.transaction(() => {
    for (const holder of dead) freeAll(file, holder);
  });
}

function freeAll(file: SqliteFile, holder: number): void {
  for (const table of ["sessions", "drafts"]) {
    file.run(`UPDATE ${table} SET holder = NULL WHERE holder = ?`, holder);
  }
}

/** Names that the server takes for one are one here, near enough: another one is asked for its password. */
function keyOf(account: string): string {
  return account.normalize("NFKC").toLowerCase();
}
