/// <reference lib="deno.worker" />
/** Those who come back at once, in a thread of their own: the latency of the others must not be this process's. */
import { sumOf, type Wrong } from "./account.ts";
import { pause } from "./pause.ts";
import { type Known, ReturningClient } from "./returning_client.ts";

export interface Member {
  readonly port: number;
  readonly token: string;
  readonly chats: readonly Known[];
}

/** Orders are carried out one after the other, and each is answered once. */
export type Order =
  | { readonly type: "prepare"; readonly members: readonly Member[] }
  | { readonly type: "come"; readonly withinMs: number }
  | { readonly type: "leave" };

export interface Answers {
  prepare: null;
  come: {
    /** ms from the order to each member's answer, and until it had everything; those who never came are left out. */
    readonly answered: readonly number[];
    readonly complete: readonly number[];
    /** Connections that ended, or were refused, before the answer: as many came again. */
    readonly failed: number;
  };
  leave: { readonly wrong: Wrong; readonly surprises: readonly string[] };
}

/** As a client does, whoever fails comes again, after a time of its own. */
const RETRY_SPREAD_MS = 1_000;

let members: readonly Member[] = [];
let clients: ReturningClient[] = [];
/** Of connections on which the session did not go on. */
let failures: ReturningClient[] = [];
let absent: string[] = [];

const CARRY_OUT = {
  prepare(order: Extract<Order, { type: "prepare" }>): Answers["prepare"] {
    members = order.members;
    return null;
  },

  async come({ withinMs }: Extract<Order, { type: "come" }>): Promise<Answers["come"]> {
    const start = performance.now();
    const answered: number[] = [];
    const complete: number[] = [];
    await Promise.all(members.map(async (member) => {
      const client = await comeBack(member, start + withinMs);
      if (!client) return;
      answered.push(performance.now() - start);
      const leftMs = start + withinMs - performance.now();
      if (await client.completes(leftMs)) complete.push(performance.now() - start);
    }));
    return { answered, complete, failed: failures.length };
  },

  async leave(): Promise<Answers["leave"]> {
    const [gone, failed, away] = [clients, failures, absent];
    [clients, failures, absent] = [[], [], []];
    const surprises = [...away, ...gone.flatMap((client) => client.surprises)];
    // What did not come on a connection that failed came on the one after it.
    const came = failed.map((client) => ({ ...client.wrong(), unacknowledged: 0, lost: 0, surprised: 0 }));
    const wrong = sumOf([...gone.map((client) => client.wrong()), ...came]);
    await Promise.all(gone.map((client) => client.close()));
    return { wrong: { ...wrong, surprised: surprises.length }, surprises: surprises.slice(0, 5) };
  },
};

async function comeBack(
  { port, token, chats }: Member,
  deadline: number,
): Promise<ReturningClient | undefined> {
  for (let why = "";; await pause(Math.random() * RETRY_SPREAD_MS)) {
    if (performance.now() > deadline) {
      absent.push(`one of the herd never came in: ${why}`);
      return undefined;
    }
    let client: ReturningClient | undefined;
    try {
      client = await ReturningClient.connect(port);
      await client.resume(token, chats);
      clients.push(client);
      return client;
    } catch (error) {
      why = String(error);
      if (!client) continue;
      failures.push(client);
      await client.close();
    }
  }
}

self.onmessage = async ({ data: order }: MessageEvent<Order>) => {
  self.postMessage(await CARRY_OUT[order.type](order as never));
};
