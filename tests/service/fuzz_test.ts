/**
 * Random lines in every state of a session: the server answers each once, changes nothing it should not, and goes on.
 * FUZZ_LINES (default 3,000 for each state) and FUZZ_SEED make it longer and other; they need the environment.
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { REQUESTS, type RequestType } from "../../lib/protocol/requests.ts";
import { PASSWORD, startServer } from "../kit/server.ts";
import { canRun, serviceTest } from "../kit/services.ts";
import type { Wire } from "../kit/wire.ts";
import { Random } from "../kit/random.ts";

const lines = Number(canRun && Deno.env.get("FUZZ_LINES") || 3_000);
const seed = Number(canRun && Deno.env.get("FUZZ_SEED") || 1);

const CHARACTERS = [..."a\"\\{}[]:, 0'é🎉\u0001\u202e"];

function text(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(CHARACTERS)).join("");
}

const VALUES: readonly ((random: Random) => unknown)[] = [
  (random) => random.below(8),
  (random) => random.below(8),
  () => -0,
  () => 1.5,
  () => -1,
  () => Number.MAX_SAFE_INTEGER,
  () => "",
  () => "x",
  (random) => text(random, 12),
  (random) => "y".repeat(random.below(9_000)),
  () => "\ud800",
  () => "nul\0",
  () => null,
  () => true,
  () => [],
  () => ({ "1": 1 }),
  () => ["member", "owner"],
  () => "admin",
];

/** They hash a password, which is slow, or end the state that is being tried. */
const LEFT_OUT = new Set(["register", "login", "password", "logout", "revoke"]);

/** A request with fields of its own, each of a random value. */
function randomRequest(random: Random): Record<string, unknown> {
  const types = Object.keys(REQUESTS).filter((type) => !LEFT_OUT.has(type));
  const type = random.pick([...types, "nonsense"]);
  const request: Record<string, unknown> = { type };
  const fields = Object.keys(REQUESTS[type as RequestType]?.fields.shape ?? { a: 1 });
  for (const field of fields) {
    if (field === "type" || field === "id" || random.below(6) === 0) continue;
    request[field] = random.pick(VALUES)(random);
  }
  return request;
}

function randomLine(random: Random, id: number): string {
  const line = JSON.stringify({ ...randomRequest(random), id });
  if (random.below(4) > 0) return line;
  const at = random.below(line.length);
  return random.pick([
    () => line.slice(0, at),
    () => line.slice(0, at) + text(random, 3) + line.slice(at),
    () => `${"[".repeat(30_000)}`,
    () => line.replace('"type"', '"__proto__":{"type":1},"type"'),
    () => line.replace("}", ',"text":"twice"}'),
    () => text(random, 40),
  ])().replaceAll("\n", " ");
}

async function fuzz(wire: Wire, random: Random): Promise<void> {
  for (let sent = 0; sent < lines;) {
    const batch = Math.min(200, lines - sent);
    await wire.write(
      Array.from({ length: batch }, (_, i) => `${randomLine(random, sent + i + 1e6)}\n`).join(""),
    );
    sent += batch;
    // Every line is answered before this one is.
    await wire.settle();
    const answers = wire.clear().filter(({ type }) => type === "ok" || type === "error");
    equal(answers.length, batch);
    for (const { type, code } of answers) ok(type === "ok" || code !== "internal", JSON.stringify(answers));
  }
}

serviceTest("random lines leave a server running, in every state of a session", async () => {
  await using server = await startServer();
  await using ann = await server.user("ann");
  await using bob = await server.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "1", text: "a chat to break" });
  await bob.wire.request("group_create", { name: "a group to break", public: true });

  await using guest = await server.connect();
  await fuzz(guest, new Random(seed));
  await fuzz(ann.wire, new Random(seed + 1));
  await ann.wire.request("logout");
  await fuzz(ann.wire, new Random(seed + 2));
  await bob.wire.clear();
  await fuzz(bob.wire, new Random(seed + 3));

  await using witness = await server.connect();
  await witness.request("login", { user: ann.id, password: PASSWORD }); // her name may be another by now
  const { events } = await witness.request("history", { chat, after: 0 });
  equal(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
  equal(server.logged.filter(({ level }) => level === "error"), []);
});
