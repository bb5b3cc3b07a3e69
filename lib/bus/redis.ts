/**
 * Redis, for the servers of a cluster: the bus and the directory of who is online, each with connections of its own.
 * Redis is asked for nothing that must be kept: an outage is lived through, and noticed within seconds.
 */
import { Redis } from "ioredis";
import type { Bus } from "./bus.ts";
import type { PresenceDirectory } from "./presence.ts";
import { RedisBus } from "./redis_bus.ts";
import { RedisPresence } from "./redis_presence.ts";

export interface RedisOptions {
  /** Random at each start: it tells a server's own messages from those of others. No white space. */
  readonly server: string;
  /** Begins the names of all keys and channels; contains the database's epoch, so that deployments never mix. */
  readonly prefix: string;
  /** How often the lease of presence is renewed: 5 s unless told. */
  readonly renewMs?: number;
}

/** Of the first connection: the start fails after it. */
const OPEN_TIMEOUT_MS = 5000;
/** Without an answer for this long a connection is made anew. A server under load answers within milliseconds. */
const ANSWER_TIMEOUT_MS = 3000;
const PING_MS = 1000;
const MAX_RECONNECT_MS = 1000;
/** A stopped Redis never closes its side. */
const CLOSE_TIMEOUT_MS = 200;

/** What to do where it is not to start it. */
const ADVICE: readonly [reason: RegExp, advice: string][] = [
  [/^NOAUTH/, "it wants a password: redis://:password@host or redis://user:password@host in --redis"],
  [/^WRONGPASS/, "correct user and password in --redis"],
  [/ENOTFOUND/, "there is no such host: correct --redis"],
  [/DB index/, "correct the number after the host in --redis"],
];

/** @throws Error whose message says which Redis cannot be used, why, and what to do. */
export async function openRedis(
  url: string,
  options: RedisOptions,
): Promise<{ bus: Bus; presence: PresenceDirectory }> {
  const publisher = new RedisConnection(url, { pipelined: true });
  const subscriber = new RedisConnection(url);
  const directory = new RedisConnection(url);
  try {
    await Promise.all([publisher, subscriber, directory].map((connection) => connection.open()));
    const presence = new RedisPresence(directory, options);
    await presence.register();
    return { bus: new RedisBus(publisher, subscriber, options), presence };
  } catch (error) {
    await Promise.all([publisher, subscriber, directory].map((connection) => connection.close()));
    throw error;
  }
}

/** One connection that comes back by itself. A command while it is away fails at once; none is ever sent twice. */
export class RedisConnection {
  readonly redis: Redis;
  readonly #place: string;
  readonly #pinger: ReturnType<typeof setInterval>;
  #opened = false;
  #reason = "no answer";

  /** `pipelined`: the commands of one turn of the loop travel together. */
  constructor(url: string, { pipelined = false } = {}) {
    this.#place = placeOf(url);
    this.redis = new Redis(url, {
      lazyConnect: true,
      enableAutoPipelining: pipelined,
      // A hint that waits for a connection is worth nothing, and a queue of them would have no bound.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0, // or the driver leaves the unanswered ones waiting for ever
      autoResubscribe: false,
      connectTimeout: ANSWER_TIMEOUT_MS,
      socketTimeout: ANSWER_TIMEOUT_MS,
      disconnectTimeout: CLOSE_TIMEOUT_MS,
      retryStrategy: (attempt) => this.#opened ? reconnectDelayMs(attempt) : null,
    });
    this.redis.on("error", (error: Error) => {
      this.#reason = error.message || String((error as { code?: unknown }).code);
    });
    // Silence must mean an outage: only who asks can tell it from having nothing to say.
    this.#pinger = setInterval(() => {
      if (this.ready) this.redis.ping().catch(() => {});
    }, PING_MS);
  }

  get ready(): boolean {
    return this.redis.status === "ready";
  }

  async open(): Promise<void> {
    const timer = setTimeout(() => this.redis.disconnect(), OPEN_TIMEOUT_MS);
    try {
      await this.redis.connect();
      await this.#selectDatabase();
      this.#opened = true;
    } catch (error) {
      const advice = ADVICE.find(([reason]) => reason.test(this.#reason))?.[1] ??
        "start it, or correct --redis";
      throw new Error(`cannot use the Redis at ${this.#place}: ${this.#reason}: ${advice}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The driver selects it too, but goes on in another one if there is none of this number. */
  async #selectDatabase(): Promise<void> {
    const { db = 0 } = this.redis.options;
    if (db === 0) return;
    await this.redis.select(db).catch((error) => {
      this.#reason = error.message;
      throw error;
    });
  }

  onLost(listener: () => void): void {
    this.redis.on("close", listener);
  }

  onReady(listener: () => void): void {
    this.redis.on("ready", listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#pinger);
    if (this.redis.status === "end") return;
    if (this.redis.status === "reconnecting") {
      // Between two attempts there is no socket whose end could be waited for, only the driver's timer for the last.
      this.redis.disconnect();
      return await new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS));
    }
    const ended = new Promise<void>((resolve) => this.redis.once("end", resolve));
    this.redis.disconnect();
    await ended;
  }
}

/** Grows to a second, spread so that the servers of a cluster do not come back in one moment. */
function reconnectDelayMs(attempt: number): number {
  return Math.min(MAX_RECONNECT_MS, 25 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

function placeOf(url: string): string {
  const { protocol, hostname, port } = URL.canParse(url)
    ? new URL(url)
    : { protocol: "", hostname: "", port: "" };
  if (!["redis:", "rediss:"].includes(protocol) || !hostname) {
    throw new Error(
      "the address of the Redis server is not of the form redis://user:password@host:port/number",
    );
  }
  return `${hostname}:${port || 6379}`;
}
