/** The scenarios of steady load by name: who there is, who writes, and how fast. */
import type { Sizes } from "./bench.ts";
import { group, pairs, type Population, ring } from "./population.ts";

/** `window`: so many texts of each sender are unanswered at any time; `rate`: texts a second of all, come what may. */
export type Pace = { readonly window: number } | { readonly rate: number } | "none";

export interface Scenario {
  readonly about: string;
  readonly population: (sizes: Sizes) => Population;
  readonly pace: (sizes: Sizes) => Pace;
  /** How many of the users write, each into its first chat; all unless told. */
  readonly senders?: number;
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
    population: ({ connections }) => ({ users: connections, chats: ring(connections, IDLE_CHATS) }),
    pace: () => "none",
  },
};
