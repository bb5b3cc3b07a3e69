/** Clients that wait for their turn to come in, on a server that says goodbye to them meanwhile. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { startServer, type TestServer } from "../kit/server.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { until } from "../kit/until.ts";
import type { Wire } from "../kit/wire.ts";
import { insertSession, insertUser } from "./population.ts";
import { startTrio } from "./trio.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

/** More than any server serves at once. */
const ALL = 100;

/** Holds all turns of those who come in. */
class HeldTurns {
  /** How many have asked for a turn since. */
  asked = 0;
  readonly #over = Promise.withResolvers<void>();
  readonly #turns: Promise<void>[];

  constructor({ chat: { arrivals } }: TestServer) {
    this.#turns = Array.from({ length: ALL }, () => arrivals.take(() => this.#over.promise));
    const take = arrivals.take.bind(arrivals);
    arrivals.take = (work) => {
      this.asked++;
      return take(work);
    };
  }

  async end(): Promise<void> {
    this.#over.resolve();
    await Promise.all(this.#turns);
  }
}

async function stopBefore(
  { chat }: TestServer,
  wires: readonly Wire[],
): Promise<{ stopping: Promise<void> }> {
  const stopping = chat.stop();
  await Promise.all(wires.map((wire) => wire.take("bye", ({ reason }) => reason === "draining")));
  return { stopping };
}

serviceTest("a server that stops does nothing more for those who wait for their turn", async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startServer());
  const { database } = server;
  const turns = new HeldTurns(server);
  const wires: Wire[] = [];
  for (let i = 0; i < 20; i++) {
    const { token } = await insertSession(database, await insertUser(database, `user${i}`));
    const wire = stack.use(await server.connect());
    wire.ask({ type: "resume", token }).catch(() => {}); // it is never answered
    wires.push(wire);
  }
  await until(() => equal(turns.asked, 20));
  const { stopping } = await stopBefore(server, wires);
  let resumed = 0;
  const query = database.query.bind(database);
  database.query = (sql, values) => {
    if (typeof sql === "string" && sql.includes("token_hash")) resumed++;
    return query(sql, values);
  };
  await turns.end();
  await stopping;
  equal(resumed, 0);
});

serviceTest(
  "who waits for a turn where the server stops, and goes on elsewhere, is not replaced there",
  async () => {
    await using trio = await startTrio(mariadb(), redis());
    const [a, b] = trio.servers;
    const ann = await insertUser(a!.database, "ann");
    const { token } = await insertSession(a!.database, ann);
    const turns = new HeldTurns(a!);
    await using before = await a!.connect();
    before.ask({ type: "resume", token }).catch(() => {}); // it is never answered
    await until(() => equal(turns.asked, 1));
    const { stopping } = await stopBefore(a!, [before]);
    await using next = await b!.connect();
    await next.request("resume", { token });
    const uses = () => b!.database.query("SELECT used FROM sessions WHERE user_id = ?", [ann.id]);
    const used = await uses();
    await turns.end();
    await stopping;
    equal(await uses(), used);
    await next.settle();
  },
);
