/**
 * One scenario, every deployment: on one server with SQLite, and on two servers that share a MariaDB and a Redis,
 * where users land on one server after the other. What holds on one must hold on the other.
 */
import { serviceTest, shared, startMariadb, startRedis } from "./services.ts";
import { type ServerOptions, startServer, type TestServer, type User } from "./server.ts";

export class Deployment implements AsyncDisposable {
  readonly servers: readonly TestServer[];
  #next = 0;

  constructor(servers: readonly TestServer[]) {
    this.servers = servers;
  }

  /** The server that the next connection goes to: each in its turn. */
  server(): TestServer {
    return this.servers[this.#next++ % this.servers.length]!;
  }

  get isCluster(): boolean {
    return this.servers.length > 1;
  }

  user(name: string): Promise<User> {
    return this.server().user(name);
  }

  login(name: string): Promise<User> {
    return this.server().login(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
    const reported = this.servers.flatMap(({ logged }) => logged).filter(({ level }) => level === "error");
    if (reported.length > 0) throw new Error(`a server reported: ${Deno.inspect(reported, { depth: 6 })}`);
  }
}

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

/** Registers the scenario for each deployment. Options are those of every server. */
export function scenario(
  name: string,
  act: (deployment: Deployment) => Promise<void>,
  options: Pick<ServerOptions, "sessions"> = {},
): void {
  serviceTest(`${name} (one server on SQLite)`, async () => {
    await using deployment = new Deployment([await startServer(options)]);
    await act(deployment);
  });
  serviceTest(`${name} (two servers on MySQL and Redis)`, async () => {
    await using deployment = await startCluster(options);
    await act(deployment);
  });
}

/** Two servers on a new database of the file's MariaDB. */
export async function startCluster(options: Pick<ServerOptions, "sessions"> = {}): Promise<Deployment> {
  const database = await mariadb().createDatabase();
  const start = (name: string) => startServer({ ...options, database, bus: redis().url, name });
  return new Deployment(await Promise.all([start("a"), start("b")]));
}
