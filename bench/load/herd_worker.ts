/// <reference lib="deno.worker" />
/** Those who come back at once, in a thread of their own: the latency of the others must not be this process's. */
import { sumOf, type Wrong } from "./account.ts";
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
  /** ms from the order to each member's answer, and until it had everything; those who failed are left out. */
  come: { readonly answered: readonly number[]; readonly complete: readonly number[] };
  leave: { readonly wrong: Wrong; readonly surprises: readonly string[] };
}

let members: readonly Member[] = [];
let clients: ReturningClient[] = [];
let failures: string[] = [];

const CARRY_OUT = {
  prepare(order: Extract<Order, { type: "prepare" }>): Answers["prepare"] {
    members = order.members;
    return null;
  },
  async come({ withinMs }: Extract<Order, { type: "come" }>): Promise<Answers["come"]> {
    const start = performance.now();
    const answered: number[] = [];
    const complete: number[] = [];
    const comeBack = async ({ port, token, chats }: Member) => {
      const client = await ReturningClient.connect(port);
      clients.push(client);
      await client.resume(token, chats);
      answered.push(performance.now() - start);
      if (await client.completes(withinMs)) complete.push(performance.now() - start);
    };
    await Promise.all(
      members.map((member) => comeBack(member).catch((error) => void failures.push(String(error)))),
    );
    return { answered, complete };
  },
  async leave(): Promise<Answers["leave"]> {
    const gone = clients;
    const surprises = [...failures, ...gone.flatMap((client) => client.surprises)];
    const wrong = sumOf(gone.map((client) => client.wrong()));
    [clients, failures] = [[], []];
    await Promise.all(gone.map((client) => client.close()));
    return { wrong: { ...wrong, surprised: surprises.length }, surprises: surprises.slice(0, 5) };
  },
};

self.onmessage = async ({ data: order }: MessageEvent<Order>) => {
  self.postMessage(await CARRY_OUT[order.type](order as never));
};
