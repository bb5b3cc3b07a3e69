/** The clients of a run: brings them in, keeps them alive, and accounts for every text that they sent. */
import type { Wrong } from "./account.ts";
import type { Deployment } from "./deployment.ts";
import { LoadClient } from "./load_client.ts";
import { timeUntil } from "./pause.ts";
import type { Chat, Population } from "./population.ts";
import { tokenOf } from "./seed.ts";
import type { Tally } from "./tally.ts";

export interface CrowdOptions {
  readonly deployment: Deployment;
  readonly population: Population;
  /** How many of the users come, the first ones; all unless told. */
  readonly users?: number;
  /** Who counts for this user. */
  readonly tallyOf: (user: number) => Tally;
  /** What they write; a usual message unless told. */
  readonly text?: string;
}

const RESUMES_AT_ONCE = 32;
/** Well within the time after which a server ends a silent connection. */
const PING_MS = 15_000;
/** What was sent has so long to arrive after the last text. */
const DRAIN_MS = 15_000;
const LOOK_MS = 20;

export class Crowd implements AsyncDisposable {
  /** By user. */
  readonly clients: LoadClient[] = [];
  readonly #options: CrowdOptions;
  /** By user, the first chat that it is in: the one that it writes to. */
  readonly #first: readonly number[];
  #pinging: ReturnType<typeof setInterval> | undefined;

  /** The users go to the servers in turn, so that two in a pair are on two servers. */
  static async connect(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    try {
      await crowd.#connectAll();
    } catch (error) {
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
    crowd.#pinging = setInterval(() => crowd.clients.forEach((client) => client.ping()), PING_MS);
    return crowd;
  }

  private constructor(options: CrowdOptions) {
    this.#options = options;
    this.#first = firstChats(options.population.chats);
  }

  async #connectAll(): Promise<void> {
    const { deployment: { servers, seeded }, users = seeded.users.length, tallyOf, text } = this.#options;
    const sentAt = (writer: number, n: number) => this.clients[writer]!.sentAt(n);
    let next = 0;
    const connectSome = async () => {
      for (let number; (number = next++) < users;) {
        this.clients[number] = await LoadClient.connect({
          number,
          port: servers[number % servers.length]!.port,
          token: tokenOf(number),
          chat: seeded.chats[this.#first[number]!]!,
          text,
          sentAt,
          tally: tallyOf(number),
        });
      }
    };
    await Promise.all(Array.from({ length: RESUMES_AT_ONCE }, connectSome));
  }

  /** Waits until these have got every acknowledged text of their chats, or for as long as it may take. */
  async arrived(readers: readonly LoadClient[] = this.clients): Promise<void> {
    const wanted = new Set(readers);
    await timeUntil(() => this.#unacknowledged() + this.#lost(wanted) === 0, DRAIN_MS, LOOK_MS);
  }

  /** What is not as it must be. */
  wrong(): Wrong {
    const tallies = new Set(this.clients.map(({ number }) => this.#options.tallyOf(number)));
    return {
      unacknowledged: this.#unacknowledged(),
      lost: this.#lost(new Set(this.clients)),
      doubled: sum(this.clients, ({ doubled }) => doubled),
      unordered: sum(this.clients, ({ unordered }) => unordered),
      jumps: sum(this.clients, ({ jumps }) => jumps),
      surprised: sum([...tallies], ({ surprised }) => surprised),
    };
  }

  #unacknowledged(): number {
    return sum(this.clients, ({ unacknowledged }) => unacknowledged);
  }

  #lost(readers: ReadonlySet<LoadClient>): number {
    return sum(this.clients, (writer) => {
      const count = writer.sent - writer.unacknowledged;
      if (count === 0) return 0;
      const members = this.#options.population.chats[this.#first[writer.number]!]!.members;
      const wanted = members.map((member) => this.clients[member]!).filter((client) => readers.has(client));
      return sum(wanted, (reader) => reader.lost(writer.number, count));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#pinging);
    await Promise.all(this.clients.map((client) => client.close()));
  }
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

/** By user, the first of these chats that it is in. */
function firstChats(chats: readonly Chat[]): number[] {
  const first: number[] = [];
  chats.forEach(({ members }, chat) => {
    for (const member of members) first[member] ??= chat;
  });
  return first;
}
