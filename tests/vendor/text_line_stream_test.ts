import { deepStrictEqual as equal } from "node:assert/strict";
import { TextLineStream } from "@std/streams/text-line-stream";

function lines(chunks: string[], options?: { allowCR?: boolean }): Promise<string[]> {
  return Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new TextLineStream(options)));
}

Deno.test("lines end at LF and CRLF, and a tail is a line", async () => {
  equal(await lines(["a\nb\r\n\n\r\nc"]), ["a", "b", "", "", "c"]);
  equal(await lines(["a\n"]), ["a"]);
  equal(await lines([]), []);
  equal(await lines([""]), []);
});

Deno.test("where the chunks are cut makes no difference", async () => {
  const text = "one\r\ntwo\n\r\n\rthree\r\r\nfour\rfive\r";
  for (const allowCR of [false, true]) {
    const whole = await lines([text], { allowCR });
    for (let i = 0; i <= text.length; i++) {
      for (let j = i; j <= text.length; j++) {
        equal(await lines([text.slice(0, i), text.slice(i, j), text.slice(j)], { allowCR }), whole);
      }
    }
    equal(await lines([...text], { allowCR }), whole);
  }
});

Deno.test("a CR alone is part of the line, unless allowCR", async () => {
  equal(await lines(["a\rb\r\nc\r"]), ["a\rb", "c\r"]);
  equal(await lines(["a\rb\r\nc\r"], { allowCR: true }), ["a", "b", "c"]);
  equal(await lines(["\r", "\n", "\r", "x"], { allowCR: true }), ["", "", "x"]);
});
