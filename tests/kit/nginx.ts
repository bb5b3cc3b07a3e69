/** nginx with the project's own nginx.conf. */

import { Service } from "./service.ts";

export interface NginxPorts {
  /** The chat servers' ports, in the order of the file's `server` lines. */
  readonly upstreams: readonly [number, number];
}

export class Nginx extends Service {
  readonly #upstreams: readonly number[];

  private constructor(upstreams: readonly number[]) {
    super();
    this.#upstreams = upstreams;
  }

  static start(ports: NginxPorts): Promise<Nginx> {
    return new Nginx(ports.upstreams).start();
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
    let text = await Deno.readTextFile(new URL("../../nginx.conf", import.meta.url));
    const replace = (old: string, now: string) => {
      // The semicolon or blank ends the port: 8000 must not match 80001, nor a port of a comment.
      const place = new RegExp(`^(\\s+)${RegExp.escape(old)}(?=[ ;])`, "m");
      if (!place.test(text)) throw new Error(`nginx.conf has no "${old}"`);
      text = text.replace(place, `$1${now}`);
    };
    replace("listen 8000", `listen ${this.port}`);
    // In two steps, as the new ports may be the old ones the other way round.
    replace("server 127.0.0.1:6000", `server 127.0.0.1:first`);
    replace("server 127.0.0.1:6002", `server 127.0.0.1:${this.#upstreams[1]}`);
    replace("server 127.0.0.1:first", `server 127.0.0.1:${this.#upstreams[0]}`);
    await Deno.writeTextFile(`${this.folder}/nginx.conf`, text);
    // The pid of a killed nginx would be taken for a start, if it were given again.
    await Deno.writeTextFile(`${this.folder}/nginx.pid`, "");
  }
}
