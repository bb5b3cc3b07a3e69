/**
 * The chat server: the parts that make it, in the order in which they depend on each other, and its connections.
 * Handlers get it whole; nothing here knows about sockets, MySQL or Redis.
 */
import type { Bus } from "../bus/bus.ts";
import type { PresenceDirectory } from "../bus/presence.ts";
import type { Database } from "../database/database.ts";
import * as meta from "../models/meta.ts";
import * as servers from "../models/servers.ts";
import { limits } from "../protocol/limits.ts";
import { Appender } from "./appender.ts";
import { Connection } from "./connection.ts";
import { Feeds } from "./feeds.ts";
import { Flusher } from "./flusher.ts";
import type { Log } from "./log.ts";
import { LogReader } from "./log_reader.ts";
import { Passwords } from "./passwords.ts";
import type { Peer } from "./peer.ts";
import { Presence } from "./presence.ts";
import { Reads } from "./reads.ts";
import { Sweep } from "./sweep.ts";
import { Turns } from "./turns.ts";

export interface ChatServerOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly directory: PresenceDirectory;
  /** Random at each start. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly sessionsPerUser: number;
  readonly log: Log;
  /** The database is another one than it was: this server is to be stopped, and another one opened. */
  onNewEpoch(): void;
}

const UPKEEP_MS = 5_000;
/** On SQLite one statement runs at a time; MySQL is kept busy while others travel. */
const ARRIVALS_AT_ONCE = { sqlite: 1, mysql: 32 };
/** Clients of a server that stops come back spread over this time. */
const RETRY_SPREAD_MS = 3_000;
/** What is under way when the server stops has so long to end. */
const STOP_MS = 3_000;

export class ChatServer {
  readonly name: string;
  readonly epoch: string;
  readonly secret: string;
  readonly sessionsPerUser: number;
  readonly log: Log;
  readonly database: Database;
  readonly passwords = new Passwords();
  /** Who comes back waits for those before, and those who are here wait for none of them. */
  readonly arrivals: Turns;
  readonly flusher: Flusher;
  readonly feeds: Feeds;
  readonly appender: Appender;
  readonly reads: Reads;
  readonly presence: Presence;
  /** Whether presence, typing and read positions reach the users of other servers. */
  readonly presenceScope: "all" | "server";
  readonly #id: string;
  readonly #bus: Bus;
  /** Whether it is to reach other servers. */
  readonly #hasSharedBus: boolean;
  #wasConnected = true;
  #missedCount = 0;
  readonly #reader: LogReader;
  readonly #sweep: Sweep;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #upkeep: ReturnType<typeof setInterval>;
  #isStopping = false;

  /** The database is migrated. The caller closes what it gave, after `stop`. */
  static async open(options: ChatServerOptions): Promise<ChatServer> {
    const { database, id, name } = options;
    await servers.enter(database, id, name);
    const [epoch, secret] = await Promise.all([meta.read(database, "epoch"), meta.read(database, "secret")]);
    return new ChatServer(options, epoch, secret);
  }

  private constructor(options: ChatServerOptions, epoch: string, secret: string) {
    const { database, bus, directory, id, log } = options;
    this.#id = id;
    this.#bus = bus;
    this.#hasSharedBus = directory.shared;
    this.name = options.name;
    this.epoch = epoch;
    this.secret = secret;
    this.sessionsPerUser = options.sessionsPerUser;
    this.log = log;
    this.database = database;
    this.arrivals = new Turns(ARRIVALS_AT_ONCE[database.dialect]);
    this.flusher = new Flusher(database, id);
    this.#reader = new LogReader(database, log);
    this.feeds = new Feeds(database, bus, this.#reader, this.flusher);
    this.appender = new Appender({
      database,
      serverId: id,
      secret,
      log,
      onStored: (events) => this.feeds.stored(events),
    });
    this.reads = new Reads(database, log);
    this.presence = new Presence(directory, bus);
    this.presenceScope = directory.shared || database.dialect === "sqlite" ? "all" : "server";
    this.#sweep = new Sweep({
      database,
      feeds: this.feeds,
      flusher: this.flusher,
      log,
      epoch,
      onNewEpoch: () => options.onNewEpoch(),
    });
    database.onReturn(() => this.#sweep.compareAll());
    bus.onReturn(() => {
      log.info("the bus is back");
      this.#sweep.compareAll();
    });
    this.#upkeep = setInterval(() => this.keepUp(performance.now()), UPKEEP_MS);
  }

  /** Serves a client until either side ends the connection. */
  accept(peer: Peer): void {
    if (this.#isStopping) return peer.close();
    const connection = new Connection(this, peer);
    const run = connection.run().catch((error) => this.log.error("a connection failed", { error })).finally(
      () => {
        this.#connections.delete(connection);
      },
    );
    this.#connections.set(connection, run);
  }

  /** An outage costs users nothing but up to a second: it is said once. */
  #watchBus(): void {
    const { connected } = this.#bus;
    const { missedCount } = this.feeds;
    if (this.#hasSharedBus && connected && missedCount > this.#missedCount) {
      this.log.warn("the bus did not tell of events: they were read from the database", {
        times: missedCount - this.#missedCount,
      });
    }
    this.#missedCount = missedCount;
    if (this.#wasConnected && !connected) {
      this.log.warn(
        "the bus cannot be reached: what other servers store arrives by the sweep, within two seconds",
      );
    }
    this.#wasConnected = connected;
  }

  /** Ends what is idle at `now`, in ms of `performance.now()`. */
  keepUp(now: number): void {
    for (const connection of this.#connections.keys()) {
      if (now - connection.aliveAt > limits.idleMs) connection.end("idle");
    }
    this.feeds.closeIdle(now);
    this.#watchBus();
  }

  /** Answers what was accepted, says goodbye, and leaves nothing of this server behind. Within 10 s: a connection takes 6 s to end at most. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#upkeep);
    const runs = [...this.#connections].map(([connection, run]) => {
      connection.drain(Math.round(Math.random() * RETRY_SPREAD_MS), STOP_MS);
      return run;
    });
    await Promise.all(runs);
    await this.reads.close();
    await this.#sweep.close();
    this.presence.close();
    this.feeds.close();
    this.#reader.close();
    await this.appender.idle();
    await servers.leave(this.database, this.#id).catch((error) =>
      this.log.warn("could not sign off", { reason: error.message })
    );
  }
}
