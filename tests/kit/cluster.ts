/** Chat servers in processes of their own, on one MariaDB and one Redis, behind nginx with the project's nginx.conf. */
import { ServerProcess } from "./server_process.ts";
import { PASSWORD, User } from "./server.ts";
import { freePort, type Mariadb, type Nginx, type Redis, startNginx } from "./services.ts";
import { Wire } from "./wire.ts";

/** A client and the name of the server that nginx gave it. */
export interface Client extends AsyncDisposable {
  readonly wire: Wire;
  readonly server: string;
}

export class Cluster implements AsyncDisposable {
  /** By name. */
  readonly servers: ReadonlyMap<string, ServerProcess>;
  /** The address of the database. */
  readonly database: string;
  readonly #nginx: Nginx;

  private constructor(servers: ReadonlyMap<string, ServerProcess>, database: string, nginx: Nginx) {
    this.servers = servers;
    this.database = database;
    this.#nginx = nginx;
  }

  /** Two servers, `a` and `b`, on a new database. */
  static async start(mariadb: Mariadb, redis: Redis): Promise<Cluster> {
    await using opened = new AsyncDisposableStack();
    const database = await mariadb.createDatabase();
    const args = ["--mysql", database, "--redis", redis.url];
    const start = async (name: string) => {
      const address = ["127.0.0.1", String(freePort())];
      return [name, opened.use(await ServerProcess.start([...args, "--name", name], { address }))] as const;
    };
    const servers = new Map(await Promise.all(["a", "b"].map(start)));
    const [a, b] = [...servers.values()].map(({ port }) => port);
    const nginx = opened.use(await startNginx({ upstreams: [a!, b!] }));
    opened.move();
    return new Cluster(servers, database, nginx);
  }

  /** nginx's. */
  get port(): number {
    return this.#nginx.port;
  }

  server(name: string): ServerProcess {
    return this.servers.get(name)!;
  }

  /** A new connection to whichever server nginx chooses. */
  async connect(): Promise<Client> {
    const wire = new Wire(await Deno.connect({ hostname: "127.0.0.1", port: this.port }));
    const { server } = await wire.take("welcome");
    return { wire, server, [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose]() };
  }

  /** A new connection to this server. */
  async connectTo(name: string): Promise<Client> {
    // nginx gives a client to the server that has the fewest: those that it gave to others stay until ours is there.
    await using others = new AsyncDisposableStack();
    while (true) {
      const client = await this.connect();
      if (client.server === name) return client;
      others.use(client);
    }
  }

  /** No server has reported a fault. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nginx[Symbol.asyncDispose]();
    for (const [name, server] of this.servers) {
      await server[Symbol.asyncDispose]();
      const faults = server.stderr.here.filter((line) => !/^{"level":"(info|warn)"/.test(line));
      if (faults.length > 0) throw new Error(`server ${name} reported: ${faults.join("\n")}`);
    }
  }
}

/** Makes an account over this connection. */
export async function register({ wire }: Client, name: string): Promise<User> {
  return new User(wire, await wire.request("register", { name, password: PASSWORD }));
}

export async function login({ wire }: Client, name: string): Promise<User> {
  return new User(wire, await wire.request("login", { name, password: PASSWORD }));
}
