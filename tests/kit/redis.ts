/** A private Redis. It keeps nothing: killed and restarted, it is empty. */

import { run } from "./program.ts";
import { Service } from "./service.ts";

export class Redis extends Service {
  readonly #args: readonly string[];

  private constructor(args: readonly string[]) {
    super();
    this.#args = args;
  }

  static start(args: readonly string[]): Promise<Redis> {
    return new Redis(args).start();
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What redis-cli answers, without the last line's end. */
  async cli(...args: string[]): Promise<string> {
    const answer = await run("redis-cli", "-h", "127.0.0.1", "-p", String(this.port), ...args);
    return answer.replace(/\n$/, "");
  }

  protected override command(): [string, ...string[]] {
    const options = ["--bind", "127.0.0.1", "--port", String(this.port), "--save", "", "--appendonly", "no"];
    return ["redis-server", ...options, "--dir", this.folder, ...this.#args];
  }

  protected override async probe(): Promise<void> {
    const info = await this.cli("info", "server");
    if (!info.includes(`process_id:${this.pid}\r\n`)) throw new Error("the port is another Redis's");
  }
}
