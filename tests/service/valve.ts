/**
 * A client of a server in this process whose reading a test shuts and opens: while it is shut the server's system takes
 * no byte for it, however large its buffers are. Everything else is real. Counts what the server has queued for it.
 */
import { Connection, type Socket } from "../../lib/transport/connection.ts";
import type { TestServer } from "../kit/server.ts";
import { Wire } from "../kit/wire.ts";

export class Valve {
  /** What is queued for the client now, and at most so far. */
  queuedBytes = 0;
  mostQueuedBytes = 0;
  #allowedBytes = Infinity;
  #changed = Promise.withResolvers<void>();

  shut(): void {
    this.#allowedBytes = 0;
  }

  open(): void {
    this.pass(Infinity);
  }

  /** So many bytes more may go. */
  pass(bytes: number): void {
    this.#allowedBytes += bytes;
    this.wake();
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  queued(bytes: number): void {
    this.queuedBytes += bytes;
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.queuedBytes);
  }

  taken(bytes: number): void {
    this.queuedBytes -= bytes;
    this.#allowedBytes -= bytes;
  }

  /** How much may go now: it waits until something may. */
  async allowed(isClosed: () => boolean): Promise<number> {
    while (this.#allowedBytes <= 0 && !isClosed()) await this.#changed.promise;
    return this.#allowedBytes;
  }
}

export interface Valved extends AsyncDisposable {
  readonly wire: Wire;
  readonly valve: Valve;
}

/** A new connection to this server, with its valve open. */
export async function connectValved(server: TestServer): Promise<Valved> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, accepted] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const valve = new Valve();
  server.chat.accept(new ValvedConnection(accepted, valve));
  const wire = new Wire(conn);
  await wire.take("welcome");
  return { wire, valve, [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose]() };
}

class ValvedConnection extends Connection {
  readonly #valve: Valve;

  constructor(conn: Deno.TcpConn, valve: Valve) {
    super(socket(conn, valve), { address: "127.0.0.1" });
    this.#valve = valve;
  }

  override send(line: Uint8Array): void {
    this.#valve.queued(line.length);
    super.send(line);
  }
}

function socket(conn: Deno.TcpConn, valve: Valve): Socket {
  let isClosed = false;
  return {
    read: (buffer) => conn.read(buffer),
    async write(bytes) {
      const allowed = await valve.allowed(() => isClosed);
      const taken = await conn.write(bytes.subarray(0, allowed));
      valve.taken(taken);
      return taken;
    },
    closeWrite: () => conn.closeWrite(),
    close() {
      isClosed = true;
      conn.close();
      valve.wake();
    },
  };
}
