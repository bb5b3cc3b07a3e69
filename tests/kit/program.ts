/**
 * A program that ends with the test, even when the test is killed.
 *
 * It runs in a process group of its own under a small shell, the guard, whose standard input is a pipe that the test
 * holds. The pipe ends with the test, whatever ended the test, and the guard then kills the group.
 */

const GUARD = `
exec 3<&0
setsid "$@" </dev/null >>"$FOLDER/log" 2>&1 3<&- &
program=$!
echo "$program"
{
  # A line: the test ends the program. The end of the pipe without one: the test is gone, and its files go too.
  read -r line <&3
  kill -KILL "-$program" "$program" 2>/dev/null
  [ -n "$line" ] || rm -rf "$FOLDER"
} &
wait "$program"
`;

/** The environment of every program: Debian keeps servers where an ordinary user does not look. */
function environment(): Record<string, string> {
  return { PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: "C" };
}

/** Runs a program to its end and returns its output. Throws with what it wrote if it fails. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const result = await new Deno.Command(command, { args, env: environment(), stdin: "null" }).output();
  const [output, errors] = [result.stdout, result.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!result.success) throw new Error(`${command} failed: ${output}${errors}`);
  return output!;
}

/** A running program. Its output goes to the file `log` in its folder, which is its current folder too. */
export class Program {
  readonly pid: number;
  readonly #guard: Deno.ChildProcess;
  readonly #ended: Promise<unknown>;
  #isRunning = true;
  #isReleased = false;

  private constructor(guard: Deno.ChildProcess, pid: number) {
    this.pid = pid;
    this.#guard = guard;
    this.#ended = guard.status.then(() => {
      this.#isRunning = false;
      return this.#release();
    });
  }

  static async start(folder: string, command: string, ...args: string[]): Promise<Program> {
    const guard = new Deno.Command("sh", {
      args: ["-c", GUARD, "guard", command, ...args],
      env: { ...environment(), FOLDER: folder },
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "null", // the shell's remarks about who was killed
    }).spawn();
    const reader = guard.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Program(guard, Number(new TextDecoder().decode(value)));
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Kills all processes of the program, stopped ones too, and returns when it has ended. */
  async kill(): Promise<void> {
    await this.#release();
    await this.#ended;
  }

  async #release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const writer = this.#guard.stdin.getWriter();
    await writer.write(new TextEncoder().encode("end\n"));
    await writer.close();
  }
}
