/** Chat servers inside the test's process, on free ports: one on SQLite, or several on a MariaDB. */
import { listen } from "../../lib/transport/listener.ts";
import { LocalHub } from "../../lib/bus/local.ts";
import type { Bus } from "../../lib/bus/bus.ts";
import type { PresenceDirectory } from "../../lib/bus/presence.ts";
import type { Database } from "../../lib/database/database.ts";
import { migrate } from "../../lib/database/migrations.ts";
import type { SchemaFile } from "../../lib/database/schema.ts";
import * as meta from "../../lib/models/meta.ts";
import { ChatServer } from "../../lib/service/chat_server.ts";
import { randomName } from "../../lib/service/ids.ts";
import type { Reply } from "../../lib/protocol/requests.ts";
import type { Log, LogFields } from "../../lib/service/log.ts";
import { Wire } from "./wire.ts";

export interface ServerOptions {
  /** Nothing for SQLite in memory, a file's name, or a MySQL URL. */
  readonly database?: string;
  /** Nothing for a bus of its own, a hub to share, or a Redis URL. */
  readonly bus?: LocalHub | string;
  readonly sessions?: number;
  readonly name?: string;
  /** The schema's steps that this server knows: today's unless told. */
  readonly schema?: readonly SchemaFile[];
}

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export class TestServer implements AsyncDisposable {
  readonly port: number;
  readonly database: Database;
  readonly chat: ChatServer;
  /** What the service reported. A test that expects none looks here. */
  readonly logged: readonly Logged[];
  readonly #stack: AsyncDisposableStack;

  constructor(
    port: number,
    database: Database,
    chat: ChatServer,
    logged: readonly Logged[],
    stack: AsyncDisposableStack,
  ) {
    this.port = port;
    this.database = database;
    this.chat = chat;
    this.logged = logged;
    this.#stack = stack;
  }

  connect(): Promise<Wire> {
    return Wire.connect(this.port);
  }

  /** A new connection that has registered `name`. */
  async user(name: string): Promise<User> {
    const wire = await this.connect();
    return new User(wire, await wire.request("register", { name, password: PASSWORD }));
  }

  /** A new connection that has logged in as `name`. */
  async login(name: string): Promise<User> {
    const wire = await this.connect();
    return new User(wire, await wire.request("login", { name, password: PASSWORD }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

export const PASSWORD = "correct horse battery";

/** A logged-in connection, with what its login answered. */
export class User implements AsyncDisposable {
  readonly wire: Wire;
  readonly reply: Reply<"login">;
  readonly id: number;
  readonly token: string;
  /** The personal chat. */
  readonly personal: number;

  constructor(wire: Wire, reply: Reply<"login">) {
    this.wire = wire;
    this.reply = reply;
    this.id = reply.user.id;
    this.token = reply.token;
    this.personal = reply.chats.find(({ kind }) => kind === "personal")!.chat;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.wire[Symbol.asyncDispose]();
  }
}

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  await using stack = new AsyncDisposableStack();
  const id = randomName();
  const logged: Logged[] = [];
  const database = stack.adopt(
    await openDatabase(options.database ?? ":memory:"),
    (database) => database.close(),
  );
  await migrate(database, { files: options.schema });
  const { bus, directory } = await openBus(options.bus, id, database, stack);
  const chat = stack.adopt(
    await ChatServer.open({
      database,
      bus,
      directory,
      id,
      name: options.name ?? "test",
      sessionsPerUser: options.sessions ?? 50,
      log: recorder(logged),
      onNewEpoch: () => logged.push({ level: "info", message: "new epoch", fields: {} }),
    }),
    (chat) => chat.stop(),
  );
  const listener = stack.adopt(
    listen({
      hostname: "127.0.0.1",
      port: 0,
      onConnection: (connection) => chat.accept(connection),
      onError: (error) => logged.push({ level: "warn", message: "accept", fields: { error } }),
    }),
    (listener) => listener.close(),
  );
  return new TestServer(listener.port, database, chat, logged, stack.move());
}

async function openDatabase(where: string): Promise<Database> {
  if (where.startsWith("mysql:")) return await (await import("../../lib/database/mysql.ts")).openMysql(where);
  return await (await import("../../lib/database/sqlite.ts")).openSqlite(where);
}

async function openBus(
  bus: LocalHub | string | undefined,
  server: string,
  database: Database,
  stack: AsyncDisposableStack,
): Promise<{ bus: Bus; directory: PresenceDirectory }> {
  if (typeof bus !== "string") {
    const hub = bus ?? new LocalHub();
    return { bus: hub.bus(), directory: hub.presence() };
  }
  const { openRedis } = await import("../../lib/bus/redis.ts");
  const prefix = `test:${await meta.read(database, "epoch")}:`;
  const redis = await openRedis(bus, { server, prefix });
  stack.defer(() => redis.bus.close());
  stack.defer(() => redis.presence.close());
  return { bus: redis.bus, directory: redis.presence };
}

function recorder(logged: Logged[]): Log {
  const at = (level: string) => (message: string, fields: LogFields = {}) => {
    logged.push({ level, message, fields });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
