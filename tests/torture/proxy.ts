/**
 * A TCP proxy that does what networks do: cuts connections in the middle of a line, delays, tears writes into small
 * pieces, or swallows bytes without an end, so that both sides believe in a connection that is none.
 */
import { pause } from "../../lib/service/pause.ts";
import type { Dice } from "./dice.ts";

export type Trouble = "none" | "cut" | "delay" | "split" | "swallow";

/** A delayed chunk waits up to so long. */
const DELAY_MS = 300;
/** A torn chunk goes out in pieces of up to so many bytes; after so many pieces the rest follows whole. */
const PIECE_BYTES = 7;
const MAX_PIECES = 40;
const BUFFER_BYTES = 16_384;

export class Proxy implements Disposable {
  readonly port: number;
  /** What new connections meet. */
  trouble: Trouble = "none";
  readonly #listener: Deno.TcpListener;
  readonly #upstreamPort: number;
  readonly #dice: Dice;
  readonly #links = new Set<Link>();

  constructor(upstreamPort: number, dice: Dice) {
    this.#upstreamPort = upstreamPort;
    this.#dice = dice;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    void this.#accept();
  }

  /** Troubles this share of the connections there are. */
  apply(trouble: Trouble, share = 1): void {
    for (const link of this.#links) if (this.#dice.chance(share)) link.meet(trouble);
  }

  /** Delays and pieces end. What was swallowed stays so: such a connection never comes back. */
  heal(): void {
    this.trouble = "none";
    for (const link of this.#links) link.meet("none");
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const link of this.#links) link.close();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) void this.#serve(client);
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const link = new Link(client, this.#dice, this.trouble);
    this.#links.add(link);
    try {
      await link.run(this.#upstreamPort);
    } finally {
      this.#links.delete(link);
    }
  }
}

/** One client's connection and the one behind it. */
class Link {
  #trouble: Trouble;
  readonly #client: Deno.TcpConn;
  readonly dice: Dice;
  readonly #closed = new AbortController();
  #upstream: Deno.TcpConn | undefined;

  constructor(client: Deno.TcpConn, dice: Dice, trouble: Trouble) {
    this.#client = client;
    this.dice = dice;
    this.#trouble = trouble;
  }

  /** Waits, but not beyond its end. */
  pause(ms: number): Promise<void> {
    return pause(ms, this.#closed.signal);
  }

  /** Where bytes were swallowed, no later ones may come through: no network does that. */
  meet(trouble: Trouble): void {
    if (this.#trouble !== "swallow") this.#trouble = trouble;
  }

  /** Until both sides have ended. */
  async run(port: number): Promise<void> {
    try {
      this.#upstream = await Deno.connect({ hostname: "127.0.0.1", port });
    } catch {
      return this.close(); // nobody is there, and the client sees that its connection ends
    }
    if (this.#closed.signal.aborted) return this.#upstream.close();
    for (const side of [this.#client, this.#upstream]) side.setNoDelay(true);
    await Promise.all([this.#pump(this.#client, this.#upstream), this.#pump(this.#upstream, this.#client)]);
    this.close();
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const side of [this.#client, this.#upstream]) {
      try {
        side?.close();
      } catch {
        // It has ended by itself.
      }
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    try {
      for (let count; (count = await from.read(buffer)) !== null;) {
        await TROUBLES[this.#trouble](buffer.subarray(0, count), to, this);
      }
      if (this.#trouble !== "swallow") await to.closeWrite();
    } catch {
      // A side that fails ends the other one, unless nobody is to know.
      if (this.#trouble !== "swallow") this.close();
    }
  }
}

type Pass = (bytes: Uint8Array, to: Deno.TcpConn, link: Link) => Promise<void>;

const TROUBLES: { readonly [name in Trouble]: Pass } = {
  none: write,
  async cut(bytes, to, link) {
    await write(bytes.subarray(0, link.dice.below(bytes.length)), to);
    link.close();
  },
  async delay(bytes, to, link) {
    await link.pause(link.dice.below(DELAY_MS));
    await write(bytes, to);
  },
  async split(bytes, to, link) {
    let rest = bytes;
    for (let pieces = 0; rest.length > 0 && pieces < MAX_PIECES; pieces++) {
      const size = link.dice.between(1, PIECE_BYTES);
      await write(rest.subarray(0, size), to);
      rest = rest.subarray(size);
      await link.pause(0); // or the system puts the pieces together again
    }
    await write(rest, to);
  },
  async swallow() {},
};

async function write(bytes: Uint8Array, to: Deno.TcpConn): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await to.write(rest));
}
