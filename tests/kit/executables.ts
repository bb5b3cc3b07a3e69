/** The executables as `deno task compile` builds them, in a temporary folder. */
import { resolve } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { Folder } from "./folder.ts";
import { run } from "./program.ts";
import { ROOT } from "./server_process.ts";

/** Which Deno compiles. */
function compiler(): string {
  return Deno.env.get("COMPILE_DENO") ?? Deno.execPath();
}

/** Whether `deno compile` has a runtime to put behind the program: it downloads one, unless it has it. */
export async function canCompile(): Promise<boolean> {
  await using folder = await Folder.make();
  const [script, executable] = [folder.file("probe.ts"), folder.file("probe")];
  await Deno.writeTextFile(script, `console.log("compiled");`);
  try {
    await run(compiler(), "compile", "-q", "--no-check", "-o", executable, script);
    return await run(executable) === "compiled\n";
  } catch {
    return false;
  }
}

/** What `deno task compile` runs: for each executable its name and the arguments of `deno`, but for `-o`. */
const COMMANDS = config.tasks.compile.command.split(" && ").map((command) => {
  const [, before, name, script] = command.match(/^deno (compile .*)-o dist\/(\S+) (\S+)$/)!;
  return { name: name!, args: before!.trim().split(" "), script: script! };
});

export type Executable = "chat-server" | "chat-client";

export class Executables implements AsyncDisposable {
  readonly #folder: Folder;

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  static async build(): Promise<Executables> {
    const built = new Executables(await Folder.make());
    try {
      for (const { name, script } of COMMANDS) await built.compile(name, script, name as Executable);
      return built;
    } catch (error) {
      await built[Symbol.asyncDispose]();
      throw error;
    }
  }

  path(name: string): string {
    return this.#folder.file(name);
  }

  /** Compiles a program with the arguments that the task has for the executable `like`. */
  async compile(name: string, script: string, like: Executable): Promise<string> {
    const { args: [compile, ...args] } = COMMANDS.find(({ name }) => name === like)!;
    const path = this.path(name);
    // Another version of Deno has other types: they are checked elsewhere, with the one that this is written for.
    const checked = [compile!, "--no-check", `--config=${ROOT}deno.json`, ...args];
    await run(compiler(), ...checked, "-o", path, resolve(ROOT, script));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
