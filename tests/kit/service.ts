/** A server program on a free port of 127.0.0.1, with a temporary folder of its own. */

import { Program } from "./program.ts";

const READY_TIMEOUT_MS = 30_000;
const PROBE_PAUSE_MS = 10;

export abstract class Service implements AsyncDisposable {
  #port = 0;
  #folder = "";
  #program?: Program;

  get port(): number {
    return this.#port;
  }

  get folder(): string {
    return this.#folder;
  }

  get pid(): number {
    return this.#program?.pid ?? 0;
  }

  /** Kills it, as a crash would. Its files and its port stay for `restart`. */
  async kill(): Promise<void> {
    await this.#program?.kill();
    this.#program = undefined;
  }

  /** Stops it (SIGSTOP; not nginx's workers): its sockets stay open and nothing answers, until `cont`. */
  stop(): void {
    Deno.kill(this.pid, "SIGSTOP");
  }

  cont(): void {
    Deno.kill(this.pid, "SIGCONT");
  }

  /** Kills it if it runs, and starts it again on the same port with the same files. */
  async restart(): Promise<void> {
    await this.kill();
    if (!await this.#launch()) throw new Error(await this.#complaint());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#folder !== "") await Deno.remove(this.#folder, { recursive: true });
    this.#folder = "";
  }

  /** Makes what it needs in its folder, once. */
  protected async prepare(): Promise<void> {}

  /** Makes what depends on the port, or must be new at each start. */
  protected async configure(): Promise<void> {}

  /** The program and its arguments. */
  protected abstract command(): [string, ...string[]];

  /** Throws until *this* program answers on its port; another one may have taken the port. */
  protected abstract probe(): Promise<void>;

  protected async start(): Promise<this> {
    this.#folder = await Deno.makeTempDir({ prefix: "clusterchat-" });
    try {
      await this.prepare();
      for (let attempt = 1; attempt <= 5; attempt++) {
        this.#port = freePort();
        if (await this.#launch()) return this;
      }
      throw new Error(await this.#complaint());
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whether it started; false when it ended instead, most likely because its port had been taken meanwhile. */
  async #launch(): Promise<boolean> {
    await this.configure();
    const program = await Program.start(this.#folder, ...this.command());
    this.#program = program;
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (program.isRunning) {
      try {
        await this.probe();
        return true;
      } catch (error) {
        if (Date.now() > deadline) throw new Error(await this.#complaint(), { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
    }
    return false;
  }

  async #complaint(): Promise<string> {
    const log = await Deno.readTextFile(`${this.#folder}/log`).catch(() => "");
    return `${this.command()[0]} did not start:\n${log.slice(-4000)}`;
  }
}

/**
 * A port on which nothing listens. It is below the ports that the system gives to outgoing connections: one that
 * reconnects to a killed service would otherwise get that very port now and then, and be connected to itself.
 */
export function freePort(): number {
  while (true) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
