/**
 * The bus over Redis: PUBLISH on one connection, SUBSCRIBE on another. A message is `SERVER text`; a server drops
 * what begins with its own id.
 *
 * The wanted set changes at once; once a turn its difference to what this connection was told is sent, in order,
 * so that commands never cross. A new connection is told everything.
 */
import type { Bus, BusListener, BusSubscription } from "./bus.ts";
import { chunks } from "./chunks.ts";
import type { RedisConnection, RedisOptions } from "./redis.ts";

const READY_TIMEOUT_MS = 1000;
/** What Redis has not yet confirmed, in characters; beyond it messages are dropped. */
const MAX_UNCONFIRMED = 8 << 20;

interface Wanted {
  readonly listener: BusListener;
  /** Resolves the subscription's `ready`. */
  readonly settle: () => void;
}

export class RedisBus implements Bus {
  readonly #publisher: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #prefix: string;
  readonly #own: string;
  readonly #wanted = new Map<string, Wanted>();
  /** The channels of the subscriber's connection, with what resolves once Redis has confirmed them. */
  readonly #told = new Map<string, Promise<unknown>>();
  /** To be told again, although this connection was told. */
  readonly #renewed = new Set<string>();
  /** Wanted or no longer wanted since the last flush. */
  readonly #changed = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  #unconfirmed = 0;
  #resubscribed = true;
  #connected = true;

  /** Both connections are open. */
  constructor(publisher: RedisConnection, subscriber: RedisConnection, { server, prefix }: RedisOptions) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#prefix = `${prefix}bus:`;
    this.#own = `${server} `;
    subscriber.redis.on("message", (channel: string, message: string) => this.#receive(channel, message));
    subscriber.onReady(() => this.#resubscribe());
    subscriber.onLost(() => {
      this.#told.clear();
      this.#resubscribed = false;
      this.#update();
    });
    publisher.onReady(() => this.#update());
    publisher.onLost(() => this.#update());
  }

  get connected(): boolean {
    return this.#connected && this.#publisher.ready && this.#subscriber.ready;
  }

  publish(channel: string, message: string): void {
    if (!this.#publisher.ready || this.#unconfirmed > MAX_UNCONFIRMED) return;
    const line = this.#own + message;
    this.#unconfirmed += line.length;
    const done = () => {
      this.#unconfirmed -= line.length;
    };
    this.#publisher.redis.publish(this.#prefix + channel, line).then(done, done);
  }

  subscribe(channel: string, listener: BusListener): BusSubscription {
    const name = this.#prefix + channel;
    if (this.#wanted.has(name)) throw new Error(`channel ${channel} has its listener already`);
    const { promise: ready, resolve: settle } = Promise.withResolvers<void>();
    const wanted: Wanted = { listener, settle };
    this.#wanted.set(name, wanted);
    this.#change(name);
    const renew = () => {
      if (this.#wanted.get(name) !== wanted) return;
      this.#renewed.add(name);
      this.#change(name);
    };
    const close = () => {
      if (this.#wanted.get(name) !== wanted) return;
      this.#wanted.delete(name);
      this.#change(name);
      settle();
    };
    return { ready, renew, close };
  }

  onReturn(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#wanted.clear();
    this.#listeners.length = 0;
    await Promise.all([this.#publisher.close(), this.#subscriber.close()]);
  }

  #receive(channel: string, message: string): void {
    if (message.startsWith(this.#own)) return;
    this.#wanted.get(channel)?.listener(message.slice(message.indexOf(" ") + 1));
  }

  #change(name: string): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#flush());
    this.#changed.add(name);
  }

  /** Tells Redis the difference, and lets those who wait for a confirmation go after a second at the latest. */
  #flush(): Promise<unknown> {
    const names = [...this.#changed];
    this.#changed.clear();
    if (names.length === 0) return Promise.resolve();
    const waiting = names.flatMap((name) => this.#wanted.get(name) ?? []);
    const settle = () => waiting.forEach((wanted) => wanted.settle());
    if (!this.#subscriber.ready) {
      settle(); // the connection is told everything when it is back, and the sweep brings what is missed till then
      return Promise.resolve();
    }
    for (const gone of chunks(names.filter((name) => !this.#wanted.has(name) && this.#told.has(name)))) {
      for (const name of gone) this.#told.delete(name);
      this.#subscriber.redis.unsubscribe(...gone).catch(() => {});
    }
    for (const name of this.#renewed) this.#told.delete(name);
    this.#renewed.clear();
    for (const added of chunks(names.filter((name) => this.#wanted.has(name) && !this.#told.has(name)))) {
      const confirmed = this.#subscriber.redis.subscribe(...added);
      confirmed.catch(() => {}); // of a lost connection: `onLost` forgets what it was told
      for (const name of added) this.#told.set(name, confirmed);
    }
    const confirmed = new Set(names.map((name) => this.#told.get(name)));
    const timer = setTimeout(settle, READY_TIMEOUT_MS);
    return Promise.allSettled(confirmed).then(() => {
      clearTimeout(timer);
      settle();
    });
  }

  async #resubscribe(): Promise<void> {
    for (const name of this.#wanted.keys()) this.#changed.add(name);
    await this.#flush();
    this.#resubscribed = this.#subscriber.ready;
    this.#update();
  }

  #update(): void {
    const before = this.#connected;
    this.#connected = this.#publisher.ready && this.#subscriber.ready && this.#resubscribed;
    if (this.#connected && !before) this.#listeners.forEach((listener) => listener());
  }
}
