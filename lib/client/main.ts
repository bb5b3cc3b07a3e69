/** The client program: options → a connected client → a terminal or a script, and an exit code. */
import { promptSecret } from "@std/cli/prompt-secret";
import { ChatClient } from "./chat_client.ts";
import { EXIT, exitCodeOf, failureText, unreachableText } from "./failures.ts";
import { type Options, readOptions } from "./options.ts";
import { type Output, standardOutput } from "./output.ts";
import { Script } from "./script.ts";
import { stdinLines } from "./stdin_lines.ts";

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
  using client = new ChatClient({ host, port, tls, ...isScript ? { giveUpMs: SCRIPT_GIVE_UP_MS } : {} });
  try {
    await client.connect();
  } catch (error) {
    output.note(`chat-client: ${unreachableText(error, port)}`);
    return exitCodeOf(error);
  }
  if (!isScript) {
    const { Interactive } = await import("./interactive.ts");
    return await new Interactive(client, options).run();
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopped.resolve());
  }
  client.on("status", (status) => {
    if (status.phase === "offline") output.note("chat-client: connection lost, trying again");
  });
  const input = {
    lines: stdinLines(),
    hasCommands: passwordStdin || !Deno.stdin.isTerminal(),
    askSecret: promptSecret,
    stopped: stopped.promise,
  };
  return await new Script(client, options, input, output).run();
}
