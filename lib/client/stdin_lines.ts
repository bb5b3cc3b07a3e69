/** Standard input by the line, for passwords first and commands after them. */
import { TextLineStream } from "@std/streams/text-line-stream";

export interface Lines {
  /** Undefined at the end. */
  next(): Promise<string | undefined>;
  /** Reads no more. */
  close(): Promise<void>;
}

/** Nothing is read before it is asked for. */
export function stdinLines(): Lines {
  let reader: ReadableStreamDefaultReader<string> | undefined;
  return {
    async next() {
      reader ??= Deno.stdin.readable
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream())
        .getReader();
      return (await reader.read()).value;
    },
    close: async () => await reader?.cancel(),
  };
}
