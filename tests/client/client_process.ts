/** The client as `deno task client` runs it, in a process of its own. */
import { type Outcome, Process } from "../kit/process.ts";
import { ROOT } from "../kit/server_process.ts";

export const CLIENT = [
  "run",
  "-q",
  `--config=${ROOT}deno.json`,
  "-P=client",
  "--no-prompt",
  `${ROOT}client.ts`,
];
/** Before the name. */
export const SCRIPT = ["--password-stdin", "--name"];

type Args = readonly (string | number)[];

export function start(args: Args, env: Record<string, string> = {}): Process {
  return new Process(Deno.execPath(), [...CLIENT, ...args.map(String)], { env });
}

/** Runs the client with so many lines on its standard input, to its end. */
export async function run(
  args: Args,
  input: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Outcome> {
  await using client = start(args, env);
  // It may end before it has read everything.
  await client.write(input.map((line) => `${line}\n`).join("")).catch(() => {});
  await client.closeInput().catch(() => {});
  const { code } = await client.status;
  return { code, stdout: await client.stdout.all, stderr: await client.stderr.all };
}
