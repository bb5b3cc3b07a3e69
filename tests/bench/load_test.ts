import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Latencies } from "../../bench/load/latencies.ts";
import { Scanner } from "../../bench/load/scanner.ts";
import { Sequence } from "../../bench/load/sequence.ts";
import { FIRST_ID, Texts } from "../../bench/load/texts.ts";
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { eventLine, type StoredEvent } from "../../lib/protocol/events.ts";
import { okLine } from "../../lib/protocol/messages.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("a sequence tells what is missing, doubled and out of order", () => {
  const sequence = new Sequence();
  equal([0, 1, 3, 3, 1, 2, 6].map((n) => sequence.take(n)), [true, true, true, false, false, true, true]);
  equal([sequence.doubled, sequence.unordered], [2, 1]);
  equal([7, 6, 5, 4, 0].map((count) => sequence.missing(count)), [2, 2, 1, 0, 0]);
});

Deno.test("every text is a good request with an id and a cid of its own", () => {
  const lines = decoder.decode(new Texts(7, 1_000_000_000).encode(9, 3)).trimEnd().split("\n");
  const found = lines.map((line) => {
    const decoded = decodeRequest(line);
    ok("request" in decoded && decoded.request.type === "send", line);
    return [decoded.re, decoded.request.chat, decoded.request.cid];
  });
  equal(found, [9, 10, 11].map((n) => [FIRST_ID + n, 1_000_000_000, `7-${FIRST_ID + n}`]));
});

Deno.test("the scanner reads what the server writes", () => {
  const scanner = new Scanner();
  const event = {
    chat: 17,
    seq: 43,
    kind: "text",
    from: 12,
    cid: "3-1000000005",
    time: 1,
    body: '{"text":"hi"}',
  };
  const bytes = encoder.encode(`\n${eventLine(event as StoredEvent)}\n`);
  ok(scanner.isText(bytes, 1) && !scanner.isOk(bytes, 1));
  ok(scanner.isText(bytes, 1));
  equal([scanner.chat, scanner.seq, scanner.writer, scanner.n], [17, 43, 3, 1_000_000_005]);
  const answer = encoder.encode(`${okLine(1_000_000_005, { chat: 17, seq: 43, time: 1 })}\n`);
  ok(!scanner.isText(answer, 0) && scanner.isOk(answer, 0));
  equal(scanner.re, 1_000_000_005);
});

Deno.test("quantiles are right to a hundredth", () => {
  const latencies = new Latencies();
  ok(Number.isNaN(latencies.quantile(0.5)));
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms);
  for (const share of [0.001, 0.5, 0.99, 1]) {
    ok(Math.abs(latencies.quantile(share) / (1000 * share) - 1) < 0.011, String(share));
  }
});
