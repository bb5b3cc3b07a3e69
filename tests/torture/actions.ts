/** What users do, and how often: a table. Each action finds by itself what it can be done to, and does nothing else. */
import type { Device } from "./device.ts";
import type { User, World } from "./user.ts";

type Act = (user: User, device: Device, world: World) => Promise<unknown> | undefined;

interface Action {
  /** How often, compared with the others. */
  readonly weight: number;
  readonly act: Act;
}

/** One device's outbox must not grow without end while the servers are away. */
const MAX_UNACKNOWLEDGED = 60;
/** A burst is so many texts at once. */
const BURST = 12;

const ACTIONS: { readonly [name: string]: Action } = {
  say: { weight: 40, act: (user, device, world) => say(device, someGroup(user, device, world)) },
  burst: {
    weight: 2,
    act: (user, device, world) => {
      const chat = someGroup(user, device, world);
      return Promise.all(Array.from({ length: BURST }, () => say(device, chat)));
    },
  },
  greet: { weight: 2, act: (_, device, { lobby }) => say(device, lobby) },
  tell: {
    weight: 25,
    act: (user, device, world) => isFull(device) ? undefined : device.send({ user: user.other(world).id }),
  },
  note: { weight: 1, act: (user, device) => isFull(device) ? undefined : device.send({ user: user.id }) },
  edit: { weight: 5, act: (user, device) => onText(user, device, (text) => device.edit(text)) },
  delete: { weight: 3, act: (user, device) => onText(user, device, (text) => device.delete(text)) },
  read: {
    weight: 8,
    act: (user, device) => {
      const chats = [...device.client!.state.chats.values()].filter(({ seq }) => seq > 0);
      if (chats.length === 0) return undefined;
      const { chat, seq } = user.dice.pick(chats);
      return device.ask("read", { chat, seq });
    },
  },
  typing: {
    weight: 4,
    act: (user, device, world) => onGroup(user, device, world, (chat) => device.ask("typing", { chat })),
  },
  join: {
    weight: 6,
    act: (user, device, { groups }) => device.ask("group_join", { chat: user.dice.pick(groups) }),
  },
  leave: {
    weight: 2,
    act: (user, device, world) => onGroup(user, device, world, (chat) => device.ask("group_leave", { chat })),
  },
  kick: {
    weight: 3,
    act: (user, device, world) => {
      const chats = user.groups(device, world).filter((chat) =>
        device.client!.state.chats.get(chat as never)?.role !== "member"
      );
      if (chats.length === 0) return undefined;
      return device.ask("group_kick", { chat: user.dice.pick(chats), user: user.other(world).id });
    },
  },
  invite: {
    weight: 4,
    act: (user, device, world) =>
      onGroup(
        user,
        device,
        world,
        (chat) => device.ask("group_invite", { chat, user: user.other(world).id }),
      ),
  },
  promote: {
    weight: 1,
    act: (user, device, world) =>
      onGroup(user, device, world, (chat) => {
        const role = user.dice.pick(["admin", "admin", "member", "owner"] as const);
        return device.ask("group_role", { chat, user: user.other(world).id, role });
      }),
  },
  rename: {
    weight: 0.5,
    act: (user, device, world) =>
      onGroup(
        user,
        device,
        world,
        (chat) => device.ask("group_edit", { chat, name: `group ${user.dice.below(99)}` }),
      ),
  },
  befriend: {
    weight: 1,
    act: (user, device, world) => device.ask("contact_add", { user: user.other(world).id }),
  },
  block: { weight: 1, act: (user, device, world) => device.ask("block", { user: user.other(world).id }) },
  unblock: {
    weight: 2,
    act: (user, device) => {
      const blocked = [...device.client!.state.contacts.values()].filter((contact) => contact.blocked);
      if (blocked.length === 0) return undefined;
      return device.ask("unblock", { user: user.dice.pick(blocked).user.id });
    },
  },
};

const WEIGHTS = Object.entries(ACTIONS).map(([name, { weight }]) => [name, weight] as const);

/** Does one of them, if it can be done. Resolves when it is answered or refused; never rejects. */
export async function act(user: User, world: World): Promise<void> {
  const device = user.device();
  if (device) await ACTIONS[user.dice.weighted(WEIGHTS)]!.act(user, device, world);
}

function say(device: Device, chat: number | undefined): Promise<void> | undefined {
  return chat === undefined || isFull(device) ? undefined : device.send({ chat });
}

function isFull(device: Device): boolean {
  return (device.client?.unacknowledged ?? 0) >= MAX_UNACKNOWLEDGED;
}

function someGroup(user: User, device: Device, world: World): number | undefined {
  const groups = user.groups(device, world);
  return groups.length > 0 ? user.dice.pick(groups) : undefined;
}

function onGroup(user: User, device: Device, world: World, act: (chat: number) => Promise<unknown>) {
  const chat = someGroup(user, device, world);
  return chat === undefined ? undefined : act(chat);
}

function onText(user: User, device: Device, act: (text: Device["texts"][number]) => Promise<unknown>) {
  return device.texts.length === 0 || isFull(device) ? undefined : act(user.dice.pick(device.texts));
}
