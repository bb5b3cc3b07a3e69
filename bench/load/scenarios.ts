/** The scenarios by name: who there is, who talks to whom, and how fast. A user is a number from 0. */

export type Chat = {
  readonly kind: "direct" | "group";
  readonly members: readonly number[];
};

export interface Population {
  readonly users: number;
  readonly chats: readonly Chat[];
}

/** `window`: so many texts of each sender are unanswered at any time; `rate`: texts a second of all, come what may. */
export type Pace = { readonly window: number } | { readonly rate: number } | "none";

export interface Scenario {
  readonly about: string;
  readonly population: (sizes: Sizes) => Population;
  readonly pace: (sizes: Sizes) => Pace;
  /** How many of the users write, each into its first chat; all unless told. */
  readonly senders?: number;
}

/** What the command line may say otherwise. */
export interface Sizes {
  /** Idle connections. */
  readonly connections: number;
  /** Texts a second of the open loop. */
  readonly rate: number;
}

const PAIRED_USERS = 100;
const IDLE_CHATS = 20;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "pairs-16": {
    about: "100 connections in pairs, each with 16 texts unacknowledged",
    population: () => pairs(PAIRED_USERS),
    pace: () => ({ window: 16 }),
  },
  "pairs-1": {
    about: "100 connections in pairs, each waiting for every acknowledgement",
    population: () => pairs(PAIRED_USERS),
    pace: () => ({ window: 1 }),
  },
  "group-100": {
    about: "one group of 100, of whom 10 write with 4 texts unacknowledged each",
    population: () => ({ users: 100, chats: [group(100)] }),
    pace: () => ({ window: 4 }),
    senders: 10,
  },
  "rate": {
    about: "100 connections in pairs, at a given rate, measured from when a text was due",
    population: () => pairs(PAIRED_USERS),
    pace: ({ rate }) => ({ rate }),
  },
  "idle": {
    about: `logged-in connections that do nothing, with ${IDLE_CHATS} chats each`,
    population: ({ connections }) => ring(connections, IDLE_CHATS),
    pace: () => "none",
  },
};

function pairs(users: number): Population {
  const chats = Array.from({ length: users / 2 }, (_, i) => direct(2 * i, 2 * i + 1));
  return { users, chats };
}

/** Everybody has a direct chat with each of the neighbours, so many chats in all. */
function ring(users: number, chatsEach: number): Population {
  const steps = Math.min(chatsEach / 2, Math.floor((users - 1) / 2));
  const chats = Array.from({ length: steps }, (_, step) => step + 1).flatMap((step) =>
    Array.from({ length: users }, (_, i) => direct(i, (i + step) % users))
  );
  return { users, chats };
}

function direct(a: number, b: number): Chat {
  return { kind: "direct", members: a < b ? [a, b] : [b, a] };
}

function group(members: number): Chat {
  return { kind: "group", members: Array.from({ length: members }, (_, i) => i) };
}
