/** The protocol's documents say what the code does. `deno task docs` brings the generated parts up to date. */
import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { z } from "zod";
import { protocolSchema } from "../../docs/json_schema.ts";
import { renderParts, withParts } from "../../docs/render.ts";
// As imports, because they need no permission.
import markdown from "../../docs/protocol.md" with { type: "text" };
import schema from "../../docs/protocol.schema.json" with { type: "json" };
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { EXAMPLE_ENTRIES } from "../protocol/examples.ts";

const definitions: Record<string, object> = schema.$defs;

/** A definition, read back by zod. `without` drops keywords that it reads wrongly: `required` without `properties`. */
function inSchema(name: string, without: readonly string[] = []): z.ZodType {
  const entries = Object.entries(definitions[name]!).filter(([keyword]) => !without.includes(keyword));
  const definition = { ...Object.fromEntries(entries), $defs: schema.$defs };
  return z.fromJSONSchema(definition as z.core.JSONSchema.JSONSchema);
}

Deno.test("protocol.md has the tables of the code", () => {
  equal(markdown, withParts(markdown, renderParts()), "run `deno task docs`");
});

Deno.test("protocol.schema.json is the schema of the code", () => {
  equal(schema, JSON.parse(JSON.stringify(protocolSchema())), "run `deno task docs`");
});

Deno.test("a part that has no place, or a place that has no part, is an error", () => {
  const place = "<!-- generated: x -->\n<!-- deno-fmt-ignore-start -->\nold\n<!-- deno-fmt-ignore-end -->\n";
  ok(withParts(place, new Map([["x", "new"]])).includes("\nnew\n"));
  throws(() => withParts(place, new Map([["x", "1"], ["y", "2"]])), /no place for y/);
  throws(() => withParts(place, new Map()), /"x" is no part/);
  throws(() => withParts(place + place, new Map([["x", "1"]])), /stands there twice/);
});

Deno.test("the schema's references lead somewhere", () => {
  const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) =>
    name!
  );
  ok(references.length > 0);
  for (const name of references) ok(Object.hasOwn(definitions, name), name);
});

Deno.test("the schema takes what the server takes", () => {
  for (const [type, examples] of EXAMPLE_ENTRIES) {
    const request = inSchema(`request.${type}`, ["oneOf", "anyOf", "not"]);
    for (const fields of examples) {
      // JavaScript counts lengths in UTF-16 units here, JSON Schema in characters.
      if (JSON.stringify(fields).includes("😀")) continue;
      for (const more of [{}, { id: "a" }, { id: 1, unknown: true }]) {
        const checked = request.safeParse({ type, ...fields, ...more });
        ok(checked.success, `${type}: ${checked.error?.message}`);
      }
    }
    ok(!request.safeParse({ type: "other", ...examples[0] }).success, type);
  }
});

Deno.test("the lines that protocol.md shows are lines of the protocol", () => {
  const shown = [...markdown.matchAll(/^(> )?(\{"type".*\})$/gm)].filter(([line]) => !line.includes("…"));
  ok(shown.length >= 10);
  for (const [, isTyped, line = ""] of shown) {
    const message = JSON.parse(line);
    if (isTyped) ok("request" in decodeRequest(line), line);
    else ok(inSchema("fromServer").safeParse(message).success, line);
    if (message.type === "event") ok(inSchema(`event.${message.kind}`).safeParse(message).success, line);
  }
});
