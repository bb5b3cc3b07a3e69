/**
 * The bus and the directory of the servers in one process: most often one server alone; in tests several that
 * share a hub. Nothing is lost here, and nothing is ever out of reach.
 */
import type { UserId } from "../protocol/fields.ts";
import type { Bus, BusListener, BusSubscription } from "./bus.ts";
import type { PresenceDirectory } from "./presence.ts";

/** What the servers of one process have in common. */
export class LocalHub {
  readonly #buses = new Set<LocalBus>();
  readonly #directories = new Set<LocalPresence>();

  /** One server's bus. */
  bus(): Bus {
    const bus = new LocalBus(this.#buses);
    this.#buses.add(bus);
    return bus;
  }

  /** One server's directory. */
  presence(): PresenceDirectory {
    const directory = new LocalPresence(this.#directories);
    this.#directories.add(directory);
    return directory;
  }
}

class LocalBus implements Bus {
  readonly connected = true;
  readonly #all: Set<LocalBus>;
  readonly #listeners = new Map<string, BusListener>();

  constructor(all: Set<LocalBus>) {
    this.#all = all;
  }

  publish(channel: string, message: string): void {
    for (const bus of this.#all) {
      // Later, as from a real bus: a publisher never runs another server's code.
      if (bus !== this) queueMicrotask(() => bus.#listeners.get(channel)?.(message));
    }
  }

  subscribe(channel: string, listener: BusListener): BusSubscription {
    if (this.#listeners.has(channel)) throw new Error(`channel ${channel} has its listener already`);
    this.#listeners.set(channel, listener);
    let open = true;
    return {
      ready: Promise.resolve(),
      renew() {}, // nothing is lost here
      close: () => {
        if (open) this.#listeners.delete(channel);
        open = false;
      },
    };
  }

  onReturn(): void {
    // It is never away.
  }

  // deno-lint-ignore require-await -- the contract's signature
  async close(): Promise<void> {
    this.#listeners.clear();
    this.#all.delete(this);
  }
}

class LocalPresence implements PresenceDirectory {
  readonly settled = true;
  readonly #all: Set<LocalPresence>;
  readonly #users = new Set<UserId>();

  constructor(all: Set<LocalPresence>) {
    this.#all = all;
  }

  get shared(): boolean {
    return this.#all.size > 1;
  }

  add(user: UserId): void {
    this.#users.add(user);
  }

  remove(user: UserId): void {
    this.#users.delete(user);
  }

  // deno-lint-ignore require-await -- the contract's signature
  async online(users: readonly UserId[]): Promise<Set<UserId>> {
    const directories = [...this.#all];
    return new Set(users.filter((user) => directories.some((directory) => directory.#users.has(user))));
  }

  // deno-lint-ignore require-await -- the contract's signature
  async close(): Promise<void> {
    this.#users.clear();
    this.#all.delete(this);
  }
}
