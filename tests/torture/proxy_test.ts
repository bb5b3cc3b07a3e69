import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { canRun } from "../kit/run.ts";
import { freePort } from "../kit/service.ts";
import { until } from "../kit/until.ts";
import { Dice } from "./dice.ts";
import { Proxy, type Trouble } from "./proxy.ts";

/** Answers each connection with what comes in, until its end. */
class Echo implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly port: number;

  constructor(port = freePort()) {
    this.port = port;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    void this.#serve();
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      void connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** What comes back of `text`, and whether the connection ended. */
async function exchange(port: number, text: string, waitMs = 5_000): Promise<[string, boolean]> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(65_536);
  let answer = "";
  let isOver = false;
  const timer = setTimeout(() => connection.close(), waitMs);
  try {
    await connection.write(new TextEncoder().encode(text));
    while (answer.length < text.length) {
      const count = await connection.read(buffer);
      if (count === null) {
        isOver = true;
        break;
      }
      answer += new TextDecoder().decode(buffer.subarray(0, count));
    }
    connection.close();
  } catch (error) {
    // Reset by the proxy, or closed here because nothing came.
    isOver = error instanceof Deno.errors.ConnectionReset;
  } finally {
    clearTimeout(timer);
  }
  return [answer, isOver];
}

const TEXT = "a line of text, and another one\n".repeat(3);

function troubled(trouble: Trouble): { readonly port: number } & Disposable {
  const echo = new Echo();
  const proxy = new Proxy(echo.port, new Dice(5));
  proxy.trouble = trouble;
  return {
    port: proxy.port,
    [Symbol.dispose]() {
      proxy[Symbol.dispose]();
      echo[Symbol.dispose]();
    },
  };
}

/** Needs the network, which plain `deno test` has not. */
const test: typeof Deno.test = (canRun ? Deno.test : () => {}) as typeof Deno.test;

test("a proxy passes everything on, also slowly and in pieces", async () => {
  for (const trouble of ["none", "delay", "split"] as const) {
    using proxy = troubled(trouble);
    equal(await exchange(proxy.port, TEXT), [TEXT, false]);
  }
});

test("a proxy cuts in the middle, and ends both sides", async () => {
  using proxy = troubled("cut");
  const [answer, isOver] = await exchange(proxy.port, TEXT);
  ok(isOver && answer.length < TEXT.length);
});

test("a proxy swallows without an end, and what is swallowed never comes back", async () => {
  const echo = new Echo();
  using _echo = echo;
  using proxy = new Proxy(echo.port, new Dice(5));
  proxy.trouble = "swallow";
  setTimeout(() => proxy.heal(), 50);
  equal(await exchange(proxy.port, TEXT, 300), ["", false]);
  equal(await exchange(proxy.port, TEXT), [TEXT, false]);
});

test("a proxy refuses while nobody listens behind it, and comes back with it", async () => {
  const echo = new Echo();
  using proxy = new Proxy(echo.port, new Dice(5));
  equal(await exchange(proxy.port, TEXT), [TEXT, false]);
  echo[Symbol.dispose]();
  await until(async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port }).catch(() => undefined);
    connection?.close();
    equal(connection, undefined);
  });
  using _again = new Echo(echo.port);
  await until(async () => equal(await exchange(proxy.port, TEXT), [TEXT, false]));
});
