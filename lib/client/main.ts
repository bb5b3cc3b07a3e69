/** The client program: options → a connected client → a terminal or a script, and an exit code. */
import { promptSecret } from "@std/cli/prompt-secret";
import { ChatClient } from "./chat_client.ts";
import { EXIT, exitCodeOf, failureText, RESET_TEXT, unreachableText } from "./failures.ts";
import { waitingText } from "./kept.ts";
import { type Options, readOptions } from "./options.ts";
import { type Output, standardOutput } from "./output.ts";
import { Script } from "./script.ts";
import { stdinLines } from "./stdin_lines.ts";
import { SqliteStore } from "./store/sqlite_store.ts";

/** A script does not wait for ever for a server that is gone. */
const SCRIPT_GIVE_UP_MS = 60_000;

/** Returns the exit code: 0 done, 1 not reachable or refused, 2 wrong usage, 3 wrong login. */
export async function main(args: readonly string[], version: string): Promise<number> {
  const stopped = Promise.withResolvers<void>();
  const output = standardOutput(stopped.resolve);
  try {
    const start = readOptions(args, (name) => Deno.env.get(name), version);
    if (start.run === "client") return await run(start.options, output, stopped);
    output.data(start.text);
    return EXIT.done;
  } catch (error) {
    output.note(`chat-client: ${failureText(error)}`);
    return exitCodeOf(error);
  }
}

async function run(options: Options, output: Output, stopped: PromiseWithResolvers<void>): Promise<number> {
  const { host, port, tls, exec, json, follow, passwordStdin } = options;
  const isScript = exec.length > 0 || json || follow || passwordStdin || !Deno.stdin.isTerminal();
  using store = openStore(options);
  // It has its files; whatever a server sends, no other can be read or written from here on.
  for (const name of ["read", "write"] as const) Deno.permissions.revokeSync({ name });
  using client = new ChatClient({
    host,
    port,
    tls,
    ...isScript ? { giveUpMs: SCRIPT_GIVE_UP_MS } : {},
    ...store ? { store, shows: !isScript || follow } : {},
  });
  try {
    await client.connect();
  } catch (error) {
    output.note(`chat-client: ${unreachableText(error, port)}`);
    const waiting = store?.waiting() ?? 0;
    if (waiting > 0) output.note(`chat-client: ${waitingText(waiting)}`);
    return exitCodeOf(error);
  }
  if (!isScript) {
    const { Interactive } = await import("./interactive.ts");
    return await new Interactive(client, options, store).run();
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopped.resolve());
  }
  client.on("status", (status) => {
    if (status.phase === "offline") output.note("chat-client: connection lost, trying again");
  });
  client.on("reset", () => output.note(`chat-client: ${RESET_TEXT}`));
  const input = {
    lines: stdinLines(),
    hasCommands: passwordStdin || !Deno.stdin.isTerminal(),
    askSecret: promptSecret,
    stopped: stopped.promise,
  };
  return await new Script(client, options, input, output, store).run();
}

function openStore({ stateFolder, host, port, tls, token }: Options): SqliteStore | undefined {
  if (stateFolder === undefined) return undefined;
  // A session that was made over TLS is never told without.
  const server = `${host.toLowerCase()}:${port}${tls ? " (tls)" : ""}`;
  return SqliteStore.open({ folder: stateFolder, server, keepsSessions: token === undefined });
}
