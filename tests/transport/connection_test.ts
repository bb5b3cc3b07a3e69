import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Connection } from "../../lib/transport/connection.ts";
import { listen, type Listener } from "../../lib/transport/listener.ts";
import { until } from "../kit/until.ts";
import { bytesOf } from "./memory.ts";

/** A connection of the server and the client's end of it, over a real socket. */
class Pair implements AsyncDisposable {
  private constructor(
    readonly listener: Listener,
    readonly server: Connection,
    readonly client: Deno.TcpConn,
  ) {}

  static async open(options: { hostname?: string } = {}): Promise<Pair> {
    const accepted = Promise.withResolvers<Connection>();
    const listener = listen({
      hostname: options.hostname ?? "127.0.0.1",
      port: 0,
      onConnection: accepted.resolve,
      onError: accepted.reject,
    });
    const client = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
    return new Pair(listener, await accepted.promise, client);
  }

  async write(text: string): Promise<void> {
    const bytes = bytesOf(text);
    for (let sent = 0; sent < bytes.length;) sent += await this.client.write(bytes.subarray(sent));
  }

  /** What the client reads until the server ends. */
  async read(): Promise<string> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    let text = "";
    for (let n; (n = await this.client.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, n), { stream: true });
    }
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    try {
      this.client.close();
    } catch {
      // Closed by the test.
    }
    await this.listener.close();
  }
}

async function linesOf(connection: Connection): Promise<string[]> {
  return await Array.fromAsync(connection.lines);
}

// Sockets need permissions, and plain `deno test` has none.
if ((await Deno.permissions.query({ name: "net" })).state === "granted") {
  Deno.test("a client that has ended its side still gets all its answers", async () => {
    await using pair = await Pair.open();
    await pair.write("one\r\nzwölf\nno line end");
    await pair.client.closeWrite();
    for await (const line of pair.server.lines) pair.server.send(bytesOf(`${line}!\n`));
    equal(pair.server.fault, undefined);
    pair.server.send(bytesOf("bye\n"));
    const ended = pair.server.end();
    equal(await pair.read(), "one!\nzwölf!\nno line end!\nbye\n");
    await Promise.all([ended, pair.server.end(), pair.server.closed]);
  });

  Deno.test("that the input has ended is known while its lines are still looked at", async () => {
    await using pair = await Pair.open();
    await pair.write("one\n");
    const lines = pair.server.lines[Symbol.asyncIterator]();
    equal((await lines.next()).value, "one");
    equal(pair.server.hasEnded, false);
    await pair.client.closeWrite();
    await until(() => ok(pair.server.hasEnded));
  });

  Deno.test("lines come as they are sent, without waiting for more", async () => {
    await using pair = await Pair.open();
    const lines = pair.server.lines[Symbol.asyncIterator]();
    for (const line of ["a", "b", "c"]) {
      await pair.write(`${line}\n`);
      equal(await lines.next(), { done: false, value: line });
    }
  });

  Deno.test("close ends the lines although a read is pending, and those that were not taken", async () => {
    await using pair = await Pair.open();
    const lines = linesOf(pair.server);
    pair.server.close();
    pair.server.close();
    equal(await lines, []);

    await using other = await Pair.open();
    await other.write("a\nb\nc\n");
    const taken: string[] = [];
    for await (const line of other.server.lines) {
      taken.push(line);
      other.server.close();
    }
    equal(taken, ["a"]);
    await Promise.all([other.server.closed, other.server.drained(), other.server.end()]);
  });

  Deno.test("a client that goes away without reading ends the lines quietly", async () => {
    await using pair = await Pair.open();
    const lines = linesOf(pair.server);
    await pair.write("a\nb\n");
    pair.server.send(bytesOf("unread\n"));
    await pair.client.read(new Uint8Array(1));
    // With input unread the system may send a reset, now or in answer to the next write.
    pair.client.close();
    equal(await lines, ["a", "b"]);
    pair.server.send(bytesOf("to nobody\n"));
    await pair.server.end();
  });

  Deno.test("the last line arrives although the client's input was not read", async () => {
    await using pair = await Pair.open();
    const written = pair.write("x".repeat(1_000_000)).catch(() => {});
    equal(await linesOf(pair.server), []);
    equal(pair.server.fault, "line_too_long");
    pair.server.send(bytesOf("line_too_long\n"));
    const ended = pair.server.end();
    equal(await pair.read(), "line_too_long\n");
    await written;
    pair.client.close();
    await ended;
  });

  Deno.test("a client that does not read fills the queue, and gets everything once it reads", async () => {
    await using pair = await Pair.open();
    const line = bytesOf("x".repeat(99_999) + "\n");
    let sent = 0;
    // The system's own buffers come first: the queue must stay full over a turn of the event loop.
    while (!pair.server.full) {
      for (let i = 0; i < 11; i++, sent++) pair.server.send(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const drained = pair.server.drained();
    const text = pair.read();
    await drained;
    ok(!pair.server.full);
    const ended = pair.server.end();
    equal((await text).length, sent * line.length);
    pair.client.close();
    await ended;
  });

  Deno.test("an IPv4 client is known by its IPv4 address, on an IPv6 socket too", async () => {
    await using pair = await Pair.open({ hostname: "::" });
    equal(pair.server.address, "127.0.0.1");
  });
}
