/**
 * The load: users who write, come and go by chance, each at their own pace, until they are told to stop. Then everybody
 * comes back and gets what is missing.
 */
import { pause } from "../../lib/service/pause.ts";
import { act } from "./actions.ts";
import { Device } from "./device.ts";
import type { Dice } from "./dice.ts";
import type { Recorder } from "./recorder.ts";
import type { Scope } from "./stored.ts";
import { User, type World } from "./user.ts";
import { Witness } from "./witness.ts";

export interface LoadOptions {
  readonly port: number;
  /** The servers' own ports: a slow reader's connection has no other buffers than the server's and its own. */
  readonly direct: readonly number[];
  readonly recorder: Recorder;
  readonly dice: Dice;
  readonly users: number;
  /** Before the users' names, where others have accounts too. */
  readonly prefix: string;
  /** Requests a second, of all users together. */
  readonly rate: number;
}

/** A user's requests that are not answered; at it, the user waits. */
const MAX_PENDING = 30;
/** How long a device is used before it goes, and how long it stays away; on average, in ms. */
const STAY_MS = 20_000;
const AWAY_MS = 3_000;
/** Of those who come back: the others go on with their session. A login costs the server a hash. */
const FRESH_LOGINS = 0.15;
const GROUP_EVERY_USERS = 5;
const WITNESSES = 3;
const SLOW_WITNESSES = 2;

export class Load {
  readonly world: World;
  readonly witnesses: readonly Witness[];
  readonly #rate: number;
  readonly #stopped = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #pending = 0;

  private constructor(world: World, witnesses: readonly Witness[], rate: number) {
    this.world = world;
    this.witnesses = witnesses;
    this.#rate = rate;
  }

  /** Makes the accounts and the groups. Nothing may go wrong here yet. */
  static async prepare(options: LoadOptions): Promise<Load> {
    const { recorder, dice, prefix, users: count } = options;
    const users = await Promise.all(Array.from({ length: count }, async (_, i) => {
      const name = `${prefix}user${i + 1}`;
      const names = i % 3 === 0 ? ["phone", "desk"] : ["phone"];
      const devices = names.map((device) => new Device({ ...options, name, device }));
      const own = dice.fork();
      const { user } = await devices[0]!.register();
      return new User(name, user.id, devices, own);
    }));
    const [host] = users;
    const lobby = await host!.devices[0]!.createGroup("lobby");
    const groups: number[] = [];
    for (let i = 0; i < Math.ceil(count / GROUP_EVERY_USERS); i++) {
      groups.push(await users[i]!.devices[0]!.createGroup(`group ${i}`));
    }
    await Promise.all(users.map(async ({ devices: [phone, ...others], dice }) => {
      await phone!.ask("group_join", { chat: lobby });
      for (const chat of groups) if (dice.chance(0.5)) await phone!.ask("group_join", { chat });
      for (const device of others) await device.login();
    }));
    const names = users.map(({ name }) => name);
    const witnesses = [
      ...names.slice(0, WITNESSES).map((name) => new Witness({ ports: [options.port], recorder, name })),
      ...names.slice(-SLOW_WITNESSES).map((name) =>
        new Witness({ ports: dice.shuffled(options.direct), recorder, name, slow: dice.fork() })
      ),
    ];
    await Promise.all(witnesses.map(({ ready }) => ready));
    return new Load({ users, groups, lobby }, witnesses, options.rate);
  }

  /** Everything that it made. */
  get scope(): Scope {
    const { users, groups, lobby } = this.world;
    return { users: users.map(({ id }) => id), chats: [lobby, ...groups] };
  }

  get devices(): Device[] {
    return this.world.users.flatMap(({ devices }) => devices);
  }

  /** What users did and nobody has answered yet. */
  get pending(): number {
    return this.#pending;
  }

  start(): void {
    const lives = this.world.users.flatMap((user) => [
      this.#act(user),
      ...user.devices.map((device) => this.#comeAndGo(device, user.dice.fork())),
    ]);
    this.#running = Promise.all(lives);
  }

  /** Nobody begins anything new; everybody comes back. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const witness of this.witnesses) witness.hurry();
    await this.#running;
  }

  async close(): Promise<void> {
    for (const device of this.devices) device.close();
    await Promise.all(this.witnesses.map((witness) => witness.close()));
  }

  async #act(user: User): Promise<void> {
    const { signal } = this.#stopped;
    const meanMs = this.world.users.length / this.#rate * 1_000;
    let pending = 0;
    while (!signal.aborted) {
      await pause(user.dice.gap(meanMs), signal);
      if (pending >= MAX_PENDING || signal.aborted) continue;
      pending++;
      this.#pending++;
      void act(user, this.world).finally(() => {
        pending--;
        this.#pending--;
      });
    }
  }

  async #comeAndGo(device: Device, dice: Dice): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await pause(dice.gap(STAY_MS), signal);
      if (signal.aborted) return;
      if (dice.chance(FRESH_LOGINS)) {
        await device.login();
        continue;
      }
      device.leave();
      await pause(dice.gap(AWAY_MS), signal);
      await device.resume();
    }
  }
}
