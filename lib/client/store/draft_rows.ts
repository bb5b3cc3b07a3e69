/** Drafts of one server that are not acknowledged: SQL and row mapping. */
import type { Draft, OutboxType } from "../outbox.ts";
import type { Row, SqliteFile } from "./sqlite_file.ts";

export interface StoredDraft {
  readonly draft: Draft;
  /** Of the database for which it was written. */
  readonly epoch: string;
}

export class DraftRows {
  readonly #file: SqliteFile;
  readonly #server: string;

  constructor(file: SqliteFile, server: string) {
    this.#file = file;
    this.#server = server;
  }

  /** One that is there already stays as it is. */
  add(account: string, epoch: string, { type, fields, lane }: Draft, holder: number): void {
    const sql = `INSERT INTO drafts (server, account, epoch, cid, type, fields, lane, holder)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const json = JSON.stringify(fields);
    this.#file.run(sql, this.#server, account, epoch, fields.cid, type, json, lane ?? null, holder);
  }

  delete(account: string, cid: string): void {
    const sql = "DELETE FROM drafts WHERE server = ? AND account = ? AND cid = ?";
    this.#file.run(sql, this.#server, account, cid);
  }

  deleteHeld(holder: number): void {
    this.#file.run("DELETE FROM drafts WHERE holder = ?", holder);
  }

  /** Those that no client has, in the order in which they were written. */
  free(account: string): StoredDraft[] {
    const sql = "SELECT * FROM drafts WHERE server = ? AND account = ? AND holder IS NULL ORDER BY id";
    return this.#file.rows(sql, this.#server, account).map(storedDraft);
  }

  countFree(): number {
    const sql = "SELECT count(*) AS count FROM drafts WHERE server = ? AND holder IS NULL";
    return this.#file.row(sql, this.#server)!.count as number;
  }

  /** All that are free or this client's are this client's, and for this database. */
  hold(account: string, epoch: string, holder: number): void {
    const sql = `UPDATE drafts SET epoch = ?, holder = ?
      WHERE server = ? AND account = ? AND (holder IS NULL OR holder = ?)`;
    this.#file.run(sql, epoch, holder, this.#server, account, holder);
  }

  /** The account of those that are free or this client's has another name. */
  rename(before: string, account: string, holder: number): void {
    const sql = `UPDATE OR IGNORE drafts SET account = ?
      WHERE server = ? AND account = ? AND (holder IS NULL OR holder = ?)`;
    this.#file.run(sql, account, this.#server, before, holder);
  }
}

function storedDraft({ type, fields, lane, epoch }: Row): StoredDraft {
  const draft = { type: type as OutboxType, fields: JSON.parse(fields as string) };
  return { draft: lane === null ? draft : { ...draft, lane: lane as string }, epoch: epoch as string };
}
