/** Standard output for data, standard error for notes. Both are written at once, so that nothing is lost at the end. */

export interface Output {
  /** Whether somebody has it, or will. */
  data(line: string): boolean;
  note(line: string): void;
}

/** `onClosed`: nobody reads the data any more. */
export function standardOutput(onClosed: () => void): Output {
  return {
    data: (line) => write(Deno.stdout, line, onClosed),
    note: (line) => void write(Deno.stderr, line, () => {}),
  };
}

/** While the reader of a pipe is slow, the whole client waits; the server then keeps what comes in the log. */
function write(
  target: { writeSync(bytes: Uint8Array): number },
  line: string,
  onClosed: () => void,
): boolean {
  let bytes = new TextEncoder().encode(`${line}\n`);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(target.writeSync(bytes));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    onClosed();
    return false;
  }
}
