/**
 * Writes to a client's store, gathered: drafts before they are sent, everything else within a moment. What it cannot
 * write it says: drafts to whoever wants to send them, the rest once, by `failed`.
 */
import type { Clock } from "../clock.ts";
import { ClientError } from "../errors.ts";
import type { Draft } from "../outbox.ts";
import type { ClientStore, Have, Leftovers, Login } from "./client_store.ts";

export interface KeeperOptions {
  readonly store: ClientStore;
  readonly clock: Clock;
  /** Up to which event everything was shown, by chat; undefined if nothing is shown. */
  have(): Have | undefined;
  /** Something could not be written; it is tried again with what comes next. */
  failed(error: Error): void;
}

/** What was shown, or acknowledged, in the last moment before a program is killed, may be shown or sent again. */
const GATHER_MS = 200;
const NONE: Leftovers = { drafts: [], strange: [] };

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #store: ClientStore;
  #settled = new Set<string>();
  /** As the store has it. */
  #positions: Have = {};
  /** Why the store knows of no login. */
  #absence: Error | undefined = new ClientError("store_failed", "nobody is logged in");
  #cancel: (() => void) | undefined;
  #hasFailed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  enter(login: Omit<Login, "have">): Leftovers {
    const have = this.#options.have();
    try {
      const leftovers = this.#store.enter({ ...login, ...have ? { have } : {} });
      this.#positions = have ?? {};
      this.#absence = undefined;
      return leftovers;
    } catch (error) {
      this.#absence = error as Error;
      this.#options.failed(error as Error);
      return NONE;
    }
  }

  /** Once it returns they outlive this program. Throws why not. */
  keep(drafts: readonly Draft[]): void {
    if (this.#absence) throw this.#absence;
    this.#write(drafts, new Map());
  }

  /** A draft is acknowledged, or refused for good: sending it again in another run would be harmless. */
  settle(cid: string): void {
    this.#settled.add(cid);
    this.#soon();
  }

  /** Something was shown. */
  moved(): void {
    this.#soon();
  }

  /** Writes what is gathered. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#absence) return;
    const have = this.#options.have() ?? this.#positions;
    this.#attempt(() => {
      this.#write([], changes(this.#positions, have));
      this.#positions = have;
    });
  }

  leave(): void {
    this.#attempt(() => this.#store.leave());
    this.#forget();
  }

  expire(): void {
    this.#attempt(() => this.#store.expire());
  }

  release(): void {
    this.flush();
    this.#attempt(() => this.#store.release());
    this.#forget();
  }

  #soon(): void {
    if (this.#absence) return;
    this.#cancel ??= this.#options.clock.after(GATHER_MS, () => this.flush());
  }

  #write(drafts: readonly Draft[], positions: ReadonlyMap<string, number | undefined>): void {
    if (drafts.length + this.#settled.size + positions.size === 0) return;
    this.#store.write({ drafts, settled: [...this.#settled], positions });
    this.#settled.clear();
    this.#hasFailed = false;
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#hasFailed) this.#options.failed(error as Error);
      this.#hasFailed = true;
    }
  }

  #forget(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#settled.clear();
    this.#positions = {};
    this.#absence = new ClientError("store_failed", "nobody is logged in");
  }
}

function changes(before: Have, now: Have): Map<string, number | undefined> {
  const moved = new Map<string, number | undefined>();
  for (const [chat, seq] of Object.entries(now)) if (before[chat] !== seq) moved.set(chat, seq);
  for (const chat of Object.keys(before)) if (now[chat] === undefined) moved.set(chat, undefined);
  return moved;
}
