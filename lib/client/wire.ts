/** The way to a server: lines in and lines out, over the transport that the server uses too. */
import { Connection } from "../transport/connection.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

export interface Wire {
  /** Once. They end with the connection, from whichever side, or with a line that is too long. */
  readonly lines: AsyncIterable<string>;
  /** Queues a line, given without its end. Never throws; after the end it does nothing. */
  send(line: string): void;
  /** Closes at once. Safe to call again. */
  close(): void;
}

/** Throws what the system says when nobody is there, and when `signal` is aborted. */
export type Dial = (address: Address, signal: AbortSignal) => Promise<Wire>;

/** An answer's lists are cut at 256 KiB; this leaves room for its last row. */
const MAX_LINE_BYTES = 1_048_576;

const encoder = new TextEncoder();

export const dial: Dial = async ({ host, port, tls = false }, signal) => {
  // Only a plain connection can be given up while it is made; one with TLS starts as such.
  const socket = await Deno.connect({ hostname: host, port, signal });
  socket.setNoDelay(true);
  const connection = new Connection(tls ? await Deno.startTls(socket, { hostname: host }) : socket, {
    address: host,
    maxLineBytes: MAX_LINE_BYTES,
  });
  return {
    lines: connection.lines,
    send: (line) => connection.send(encoder.encode(`${line}\n`)),
    close: () => connection.close(),
  };
};
