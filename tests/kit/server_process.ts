/** The chat server as people start it, in a process of its own: `deno run … server.ts`, `deno task server`, or an executable. */
import { fileURLToPath } from "node:url";
import { type Outcome, Process, type ProcessOptions, runToEnd } from "./process.ts";
import { PASSWORD, User } from "./server.ts";
import { Wire } from "./wire.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What stands before the server's own arguments. */
export type Way = readonly [string, ...string[]];

const CONFIG = `--config=${ROOT}deno.json`;
/** As `deno task server` runs it. */
export const RUN: Way = [
  Deno.execPath(),
  "run",
  "-q",
  CONFIG,
  "-P=server",
  "--no-prompt",
  `${ROOT}server.ts`,
];
export const TASK: Way = [Deno.execPath(), "task", "-q", CONFIG, "server"];

export interface ServerProcessOptions extends ProcessOptions {
  /** RUN unless told. */
  readonly way?: Way;
  /** `[host] port`; any free port of 127.0.0.1 unless told. */
  readonly address?: readonly string[];
}

export class ServerProcess extends Process {
  #port = 0;

  /** Returns when it listens. */
  static async start(args: readonly string[], options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const [command, ...before] = options.way ?? RUN;
    const address = options.address ?? ["127.0.0.1", "0"];
    const server = new ServerProcess(command, [...before, ...args, ...address], options);
    try {
      server.#port = Number((await server.stdout.match(/ listens on \S+:(\d+)/))[1]);
      await server.stdout.match(/^connect with: /);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw new Error(`the server did not start: ${server.stderr}`, { cause: error });
    }
  }

  get port(): number {
    return this.#port;
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

  /** Ends it as a crash does. */
  async crash(): Promise<void> {
    this.kill("SIGKILL");
    await this.status;
  }

  /** Asks it to stop, and returns its exit code. */
  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<number> {
    this.kill(signal);
    return (await this.status).code;
  }
}

/** Runs a server that is to end by itself. */
export function runServer(args: readonly string[], options: ServerProcessOptions = {}): Promise<Outcome> {
  const [command, ...before] = options.way ?? RUN;
  return runToEnd(command, [...before, ...args], options);
}
