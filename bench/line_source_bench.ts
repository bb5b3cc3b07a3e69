/** What reading costs: bytes in memory → LineSource → TextLineStream → lines. The count is in each name. */
import { TextLineStream } from "@std/streams/text-line-stream";
import { type ByteReader, LineSource } from "../lib/transport/line_source.ts";

const LINES = 10_000;
const line = new TextEncoder().encode(
  JSON.stringify({
    type: "send",
    id: 12345,
    chat: 17,
    cid: "01JC4XN5T9AVWMBYQZ0F3K8HDE",
    text: "x".repeat(110),
  }) +
    "\n",
);
const input = new Uint8Array(line.length * LINES);
for (let i = 0; i < LINES; i++) input.set(line, i * line.length);

/** Gives at most `size` bytes a read: what a client sends at once. */
function readerOf(size: number): ByteReader {
  let start = 0;
  return {
    read(buffer) {
      const chunk = input.subarray(start, start + Math.min(size, buffer.length));
      if (chunk.length === 0) return Promise.resolve(null);
      buffer.set(chunk);
      start += chunk.length;
      return Promise.resolve(chunk.length);
    },
  };
}

async function count(size: number): Promise<void> {
  let lines = 0;
  const { stream } = new LineSource(readerOf(size));
  for await (const _ of stream.pipeThrough(new TextLineStream())) lines++;
  if (lines !== LINES) throw new Error(`${lines} lines instead of ${LINES}`);
}

// Deno.bench awaits only what is declared `async`.
for (const together of [1, 16]) {
  Deno.bench(`read ${LINES} lines of ${line.length} bytes, ${together} at once`, async () => {
    await count(together * line.length);
  });
}
Deno.bench(`read ${LINES} lines of ${line.length} bytes, cut at 1000 bytes`, async () => {
  await count(1_000);
});
