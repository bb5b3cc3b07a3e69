/**
 * Who is online, for those who watch. The directory knows; a hint on the Bus makes it quick. "Online" is told at
 * once; "offline" only when the directory has said so twice, 5 s apart, and is settled: a user who changes servers,
 * or a Redis that restarts, is no news. On one server alone both are exact and told at once.
 */
import type { Bus } from "../bus/bus.ts";
import type { PresenceDirectory } from "../bus/presence.ts";
import type { UserId } from "../protocol/fields.ts";
import { pushLine } from "../protocol/messages.ts";
import { encodeLine } from "./log_event.ts";

export interface Watcher {
  presence(line: Uint8Array): void;
}

const CHANNEL = "presence";
const TICK_MS = 5_000;
/** All who are watched are asked for on every second tick; those who seem to have left on each. */
const TICKS_PER_ROUND = 2;

export class Presence {
  readonly #directory: PresenceDirectory;
  readonly #bus: Bus;
  /** Sessions here, by user. */
  readonly #here = new Map<UserId, number>();
  readonly #watchers = new Map<UserId, Set<Watcher>>();
  readonly #watched = new Map<Watcher, Set<UserId>>();
  /** What the watchers of a user were told last. */
  readonly #told = new Map<UserId, boolean>();
  /** Since when a user seems to have left, in ms of `performance.now()`. */
  readonly #leaving = new Map<UserId, number>();
  readonly #close: () => void;
  #ticks = 0;

  constructor(directory: PresenceDirectory, bus: Bus) {
    this.#directory = directory;
    this.#bus = bus;
    const subscription = bus.subscribe(CHANNEL, (message) => this.#hinted(message));
    const tick = () => void this.#tick().catch(() => {}); // without an answer nothing is told
    const timer = directory.shared ? setInterval(tick, TICK_MS) : undefined;
    this.#close = () => {
      clearInterval(timer);
      subscription.close();
    };
  }

  /** A session of this user began here. */
  enter(user: UserId): void {
    const count = this.#here.get(user) ?? 0;
    this.#here.set(user, count + 1);
    if (count > 0) return;
    this.#directory.add(user);
    this.#bus.publish(CHANNEL, `+${user}`);
    this.#tell(user, true);
  }

  /** A session of this user ended here. */
  leave(user: UserId): void {
    const count = this.#here.get(user) ?? 0;
    if (count > 1) return void this.#here.set(user, count - 1);
    this.#here.delete(user);
    this.#directory.remove(user);
    this.#bus.publish(CHANNEL, `-${user}`);
    this.#seemsGone(user);
  }

  /** Which of these are online, as far as known here. */
  async online(users: readonly UserId[]): Promise<Set<UserId>> {
    const online = await this.#directory.online(users);
    for (const user of users) {
      if (online.has(user)) this.#tell(user, true);
      else if (this.#told.get(user)) online.add(user); // not told otherwise yet: two watchers hear the same
    }
    return online;
  }

  /**
   * Tells this watcher from now on when one of these comes or goes. `online` is what it was told of them before;
   * whoever came or went since is told at once.
   */
  watch(watcher: Watcher, users: readonly UserId[], online: ReadonlySet<UserId>): void {
    const watched = this.#watched.get(watcher) ?? new Set();
    this.#watched.set(watcher, watched);
    for (const user of users) {
      watched.add(user);
      const watchers = this.#watchers.get(user) ?? new Set();
      this.#watchers.set(user, watchers.add(watcher));
      const before = online.has(user);
      const now = this.#here.has(user) || (this.#directory.shared && (this.#told.get(user) ?? before));
      if (!this.#told.has(user)) this.#told.set(user, now);
      if (now !== before) watcher.presence(presenceLine(user, now));
    }
  }

  unwatch(watcher: Watcher, user: UserId): void {
    this.#watched.get(watcher)?.delete(user);
    const watchers = this.#watchers.get(user);
    watchers?.delete(watcher);
    if (watchers?.size !== 0) return;
    this.#watchers.delete(user);
    this.#told.delete(user);
    this.#leaving.delete(user);
  }

  forget(watcher: Watcher): void {
    for (const user of [...this.#watched.get(watcher) ?? []]) this.unwatch(watcher, user);
    this.#watched.delete(watcher);
  }

  #hinted(message: string): void {
    const user = Number(message.slice(1)) as UserId;
    if (!this.#watchers.has(user)) return;
    if (message.startsWith("+")) this.#tell(user, true);
    else this.#seemsGone(user);
  }

  #seemsGone(user: UserId): void {
    if (this.#here.has(user)) return;
    if (!this.#directory.shared) this.#tell(user, false);
    else if (this.#watchers.has(user) && !this.#leaving.has(user)) this.#leaving.set(user, performance.now());
  }

  async #tick(): Promise<void> {
    const all = ++this.#ticks % TICKS_PER_ROUND === 0;
    const users = all ? [...this.#watchers.keys()] : [...this.#leaving.keys()];
    if (users.length === 0) return;
    const asked = performance.now();
    const online = await this.#directory.online(users);
    for (const user of users) {
      const since = this.#leaving.get(user);
      if (online.has(user)) this.#tell(user, true);
      else if (since === undefined) this.#seemsGone(user);
      else if (asked - since >= TICK_MS * 0.9 && this.#directory.settled) this.#tell(user, false);
    }
  }

  #tell(user: UserId, online: boolean): void {
    this.#leaving.delete(user);
    const watchers = this.#watchers.get(user);
    if (!watchers || this.#told.get(user) === online) return;
    this.#told.set(user, online);
    const line = presenceLine(user, online);
    for (const watcher of watchers) watcher.presence(line);
  }

  close(): void {
    this.#close();
  }
}

function presenceLine(user: UserId, online: boolean): Uint8Array {
  return encodeLine(pushLine({ type: "presence", user, online }));
}
