/**
 * The Bus and the directory of presence inside one process: a server alone has a hub alone, and tests let several
 * servers share one. Messages arrive in a later microtask, in order, never at the one who published.
 */
import type { UserId } from "../protocol/fields.ts";
import type { Bus, BusListener, BusSubscription } from "./bus.ts";
import type { PresenceDirectory } from "./presence.ts";

export class LocalHub {
  readonly #buses = new Set<LocalBus>();
  readonly #directories = new Set<LocalPresence>();

  bus(): Bus {
    const bus = new LocalBus(this.#buses);
    this.#buses.add(bus);
    return bus;
  }

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
    if (this.#all.size === 1) return;
    queueMicrotask(() => {
      for (const bus of this.#all) { if (bus !== this) bus.#listeners.get(channel)?.(message); }
    });
  }

  subscribe(channel: string, listener: BusListener): BusSubscription {
    this.#listeners.set(channel, listener);
    return {
      ready: Promise.resolve(),
      close: () => {
        if (this.#listeners.get(channel) === listener) this.#listeners.delete(channel);
      },
    };
  }

  onReturn(): void {} // it is never away

  close(): Promise<void> {
    this.#all.delete(this);
    this.#listeners.clear();
    return Promise.resolve();
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

  online(users: readonly UserId[]): Promise<Set<UserId>> {
    return Promise.resolve(
      new Set(users.filter((user) => [...this.#all].some((directory) => directory.#users.has(user)))),
    );
  }

  close(): Promise<void> {
    this.#all.delete(this);
    return Promise.resolve();
  }
}
