/** nginx with the project's own nginx.conf, in front of any number of servers. */
import { Service } from "../kit/service.ts";

const SERVERS = /(^ +server 127\.0\.0\.1:)\d+( .*\n)(?: +server 127\.0\.0\.1:.*\n)*/m;
const LISTEN = /^( +listen )8000 /m;

export class TorturedNginx extends Service {
  readonly #upstreams: readonly number[];

  private constructor(upstreams: readonly number[]) {
    super();
    this.#upstreams = upstreams;
  }

  static start(upstreams: readonly number[]): Promise<TorturedNginx> {
    return new TorturedNginx(upstreams).start();
  }

  /** Reads its configuration anew: new workers take the new connections, the old ones keep theirs. */
  reload(): void {
    Deno.kill(this.pid, "SIGHUP");
  }

  protected override command(): [string, ...string[]] {
    return ["nginx", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"];
  }

  /** nginx writes its pid once it listens. */
  protected override async probe(): Promise<void> {
    const pid = await Deno.readTextFile(`${this.folder}/nginx.pid`);
    if (Number(pid) !== this.pid) throw new Error("nginx has not written its pid yet");
  }

  protected override async configure(): Promise<void> {
    const text = await Deno.readTextFile(new URL("../../nginx.conf", import.meta.url));
    if (!SERVERS.test(text) || !LISTEN.test(text)) throw new Error("nginx.conf is another one than before");
    const configured = text
      .replace(SERVERS, (_, before, after) => this.#upstreams.map((port) => before + port + after).join(""))
      .replace(LISTEN, `$1${this.port} `);
    await Deno.writeTextFile(`${this.folder}/nginx.conf`, configured);
    // The pid of a killed nginx would be taken for a start, if it were given again.
    await Deno.writeTextFile(`${this.folder}/nginx.pid`, "");
  }
}
