/** A chat server to be killed, stopped, drained and started again, always on the same port. */
import { Service } from "../kit/service.ts";
import { RUN } from "../kit/server_process.ts";
import { until } from "../kit/until.ts";

/** A drained server has ended by then. */
const DRAIN_MS = 20_000;

export class TorturedServer extends Service {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #prepare: (folder: string) => Promise<void>;
  /** Whether it is to run: one that ended nevertheless crashed. */
  #isWanted = true;

  private constructor(name: string, args: readonly string[], prepare: (folder: string) => Promise<void>) {
    super();
    this.name = name;
    this.#args = args;
    this.#prepare = prepare;
  }

  /** `prepare` makes what must be in its folder, which is its current folder. */
  static start(
    name: string,
    args: readonly string[],
    prepare = async (_folder: string) => {},
  ): Promise<TorturedServer> {
    return new TorturedServer(name, args, prepare).start();
  }

  get hasCrashed(): boolean {
    return this.#isWanted && !this.#isAlive();
  }

  override async kill(): Promise<void> {
    this.#isWanted = false;
    await super.kill();
  }

  override async restart(): Promise<void> {
    this.#isWanted = false;
    await super.restart();
    this.#isWanted = true;
  }

  /** Asks it to stop, and returns once it has. Throws if it does not. */
  async drain(): Promise<void> {
    this.#isWanted = false;
    Deno.kill(this.pid, "SIGTERM");
    await until(() => {
      if (this.#isAlive()) throw new Error(`server ${this.name} did not stop when it was asked to`);
    }, DRAIN_MS);
  }

  protected override prepare(): Promise<void> {
    return this.#prepare(this.folder);
  }

  protected override command(): [string, ...string[]] {
    return [...RUN, "127.0.0.1", String(this.port), "--name", this.name, ...this.#args];
  }

  protected override async probe(): Promise<void> {
    (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
  }

  #isAlive(): boolean {
    try {
      Deno.statSync(`/proc/${this.pid}`);
      return true;
    } catch {
      return false;
    }
  }
}
