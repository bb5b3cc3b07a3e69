/**
 * Accepts connections, and goes on accepting whatever a single one of them does.
 * When the system has no room for one more (its open files are used up), it pauses and tries again.
 */
import { Connection } from "./connection.ts";
import { ListenError } from "./listen_error.ts";

export interface ListenOptions {
  /** An address of this machine or a name for one; `0.0.0.0` is all of them. */
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** With these the connections are TLS; both in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Must not throw; if it does, the connection is closed and the exception goes to `onError`. */
  onConnection(connection: Connection): void;
  /** A connection that could not be accepted. The listener goes on. */
  onError(error: unknown): void;
}

export interface Listener {
  /** The address that it listens on. */
  readonly address: string;
  readonly port: number;
  /** Accepts no more; the connections it has accepted stay. Resolves when nothing is pending. Safe to call again. */
  close(): Promise<void>;
}

/** Connections that wait to be accepted. Deno's own 511 are fewer than the clients that come back at once. */
const BACKLOG = 4096;
/** So long nothing is accepted after the system had no room: to ask at once would only burn the processor. */
const PAUSE_MS = 100;

/** @throws {ListenError} in one line what is wrong, where and what to do. */
export function listen(options: ListenOptions): Listener {
  const { hostname, port, tls } = options;
  let listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>;
  try {
    const address = { hostname, port, tcpBacklog: BACKLOG };
    listener = tls ? Deno.listenTls({ ...address, ...tls }) : Deno.listen(address);
  } catch (error) {
    throw new ListenError(hostname, port, error);
  }
  const { hostname: address, port: actualPort } = listener.addr as Deno.NetAddr;
  const stopped = new AbortController();
  const accepting = acceptAll(listener, options, stopped.signal);
  return {
    address,
    port: actualPort,
    close() {
      if (!stopped.signal.aborted) {
        stopped.abort();
        listener.close();
      }
      return accepting;
    },
  };
}

interface Acceptor {
  accept(): Promise<Deno.TcpConn | Deno.TlsConn>;
}

/** Accepts until `stopped`. Exported for its test: a full system is hard to make. */
export async function acceptAll(
  acceptor: Acceptor,
  { onConnection, onError }: Pick<ListenOptions, "onConnection" | "onError">,
  stopped: AbortSignal,
  pauseMs: number = PAUSE_MS,
): Promise<void> {
  while (!stopped.aborted) {
    let connection: Connection;
    try {
      connection = connectionOf(await acceptor.accept());
    } catch (error) {
      if (stopped.aborted) return;
      // A client that was gone before it was accepted costs nobody a pause.
      if (isGone(error)) continue;
      onError(error);
      await pause(pauseMs, stopped);
      continue;
    }
    try {
      onConnection(connection);
    } catch (error) {
      connection.close();
      onError(error);
    }
  }
}

function connectionOf(conn: Deno.TcpConn | Deno.TlsConn): Connection {
  // Each write holds all that there is to say: waiting for more would only delay it. TLS has no such switch.
  if ("setNoDelay" in conn) conn.setNoDelay(true);
  const { hostname } = conn.remoteAddr as Deno.NetAddr;
  // An IPv4 client of an IPv6 socket is the same client: limits by address must see it so.
  return new Connection(conn, { address: hostname.replace(/^::ffff:(?=\d+\.)/i, "") });
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected;
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  stopped.addEventListener("abort", stop, { once: true });
  return promise.finally(() => stopped.removeEventListener("abort", stop));
}
