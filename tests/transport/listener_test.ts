import { deepStrictEqual as equal, ok, rejects, throws } from "node:assert/strict";
import type { Connection } from "../../lib/transport/connection.ts";
import { ListenError } from "../../lib/transport/listen_error.ts";
import { acceptAll, listen, type ListenOptions } from "../../lib/transport/listener.ts";

/** A socket that came from somewhere and does nothing. */
function idleConn(): Deno.TcpConn {
  const ended = Promise.withResolvers<null>();
  return {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
    setNoDelay() {},
    read: () => ended.promise,
    close: () => ended.resolve(null),
  } as unknown as Deno.TcpConn;
}

/** Plays a script of what `accept` gives, then stops the loop. */
async function play(script: (Error | Deno.TcpConn)[], onConnection: (connection: Connection) => void) {
  const stopped = new AbortController();
  const errors: unknown[] = [];
  let asked = 0;
  const acceptor = {
    accept() {
      const next = script[asked++];
      if (next === undefined) {
        stopped.abort();
        return Promise.reject(new Deno.errors.BadResource("Listener has been closed"));
      }
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
  };
  await acceptAll(acceptor, { onConnection, onError: (error) => errors.push(error) }, stopped.signal, 0);
  return errors;
}

Deno.test("too many open files are reported, and accepting goes on", async () => {
  const full = Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  const connections: Connection[] = [];
  const errors = await play([idleConn(), full, full, idleConn()], (each) => connections.push(each));
  equal(errors, [full, full]);
  equal(connections.map(({ address }) => address), ["192.0.2.1", "192.0.2.1"]);
  for (const connection of connections) connection.close();
});

Deno.test("a client that was gone before it was accepted is not worth a report", async () => {
  const gone = [new Deno.errors.ConnectionAborted("x"), new Deno.errors.NotConnected("x")];
  equal(await play(gone, () => {}), []);
});

Deno.test("a handler that throws costs its own connection only", async () => {
  const fault = new Error("fault");
  const connections: Connection[] = [];
  const errors = await play([idleConn(), idleConn()], (each) => {
    connections.push(each);
    if (connections.length === 1) throw fault;
  });
  equal(errors, [fault]);
  await connections[0]!.closed;
  connections[1]!.close();
});

Deno.test("why a port cannot be listened on is one line that says what to do", () => {
  const lines = [
    [new Deno.errors.AddrInUse("Address already in use (os error 98)"), "another program has this port"],
    [new Deno.errors.PermissionDenied("Permission denied (os error 13)"), "from 1024 to 65535"],
    [new Deno.errors.NotCapable("Requires net access"), "--allow-net"],
    [new Deno.errors.AddrNotAvailable("Cannot assign requested address"), "0.0.0.0"],
    [new Error("failed to lookup address information: Name or service not known"), "no such host"],
    [new Error("something else"), "something else"],
  ] as const;
  for (const [cause, advice] of lines) {
    const { message } = new ListenError("::1", 6000, cause);
    ok(message.startsWith("cannot listen on [::1]:6000: "), message);
    ok(message.includes(advice) && !message.includes("\n"), message);
  }
});

// Sockets need permissions, and plain `deno test` has none.
if ((await Deno.permissions.query({ name: "net" })).state === "granted") {
  const ignoring: Pick<ListenOptions, "onConnection" | "onError"> = { onConnection() {}, onError() {} };

  Deno.test("the port that was free is told, and a second listener cannot have it", async () => {
    const listener = listen({ hostname: "127.0.0.1", port: 0, ...ignoring });
    ok(listener.port > 0);
    equal(listener.address, "127.0.0.1");
    throws(
      () => listen({ hostname: "127.0.0.1", port: listener.port, ...ignoring }),
      new RegExp(`^ListenError: cannot listen on 127\\.0\\.0\\.1:${listener.port}: another program`),
    );
    await Promise.all([listener.close(), listener.close()]);
    await rejects(
      Deno.connect({ hostname: "127.0.0.1", port: listener.port }),
      Deno.errors.ConnectionRefused,
    );
  });

  Deno.test("a host that is not this machine's is said to be so", () => {
    throws(() => listen({ hostname: "192.0.2.1", port: 0, ...ignoring }), /does not have this address/);
  });
}
