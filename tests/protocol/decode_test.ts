import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { REQUESTS } from "../../lib/protocol/requests.ts";
import { EXAMPLE_ENTRIES } from "./examples.ts";
import { refusalOf } from "./refusals.ts";

function lineOf(type: string, fields: object, more: object = {}): string {
  return JSON.stringify({ type, ...fields, ...more });
}

Deno.test("every request is understood, with and without an id", () => {
  for (const [type, examples] of EXAMPLE_ENTRIES) {
    for (const fields of examples) {
      equal(decodeRequest(lineOf(type, fields)), { request: { type, ...fields }, re: undefined });
      for (const id of ["", "a b", "x".repeat(64), 0, -5, Number.MAX_SAFE_INTEGER]) {
        const decoded = decodeRequest(lineOf(type, fields, { id }));
        equal(decoded, { request: { type, ...fields, id }, re: id });
      }
    }
  }
});

Deno.test("the examples show every field of every request", () => {
  for (const [type, examples] of EXAMPLE_ENTRIES) {
    const shown = new Set(["type", "id", ...examples.flatMap((fields) => Object.keys(fields))]);
    equal([...shown].sort(), Object.keys(REQUESTS[type].fields.shape).sort(), type);
  }
});

Deno.test("unknown fields are ignored, of whatever name and depth", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  const unknown = [
    '"x":1',
    '"__proto__":{"id":7,"type":"logout"}',
    '"constructor":{"prototype":{"chat":1}}',
    '"toString":null',
    '"\\ud800":1',
    `"deep":${deep}`,
  ];
  for (const field of unknown) {
    equal(decodeRequest(`{"type":"ping",${field}}`), { request: { type: "ping" }, re: undefined });
  }
  const polluted: Record<string, unknown> = {};
  equal([polluted.id, polluted.chat], [undefined, undefined]);
});

Deno.test("of two fields of one name the last counts", () => {
  equal(decodeRequest('{"type":"logout","id":1,"id":2,"type":"ping"}'), {
    request: { type: "ping", id: 2 },
    re: 2,
  });
});

Deno.test("white space around a line, and a CR behind it, do not matter", () => {
  equal(decodeRequest(' {"type" : "ping"}\t\r'), { request: { type: "ping" }, re: undefined });
});

Deno.test("a line that is no JSON object is refused", () => {
  const lines = [
    "",
    " ",
    "{",
    "hello",
    "null",
    "1",
    '"ping"',
    "[]",
    '[{"type":"ping"}]',
    '{"type":"ping"}{}',
  ];
  lines.push(
    "[".repeat(30_000),
    "[".repeat(30_000) + "]".repeat(30_000),
    '\uFEFF{"type":"ping"}',
    "{'type':1}",
  );
  lines.push('{"type":"ping"}\0', "{type:ping}", '{"type":"ping",}', '{"type":"pi\nng"}');
  for (const line of lines) equal(refusalOf(line)?.code, "bad_request", line.slice(0, 40));
});

Deno.test("a type that there is not is an error of its own, and shown in short", () => {
  for (
    const type of [
      "",
      "Ping",
      "ping ",
      "__proto__",
      "toString",
      "hasOwnProperty",
      "\ud800",
      "x".repeat(60_000),
    ]
  ) {
    const refusal = refusalOf(JSON.stringify({ type, id: 9 }));
    equal([refusal?.code, refusal?.re], ["unknown_type", 9]);
  }
  // A cut through a character of two code units must not give half of it back.
  ok(refusalOf(JSON.stringify({ type: "x" + "😀".repeat(100) })));
});

Deno.test("without a type, or with one that is no string, the request is malformed", () => {
  for (const fields of ["", '"type":null', '"type":1', '"type":["ping"]', '"type":{}']) {
    const refusal = refusalOf(`{"id":9${fields && `,${fields}`}}`);
    equal([refusal?.code, refusal?.re], ["bad_request", 9]);
    ok(refusal!.message.startsWith("type: "), refusal!.message);
  }
});

Deno.test("the id comes back on every refusal, unless the id itself is refused", () => {
  equal(refusalOf('{"type":"send","id":"a","chat":0}')?.re, "a");
  equal(refusalOf('{"type":"none","id":-3}')?.re, -3);
  const wrong = ["null", "true", "1.5", "1e400", "-0", "9007199254740993", "[]", "{}", '"\\ud800"'];
  for (const id of [...wrong, `"${"x".repeat(65)}"`]) {
    const refusal = refusalOf(`{"type":"ping","id":${id}}`);
    equal([refusal?.code, refusal?.re], ["bad_request", undefined], id.slice(0, 40));
    ok(refusal!.message.startsWith("id: expected "), refusal!.message);
  }
});
