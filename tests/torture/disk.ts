/** A small disk of its own (a tmpfs) under a folder: it can be filled to the last byte. Needs root. */
import { run } from "../kit/program.ts";

const BALLAST = "ballast";

export class Disk implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether this user may mount one. */
  static async isPossible(): Promise<boolean> {
    if (Deno.uid() !== 0) return false;
    const folder = await Deno.makeTempDir({ prefix: "clusterchat-disk-" });
    try {
      await using _disk = await Disk.mount(folder, 1);
      return true;
    } catch {
      return false;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  /** What is in the folder moves onto the disk. Nobody may have it open. */
  static async mount(folder: string, megabytes: number): Promise<Disk> {
    const before = `${folder}.before`;
    await Deno.rename(folder, before);
    await Deno.mkdir(folder);
    try {
      await run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder);
    } catch (error) {
      await Deno.remove(folder);
      await Deno.rename(before, folder);
      throw error;
    }
    await run("cp", "-a", `${before}/.`, folder);
    await Deno.remove(before, { recursive: true });
    return new Disk(folder);
  }

  /** Leaves no byte. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.#folder}/${BALLAST}`, { write: true, create: true, append: true });
    for (let size = 1 << 20; size >= 1;) {
      try {
        await file.write(new Uint8Array(size));
      } catch {
        size >>= 1;
      }
    }
  }

  async empty(): Promise<void> {
    await Deno.remove(`${this.#folder}/${BALLAST}`).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "-l", this.#folder);
  }
}
