/**
 * The directory over Redis: one set of users for each server, which counts while the server's lease lives. What a
 * dead or stopped server leaves behind counts for nothing after 15 s, and whoever meets it takes it away.
 *
 * The set in Redis is a copy of the one here: it is written anew whenever they may differ.
 */
import type { UserId } from "../protocol/fields.ts";
import { chunks } from "./chunks.ts";
import type { PresenceDirectory } from "./presence.ts";
import type { RedisConnection, RedisOptions } from "./redis.ts";

const LEASE_S = 15;
const RENEW_MS = 5000;
/** After an outage the others have written their sets again within this time. */
const SETTLE_MS = 15_000;

/** Only while no lease stands between: its server may be back since we looked. */
const FORGET = `
  if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[2])
    redis.call('SREM', KEYS[3], ARGV[1])
  end`;

export class RedisPresence implements PresenceDirectory {
  readonly shared = true;
  readonly #connection: RedisConnection;
  readonly #server: string;
  readonly #prefix: string;
  readonly #users = new Set<UserId>();
  readonly #renewer: ReturnType<typeof setInterval>;
  /** A command failed: the set in Redis may differ though it is as large as ours. */
  #differs = false;
  /** By `performance.now()`. */
  #settledFrom = 0;

  /** The connection is open. */
  constructor(connection: RedisConnection, { server, prefix, renewMs = RENEW_MS }: RedisOptions) {
    this.#connection = connection;
    this.#server = server;
    this.#prefix = prefix;
    connection.onLost(() => this.#doubt());
    connection.onReady(() => {
      this.#doubt();
      this.register().catch(() => {});
    });
    this.#renewer = setInterval(() => this.#renew().catch(() => {}), renewMs);
  }

  get settled(): boolean {
    return this.#connection.ready && performance.now() >= this.#settledFrom;
  }

  add(user: UserId): void {
    this.#users.add(user);
    this.#tell(() => this.#connection.redis.sadd(this.#online(this.#server), user));
  }

  remove(user: UserId): void {
    this.#users.delete(user);
    this.#tell(() => this.#connection.redis.srem(this.#online(this.#server), user));
  }

  async online(users: readonly UserId[]): Promise<Set<UserId>> {
    const elsewhere = await this.#onlineElsewhere(users.filter((user) => !this.#users.has(user)));
    return new Set(users.filter((user) => elsewhere.has(user) || this.#users.has(user)));
  }

  async close(): Promise<void> {
    clearInterval(this.#renewer);
    this.#users.clear();
    if (this.#connection.ready) {
      await this.#connection.redis.multi()
        .del(this.#online(this.#server), this.#lease(this.#server))
        .srem(this.#servers, this.#server)
        .exec().catch(() => {}); // then the lease ends by itself
    }
    await this.#connection.close();
  }

  /** Writes lease and set, at once for all who look. What is added or removed from now on comes after it. */
  async register(): Promise<void> {
    this.#differs = false;
    const online = this.#online(this.#server);
    const transaction = this.#connection.redis.multi()
      .set(this.#lease(this.#server), "", "EX", LEASE_S)
      .sadd(this.#servers, this.#server)
      .del(online);
    for (const part of chunks([...this.#users])) transaction.sadd(online, ...part);
    try {
      await transaction.exec();
    } catch (error) {
      this.#differs = true;
      throw error;
    }
  }

  async #renew(): Promise<void> {
    if (!this.#connection.ready) return;
    const size = this.#users.size;
    const results = await this.#connection.redis.multi()
      .set(this.#lease(this.#server), "", "EX", LEASE_S, "GET")
      .sadd(this.#servers, this.#server)
      .scard(this.#online(this.#server))
      .exec();
    const [lease, , written] = results!.map(([, answer]) => answer);
    if (lease === null) this.#doubt();
    if (lease === null || written !== size || this.#differs) await this.register();
  }

  async #onlineElsewhere(users: readonly UserId[]): Promise<Set<UserId>> {
    const found = new Set<UserId>();
    if (users.length === 0 || !this.#connection.ready) return found;
    try {
      const servers = await this.#others();
      const parts = servers.flatMap((server) => [...chunks(users)].map((part) => ({ server, part })));
      const answers = await Promise.all(
        parts.map(({ server, part }) => this.#connection.redis.smismember(this.#online(server), ...part)),
      );
      for (const [i, { part }] of parts.entries()) {
        part.forEach((user, j) => answers[i]![j] === 1 && found.add(user));
      }
    } catch {
      this.#doubt();
    }
    return found;
  }

  /** The other servers whose lease lives. */
  async #others(): Promise<string[]> {
    const servers = await this.#connection.redis.smembers(this.#servers);
    if (!servers.includes(this.#server)) {
      this.#doubt(); // Redis has lost everything
      await this.register();
    }
    const others = servers.filter((server) => server !== this.#server);
    if (others.length === 0) return [];
    const leases = await this.#connection.redis.mget(others.map((server) => this.#lease(server)));
    for (const [i, server] of others.entries()) {
      if (leases[i] === null) this.#forget(server);
    }
    return others.filter((_, i) => leases[i] !== null);
  }

  #forget(server: string): void {
    const keys = [this.#lease(server), this.#online(server), this.#servers];
    this.#connection.redis.eval(FORGET, keys.length, ...keys, server).catch(() => {});
  }

  #tell(command: () => Promise<unknown>): void {
    if (!this.#connection.ready) return; // all is written when it is back
    command().catch(() => {
      this.#differs = true;
    });
  }

  #doubt(): void {
    this.#settledFrom = performance.now() + SETTLE_MS;
  }

  get #servers(): string {
    return `${this.#prefix}servers`;
  }

  #lease(server: string): string {
    return `${this.#prefix}lease:${server}`;
  }

  #online(server: string): string {
    return `${this.#prefix}online:${server}`;
  }
}
