/** A user with one or more devices, who does something now and then. */
import type { Device } from "./device.ts";
import type { Dice } from "./dice.ts";

export interface World {
  readonly users: readonly User[];
  /** Public groups whose members come and go. */
  readonly groups: readonly number[];
  /** A public group that everybody stays in. */
  readonly lobby: number;
}

export class User {
  readonly name: string;
  readonly id: number;
  readonly devices: readonly Device[];
  readonly dice: Dice;

  constructor(name: string, id: number, devices: readonly Device[], dice: Dice) {
    this.name = name;
    this.id = id;
    this.devices = devices;
    this.dice = dice;
  }

  /** One of the devices in use, connected or not. */
  device(): Device | undefined {
    const used = this.devices.filter(({ client }) => client !== undefined);
    return used.length > 0 ? this.dice.pick(used) : undefined;
  }

  /** Groups whose members come and go, and that this user is in. */
  groups(device: Device, { lobby }: World): number[] {
    const chats = [...device.client?.state.chats.values() ?? []];
    return chats.filter(({ kind, isLeft, chat }) => kind === "group" && !isLeft && chat !== lobby)
      .map(({ chat }) => chat);
  }

  other({ users }: World): User {
    return this.dice.pick(users.filter((user) => user !== this));
  }
}
