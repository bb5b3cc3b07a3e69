/** Stored sessions of one server, each with its positions: SQL and row mapping. */
import type { Have } from "./client_store.ts";
import type { SqliteFile } from "./sqlite_file.ts";

export interface SessionRow {
  readonly id: number;
  /** The name as it is looked for. */
  readonly account: string;
  /** As it is written. */
  readonly name: string;
  readonly token: string;
  readonly epoch: string;
  /** The slot of the client that goes on with it. */
  readonly holder: number | null;
}

export class SessionRows {
  readonly #file: SqliteFile;
  readonly #server: string;

  constructor(file: SqliteFile, server: string) {
    this.#file = file;
    this.#server = server;
  }

  /** The one used last first. */
  all(account?: string): SessionRow[] {
    const sql = "SELECT * FROM sessions WHERE server = ? ORDER BY used DESC";
    const rows = this.#file.rows(sql, this.#server) as unknown as SessionRow[];
    return account === undefined ? rows : rows.filter((row) => row.account === account);
  }

  hold(id: number, holder: number): void {
    const sql = "UPDATE sessions SET holder = ?, used = (SELECT max(used) + 1 FROM sessions) WHERE id = ?";
    this.#file.run(sql, holder, id);
  }

  /** Writes a row, the one with this id or a new one, and returns its id. */
  put(id: number | undefined, row: Omit<SessionRow, "id">): number {
    const sql = `INSERT OR REPLACE INTO sessions (id, server, account, name, token, epoch, holder, used)
      VALUES (coalesce(?, (SELECT coalesce(max(id), 0) + 1 FROM sessions)), ?, ?, ?, ?, ?, ?,
        (SELECT coalesce(max(used), 0) + 1 FROM sessions)) RETURNING id`;
    const { account, name, token, epoch, holder } = row;
    return this.#file.row(sql, id ?? null, this.#server, account, name, token, epoch, holder)!.id as number;
  }

  rename(id: number, account: string): void {
    this.#file.run("UPDATE sessions SET account = ? WHERE id = ?", account, id);
  }

  delete(id: number): void {
    this.forgetPositions(id);
    this.#file.run("DELETE FROM sessions WHERE id = ?", id);
  }

  positions(id: number): Have {
    const rows = this.#file.rows("SELECT chat, seq FROM positions WHERE session = ?", id);
    return Object.fromEntries(rows.map(({ chat, seq }) => [chat, seq as number]));
  }

  /** Undefined: the chat is no longer this user's. */
  move(id: number, chat: number, seq: number | undefined): void {
    const sql = seq === undefined
      ? "DELETE FROM positions WHERE session = ? AND chat = ?"
      : "INSERT OR REPLACE INTO positions (session, chat, seq) VALUES (?, ?, ?)";
    this.#file.run(sql, id, chat, ...seq === undefined ? [] : [seq]);
  }

  forgetPositions(id: number): void {
    this.#file.run("DELETE FROM positions WHERE session = ?", id);
  }
}
