/**
 * A TCP proxy that does what networks do: cuts connections in the middle of a line, delays, tears writes into small
 * pieces, or swallows bytes without an end, so that both sides believe in a connection that is none. While nobody
 * listens behind it, it does not listen either: whoever balances over proxies sees which ones are of use.
 */
import { pause } from "../../lib/service/pause.ts";
import { freePort } from "../kit/service.ts";
import type { Dice } from "./dice.ts";

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

export type Trouble = "none" | "cut" | "delay" | "split" | "swallow";

/** Sees what passes on one connection, and may add to it and take away. */
export interface Filter {
  /** What goes on to the upstream instead of these bytes. */
  up(bytes: Uint8Array): Uint8Array;
  /** What goes on to the client instead of these bytes. */
  down(bytes: Uint8Array): Uint8Array;
  /** The connection is over, at least for one of its sides. It may be told twice. */
  end(): void;
}

/** A delayed chunk waits up to so long. */
const DELAY_MS = 300;
/** A torn chunk goes out in pieces of up to so many bytes; after so many pieces the rest follows whole. */
const PIECE_BYTES = 7;
const MAX_PIECES = 40;
const BUFFER_BYTES = 16_384;
/** How often it is tried whether the upstream listens again, and whether the own port can be had again. */
const RETRY_MS = 50;

export class Proxy implements Disposable {
  readonly port: number;
  /** What new connections meet. */
  trouble: Trouble = "none";
  readonly #upstream: Address;
  readonly #dice: Dice;
  readonly #filter: () => Filter | undefined;
  readonly #links = new Set<Link>();
  readonly #disposed = new AbortController();
  #listener: Deno.TcpListener;
  #isListening = true;

  /** `filter` makes one for each connection. */
  constructor(upstream: number | Address, dice: Dice, filter: () => Filter | undefined = () => undefined) {
    this.#upstream = typeof upstream === "number" ? { hostname: "127.0.0.1", port: upstream } : upstream;
    this.#dice = dice;
    this.#filter = filter;
    // Not one that the system gives to outgoing connections: it must be free when it is wanted again.
    this.port = freePort();
    this.#listener = this.#listen();
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
    this.#disposed.abort();
    this.#hide();
    for (const link of this.#links) link.close();
  }

  #listen(): Deno.TcpListener {
    return Deno.listen({ hostname: "127.0.0.1", port: this.port });
  }

  #hide(): void {
    if (this.#isListening) this.#listener.close();
    this.#isListening = false;
  }

  async #accept(): Promise<void> {
    const { signal } = this.#disposed;
    while (!signal.aborted) {
      for await (const client of this.#listener) void this.#serve(client);
      while (!signal.aborted && !this.#isListening) {
        await pause(RETRY_MS, signal);
        await this.#reappear(signal).catch(() => {});
      }
    }
  }

  /** Throws while nobody listens behind it. */
  async #reappear(signal: AbortSignal): Promise<void> {
    (await Deno.connect({ ...this.#upstream, signal })).close();
    if (signal.aborted) return;
    this.#listener = this.#listen();
    this.#isListening = true;
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const link = new Link(client, { dice: this.#dice, filter: this.#filter() }, this.trouble);
    this.#links.add(link);
    try {
      await link.run(this.#upstream);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) this.#hide();
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
  readonly #filter: Filter | undefined;
  readonly #closed = new AbortController();
  #upstream: Deno.TcpConn | undefined;

  constructor(
    client: Deno.TcpConn,
    { dice, filter }: { readonly dice: Dice; readonly filter: Filter | undefined },
    trouble: Trouble,
  ) {
    this.#client = client;
    this.dice = dice;
    this.#filter = filter;
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

  /** Until both sides have ended. Throws if there was nobody to connect to: the client sees that its connection ends. */
  async run(upstream: Address): Promise<void> {
    const filter = this.#filter;
    try {
      const server = this.#upstream = await Deno.connect({ ...upstream });
      if (this.#closed.signal.aborted) return server.close();
      for (const side of [this.#client, server]) side.setNoDelay(true);
      await Promise.all([
        this.#pump(this.#client, server, (bytes) => filter?.up(bytes) ?? bytes),
        this.#pump(server, this.#client, (bytes) => filter?.down(bytes) ?? bytes),
      ]);
    } finally {
      filter?.end();
      this.close();
    }
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

  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    pass: (bytes: Uint8Array) => Uint8Array,
  ): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    try {
      for (let count; (count = await from.read(buffer)) !== null;) {
        const bytes = pass(buffer.subarray(0, count));
        if (bytes.length > 0) await TROUBLES[this.#trouble](bytes, to, this);
      }
      if (this.#trouble !== "swallow") await to.closeWrite();
    } catch {
      // A side that fails ends the other one, unless nobody is to know.
      if (this.#trouble !== "swallow") this.close();
    } finally {
      if (this.#trouble === "swallow") this.#filter?.end();
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
