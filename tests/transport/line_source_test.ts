import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { TextLineStream } from "@std/streams/text-line-stream";
import { type LineFault, LineSource } from "../../lib/transport/line_source.ts";
import { bytesOf, ChunkReader } from "./memory.ts";

interface Outcome {
  readonly lines: string[];
  readonly fault: LineFault | undefined;
}

async function linesOf(chunks: Iterable<Uint8Array>, maxLineBytes?: number): Promise<Outcome> {
  const source = new LineSource(new ChunkReader(chunks), maxLineBytes);
  const lines = await Array.fromAsync(source.stream.pipeThrough(new TextLineStream()));
  return { lines, fault: source.fault };
}

function* bytewise(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

function* cutAt(bytes: Uint8Array, ...positions: number[]): Generator<Uint8Array> {
  let start = 0;
  for (const end of [...positions, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

function joined(...parts: (string | number[])[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => typeof part === "string" ? [...bytesOf(part)] : part));
}

/** The same outcome however the bytes are cut: whole, in single bytes, at each position, at each two. */
async function alwaysGives(bytes: Uint8Array, expected: Outcome, maxLineBytes?: number): Promise<void> {
  equal(await linesOf([bytes], maxLineBytes), expected);
  equal(await linesOf(bytewise(bytes), maxLineBytes), expected);
  for (let i = 0; i <= bytes.length; i++) {
    for (let j = i; j <= bytes.length; j++) {
      equal(await linesOf(cutAt(bytes, i, j), maxLineBytes), expected, `cut at ${i} and ${j}`);
    }
  }
}

Deno.test("lines arrive whole wherever the bytes are cut, characters of several bytes too", async () => {
  await alwaysGives(bytesOf("a\nzwölf\r\n\n€ 😀\r\n"), {
    lines: ["a", "zwölf", "", "€ 😀"],
    fault: undefined,
  });
});

Deno.test("a last line without LF counts as a line", async () => {
  await alwaysGives(bytesOf("one\ntwö"), { lines: ["one", "twö"], fault: undefined });
  await alwaysGives(bytesOf(""), { lines: [], fault: undefined });
});

Deno.test("a BOM is a character like any other, first or later", async () => {
  await alwaysGives(bytesOf("\uFEFFa\n\uFEFFb"), { lines: ["\uFEFFa", "\uFEFFb"], fault: undefined });
});

Deno.test("the limit counts bytes without the line's end, and is exact", async () => {
  const max = 8;
  for (const end of ["\n", "\r\n", ""]) {
    // Eight bytes, five characters.
    await alwaysGives(bytesOf(`x\nzwö€x${end}`), { lines: ["x", "zwö€x"], fault: undefined }, max);
    await alwaysGives(bytesOf(`x\n12345678${end}`), { lines: ["x", "12345678"], fault: undefined }, max);
    await alwaysGives(bytesOf(`x\n123456789${end}`), { lines: ["x"], fault: "line_too_long" }, max);
    await alwaysGives(bytesOf(`123456789${end}`), { lines: [], fault: "line_too_long" }, max);
  }
});

Deno.test("a CR inside a line counts", async () => {
  await alwaysGives(bytesOf("1234567\r\r\n"), { lines: ["1234567\r"], fault: undefined }, 8);
  await alwaysGives(bytesOf("12345678\r\r\n"), { lines: [], fault: "line_too_long" }, 8);
  await alwaysGives(bytesOf("12345678\r9\n"), { lines: [], fault: "line_too_long" }, 8);
});

Deno.test("lines before and after growing are right, and only a long line needs a large buffer", async () => {
  const long = "ö".repeat(32_768);
  const middle = "m".repeat(5_000);
  const bytes = bytesOf(`a\n${long}\n${middle}\nb\n${long}\r\nc`);
  const expected = { lines: ["a", long, middle, "b", long, "c"], fault: undefined };
  equal(await linesOf([bytes]), expected);
  for (const size of [1, 100, 4_095, 4_096, 4_097, 65_536, 65_537]) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.subarray(i * size, (i + 1) * size),
    );
    equal(await linesOf(chunks), expected, `chunks of ${size} bytes`);
  }
  const short = new ChunkReader(bytewise(bytesOf("short\n".repeat(2_000))));
  await Array.fromAsync(new LineSource(short).stream);
  equal(short.largestBufferBytes, 4_096);
});

Deno.test("after a long line the buffer is small again", async () => {
  const reader = new ChunkReader([bytesOf("x".repeat(60_000) + "\n"), bytesOf("y\n"), bytesOf("z\n")]);
  const text = new LineSource(reader).stream.getReader();
  await text.read();
  ok(reader.largestBufferBytes > 60_000);
  reader.largestBufferBytes = 0;
  await text.read();
  equal(reader.largestBufferBytes, 4_096);
  await text.cancel();
});

Deno.test("a line without end is given up at the limit, in bounded memory", async () => {
  function* endless() {
    const chunk = bytesOf("x".repeat(10_000));
    for (;;) yield chunk;
  }
  const reader = new ChunkReader(endless());
  const source = new LineSource(reader);
  equal(await Array.fromAsync(source.stream), []);
  equal(source.fault, "line_too_long");
  equal(reader.largestBufferBytes, 65_538);
  ok(reader.reads < 50);
});

Deno.test("of bytes that are not UTF-8, the lines before them are passed on", async () => {
  const lone = [0x80];
  const overlong = [0xc0, 0xaf];
  const surrogate = [0xed, 0xa0, 0x80];
  const cutOff = [0xe2, 0x82];
  for (const bad of [lone, overlong, surrogate, cutOff, [0xff]]) {
    await alwaysGives(joined(bad, "\nb\nc\n"), { lines: [], fault: "not_utf8" });
    await alwaysGives(joined("ä\n€", bad, "\nc\n"), { lines: ["ä"], fault: "not_utf8" });
    await alwaysGives(joined("ä\nb\n", bad, "c\n"), { lines: ["ä", "b"], fault: "not_utf8" });
    await alwaysGives(joined("ä\nb", bad), { lines: ["ä"], fault: "not_utf8" });
  }
});

Deno.test("an input that ends inside a character ends there, whatever lines came before", async () => {
  const bytes = joined('{"text":"日本語"}\n', '{"text":"', [0xe2]);
  await alwaysGives(bytes, { lines: ['{"text":"日本語"}'], fault: "not_utf8" });
});

Deno.test("what comes first is the fault", async () => {
  await alwaysGives(joined("a\n", [0xff], "\n123456789"), { lines: ["a"], fault: "not_utf8" }, 8);
  await alwaysGives(joined("a\n123456789\n", [0xff], "\n"), { lines: ["a"], fault: "line_too_long" }, 8);
});

Deno.test("a failed read ends the lines quietly and drops the open one", async () => {
  let read = 0;
  const source = new LineSource({
    read(buffer) {
      if (read++ > 0) return Promise.reject(new Deno.errors.ConnectionReset("reset"));
      return Promise.resolve(new TextEncoder().encodeInto("a\nhalf", buffer).written);
    },
  });
  equal(await Array.fromAsync(source.stream), ["a\n"]);
  equal(source.fault, undefined);
});

Deno.test("nothing is read before somebody wants a line", async () => {
  const reader = new ChunkReader(bytewise(bytesOf("a\nb\n")));
  const text = new LineSource(reader).stream.getReader();
  equal(reader.reads, 0);
  equal(await text.read(), { done: false, value: "a\n" });
  equal(reader.reads, 2);
  await text.cancel();
  equal(reader.reads, 2);
});

Deno.test("cancelling while a read is pending is quiet", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const text = new LineSource({ read: () => promise }).stream.getReader();
  const pending = text.read();
  await text.cancel();
  equal(await pending, { done: true, value: undefined });
  resolve(0);
  await promise;
});
