/**
 * Hostile lines: whatever comes, `decodeRequest` answers, and its answer is well formed.
 * `FUZZ_LINES` and `FUZZ_SEED` in the environment make it longer and another (`deno test -A`).
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { EXAMPLE_ENTRIES } from "./examples.ts";
import { Random } from "../kit/random.ts";
import { refusalOf } from "./refusals.ts";

/** Long enough that no line has it by chance; short enough to pass as a password. */
const SECRET = "pa55-5ecret-pa55";

const NASTY = [
  ...String.raw`null true -0 1e400 9007199254740993 1.5 "" "\ud800" "\u0000" {} [] {"a": "__proto__": \ \u`
    .split(" "),
  ...'" } { [ ] , : 0 - e \u0000 \ud800 \u2028 \uFEFF 😀 \t {"id":1} "id":"x" "type":"ping"'.split(" "),
  " ",
  "[".repeat(2_000),
  "x".repeat(9_000),
];

/** A well-formed line, then up to four changes: a piece cut out, doubled, moved, or something nasty put in. */
function hostileLine(random: Random): string {
  const [type, examples] = random.pick(EXAMPLE_ENTRIES);
  const fields: Record<string, unknown> = { type, id: random.below(9), ...random.pick(examples) };
  for (const name of ["password", "old", "token"]) if (name in fields) fields[name] = SECRET;
  if (random.below(4) === 0) {
    fields[random.pick(Object.keys(fields))] = random.pick([null, [], {}, "", -1, SECRET]);
  }
  let line = JSON.stringify(fields);
  for (let changes = random.below(5); changes > 0; changes--) {
    const start = random.below(line.length + 1);
    const end = Math.min(line.length, start + random.below(12));
    const piece = line.slice(start, end);
    const rest = line.slice(0, start) + line.slice(end);
    const at = random.below(rest.length + 1);
    line = random.pick([
      rest,
      line.slice(0, end) + piece + line.slice(end),
      rest.slice(0, at) + piece + rest.slice(at),
      line.slice(0, start) + random.pick(NASTY) + line.slice(end),
      line.slice(0, start) + String.fromCharCode(random.below(0x300)) + line.slice(end),
    ]);
  }
  return line;
}

async function setting(name: string, otherwise: number): Promise<number> {
  const { state } = await Deno.permissions.query({ name: "env", variable: name });
  return state === "granted" ? Number(Deno.env.get(name) ?? otherwise) : otherwise;
}

Deno.test("hostile lines get a request or a well-formed refusal, and no answer has a secret", async () => {
  const lines = await setting("FUZZ_LINES", 20_000);
  const seed = await setting("FUZZ_SEED", 1);
  const random = new Random(seed);
  let requests = 0;
  let refusals = 0;
  for (let i = 0; i < lines; i++) {
    const line = hostileLine(random);
    const what = `line ${i} of seed ${seed}: ${line.slice(0, 200)}`;
    const decoded = decodeRequest(line);
    if ("request" in decoded) {
      requests++;
      // What was understood says the same when it is said again.
      equal(decodeRequest(JSON.stringify(decoded.request)), decoded, what);
    } else {
      refusals++;
      // A line may have the secret where a type stands: that is shown, and is not a password.
      const refusal = refusalOf(line)!;
      ok(refusal.code === "unknown_type" || !refusal.message.includes(SECRET), what);
    }
  }
  ok(requests > lines / 20 && refusals > lines / 20, `${requests} requests, ${refusals} refusals`);
});
