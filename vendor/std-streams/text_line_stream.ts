/**
 * Text in chunks of any size in, lines out.
 *
 * A line ends at LF or CRLF, wherever the chunks are cut; with `allowCR` also at a CR alone. The terminator is not
 * part of the line. What follows the last terminator is a line too, unless it is empty. There is no limit to a
 * line's length: whoever feeds the stream sets one.
 */

/** Options for {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** A CR that no LF follows ends a line too. The default is false. */
  allowCR?: boolean;
}

/** Splits a stream of text into lines. */
export class TextLineStream extends TransformStream<string, string> {
  constructor(options: TextLineStreamOptions = {}) {
    const split = options.allowCR ? splitAtAny : splitAtLf;
    let open = "";
    super({
      transform(chunk, controller) {
        open = split(open, chunk, controller);
      },
      flush(controller) {
        // With allowCR a last CR was kept back only to see whether an LF follows.
        if (options.allowCR && open.endsWith("\r")) open = open.slice(0, -1);
        else if (open === "") return;
        controller.enqueue(open);
      },
    });
  }
}

type Lines = TransformStreamDefaultController<string>;

/** Enqueues the lines that `chunk` ends and returns what is left open. */
function splitAtLf(open: string, chunk: string, lines: Lines): string {
  // Only the chunk is searched: a long line that comes in many chunks costs its length, not its square.
  let end = chunk.indexOf("\n");
  if (end < 0) return open + chunk;
  const first = open + chunk.slice(0, end);
  lines.enqueue(first.endsWith("\r") ? first.slice(0, -1) : first);
  let start = end + 1;
  while ((end = chunk.indexOf("\n", start)) >= 0) {
    const isCrlf = end > start && chunk.charCodeAt(end - 1) === 13;
    lines.enqueue(chunk.slice(start, isCrlf ? end - 1 : end));
    start = end + 1;
  }
  return chunk.slice(start);
}

/** The same for LF, CRLF and CR. A CR at the very end stays open: its LF may be in the next chunk. */
function splitAtAny(open: string, chunk: string, lines: Lines): string {
  const text = open + chunk;
  const terminator = /\r\n|\n|\r(?!$)/g;
  // Before this nothing ends but a CR that was kept back.
  terminator.lastIndex = Math.max(0, open.length - 1);
  let start = 0;
  for (let match; (match = terminator.exec(text));) {
    lines.enqueue(text.slice(start, match.index));
    start = terminator.lastIndex;
  }
  return text.slice(start);
}
