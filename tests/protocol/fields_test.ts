import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { decodeRequest } from "../../lib/protocol/decode.ts";
import { limits } from "../../lib/protocol/limits.ts";
import { REQUESTS } from "../../lib/protocol/requests.ts";
import { EXAMPLE_ENTRIES } from "./examples.ts";
import { refusalOf } from "./refusals.ts";

/** Values as JSON text, because JSON can say what JavaScript's own values cannot. */
const WRONG = {
  number: [
    "null",
    '"1"',
    "true",
    "[1]",
    "{}",
    "1.5",
    "-1",
    "-0",
    "1e400",
    "-1e400",
    "9007199254740993",
    "1e21",
  ],
  string: ["null", "1", "true", '["x"]', "{}", '"\\ud800"', '"x\\udc00y"', '"nul \\u0000"'],
  boolean: ["null", "1", '"true"', "[]", "{}"],
  object: ["null", "1", '"x"', "[]", "[[1,2]]"],
} as const;

/** Whatever a login's password is, it is not wrong in form. */
const ANY_TEXT = new Set(["login.password", "password.old"]);

function withField(type: string, fields: object, field: string, json: string): string {
  const others = Object.entries({ type, id: 4, ...fields }).filter(([name]) => name !== field);
  return JSON.stringify(Object.fromEntries(others)).replace(/}$/, `,"${field}":${json}}`);
}

Deno.test("each field refuses what it is not, by its name, and the answer has the request's id", () => {
  for (const [type, examples] of EXAMPLE_ENTRIES) {
    for (const fields of examples) {
      for (const [field, value] of Object.entries(fields)) {
        const wrong: readonly string[] = WRONG[typeof value as keyof typeof WRONG];
        for (const json of wrong) {
          if (ANY_TEXT.has(`${type}.${field}`) && json.startsWith('"')) continue;
          const refusal = refusalOf(withField(type, fields, field, json));
          const what = `${type}.${field} = ${json}`;
          equal([refusal?.code, refusal?.re], ["bad_request", 4], what);
          ok(refusal!.message.startsWith(`${field}: `), `${what}: ${refusal!.message}`);
        }
      }
    }
  }
});

Deno.test("a field that is missing is named, unless it is optional", () => {
  for (const [type, [fields]] of EXAMPLE_ENTRIES) {
    const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> =
      REQUESTS[type].fields.shape;
    for (const field of Object.keys(fields)) {
      const { [field as keyof typeof fields]: _, ...others } = fields;
      const refusal = refusalOf(JSON.stringify({ type, ...others }));
      if (!shape[field]!.safeParse(undefined).success) {
        equal(refusal?.code, "bad_request", `${type} without ${field}`);
        ok(refusal!.message.startsWith(`${field}: `), refusal!.message);
      }
    }
  }
});

function messageOf(type: string, fields: object): string | undefined {
  return refusalOf(JSON.stringify({ type, ...fields }))?.message;
}

Deno.test("one of two, not both, at least one", () => {
  const send = { cid: "c", text: "t" };
  for (const wrong of [send, { ...send, chat: 1, user: 2 }]) {
    equal(messageOf("send", wrong), "chat: expected either 'chat' or 'user'");
  }
  equal(messageOf("login", { password: "x" }), "name: expected either 'name' or 'user'");
  equal(messageOf("contact_add", {}), "user: expected either 'user' or 'name'");
  equal(
    messageOf("history", { chat: 1, after: 1, before: 2 }),
    "after: expected 'after' or 'before', not both",
  );
  equal(
    messageOf("group_edit", { chat: 1 }),
    "name: expected at least one of 'name', 'description', 'public'",
  );
});

Deno.test("lengths are counted in characters, and exact", () => {
  const lengths = [
    ["send", "text", { chat: 1, cid: "c" }, 1, limits.textChars],
    ["register", "name", { password: "x".repeat(8) }, 1, limits.nameChars],
    ["register", "password", { name: "ann" }, limits.passwordMinChars, limits.passwordMaxChars],
    ["group_create", "name", {}, 1, limits.groupNameChars],
    ["group_create", "description", { name: "g" }, 0, limits.descriptionChars],
    ["register", "device", { name: "ann", password: "x".repeat(8) }, 1, limits.deviceChars],
  ] as const;
  for (const [type, field, fields, min, max] of lengths) {
    // Letters, so that names take them: of one and of two code units.
    for (const letter of ["x", "𐐷"]) {
      const at = (length: number) => messageOf(type, { ...fields, [field]: letter.repeat(length) });
      equal([at(min), at(max)], [undefined, undefined], `${type}.${field}`);
      equal(at(max + 1), `${field}: expected ${min} to ${max} characters`);
      if (min > 1) equal(at(min - 1), `${field}: expected ${min} to ${max} characters`, `${type}.${field}`);
    }
    if (min > 0) ok(messageOf(type, { ...fields, [field]: "" }));
  }
});

Deno.test("a cid is of few characters, and short", () => {
  for (const cid of ["", "a b", "ä", "a\n", "\na", "x".repeat(65), "a.b", "a/b"]) {
    equal(messageOf("send", { chat: 1, cid, text: "t" }), "cid: expected 1 to 64 of A-Z a-z 0-9 _ and -");
  }
});

Deno.test("names have no control, invisible or outer characters", () => {
  const password = "x".repeat(8);
  for (
    const name of [
      " ann",
      "ann ",
      "a b",
      ".ann",
      "-a",
      "a\n",
      "a\u200b",
      "a\u202eb",
      "a\u001b[2J",
      "\u0301a",
      "@a",
    ]
  ) {
    ok(messageOf("register", { name, password })?.startsWith("name: "), JSON.stringify(name));
  }
  for (const name of ["", " x", "x ", "a\u001b]0;b", "a\u2028b", "a\u202eb", "a\u0085b", "a\tb"]) {
    ok(messageOf("group_create", { name })?.startsWith("name: "), JSON.stringify(name));
  }
  for (const name of ["ann", "Ænne", "n\u0303a", "日本", "7of9", "أحمد"]) {
    equal(messageOf("register", { name, password }), undefined, name);
  }
});

Deno.test("`have` takes chat ids and positions, and as many as a user can have chats", () => {
  const token = "t".repeat(43);
  const wrong: Record<string, unknown>[] = [{ "0": 1 }, { "01": 1 }, { "-1": 1 }, { "1.5": 1 }, { "x": 1 }, {
    "1": -1,
  }];
  wrong.push({ "1": "1" }, { "1": null }, { "": 1 }, { "12345678901234567": 1 }, {
    [`x${"y".repeat(60_000)}`]: 1,
  });
  for (const have of wrong) {
    ok(messageOf("resume", { token, have })?.startsWith("have"), JSON.stringify(have).slice(0, 80));
  }
  equal(messageOf("resume", { token, have: { x: 1 } }), "have: expected a chat's id");
  equal(messageOf("resume", { token, have: { 5: "1" } }), "have.5: expected an integer");
  // `__proto__` is as good as not there.
  equal(decodeRequest(`{"type":"resume","token":"${token}","have":{"__proto__":1,"5":2}}`), {
    request: { type: "resume", token, have: { "5": 2 } },
    re: undefined,
  });
  const all = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i + 1), i]));
  equal(messageOf("resume", { token, have: all(limits.chatsPerUser + 1) }), undefined);
  equal(messageOf("resume", { token, have: all(limits.chatsPerUser + 2) }), "have: expected fewer chats");
});

Deno.test("no answer repeats a secret", () => {
  const secret = "S3cret";
  const wrong = [
    { type: "register", name: "ann", password: secret },
    { type: "register", name: "", password: secret.repeat(2) },
    { type: "register", name: "ann", password: [secret] },
    { type: "register", name: "ann", password: { [secret]: secret } },
    { type: "login", password: secret },
    { type: "login", user: 1, name: "ann", password: secret },
    { type: "login", name: "ann", password: secret.repeat(300) },
    { type: "password", old: secret, new: secret },
    { type: "password", old: [secret], new: "x".repeat(8) },
    { type: "resume", token: secret },
    { type: "resume", token: secret, have: [secret] },
    { type: "logni", password: secret },
  ];
  for (const request of wrong) {
    const refusal = refusalOf(JSON.stringify(request));
    ok(refusal && !refusal.message.includes(secret), JSON.stringify(refusal));
  }
  // JavaScript's own message of a syntax error shows the text around it.
  ok(!refusalOf(`{"type":"login","password":"${secret}`)!.message.includes(secret));
});

Deno.test("text goes through byte for byte", () => {
  for (
    const text of [
      "'; DROP TABLE users; --",
      "%s%n${x}",
      "*1\r\n$4\r\nPING\r\n",
      "\u001b[2J",
      "a\u0301",
      "\uFEFF",
    ]
  ) {
    equal(decodeRequest(JSON.stringify({ type: "send", chat: 1, cid: "c", text })), {
      request: { type: "send", chat: 1, cid: "c", text },
      re: undefined,
    });
  }
});
