import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { BYES, ChatError, type ErrorCode, ERRORS } from "../../lib/protocol/errors.ts";
import { eventLine } from "../../lib/protocol/events.ts";
import type { ChatId, Cid, UserId } from "../../lib/protocol/fields.ts";
import { limits } from "../../lib/protocol/limits.ts";
import { errorLine, okLine, type Push, PUSHES, pushLine } from "../../lib/protocol/messages.ts";

const head = {
  chat: 17 as ChatId,
  seq: 43,
  kind: "text",
  from: 12 as UserId,
  cid: "01JC" as Cid,
  time: 1_794_000_000_000,
};

Deno.test("an event's line is its head and the fields of its body", () => {
  const bodies: Record<string, unknown>[] = [
    { text: 'a "quoted"\nline \u2028 with 😀 and \u0000' },
    { text: "x", edits: [44, 45], deleted: 46 },
    {},
    { entry: { chat: 5, kind: "group", name: "hiking", seq: 9, read: 9 } },
  ];
  for (const body of bodies) {
    const line = eventLine({ ...head, body: JSON.stringify(body) });
    ok(!line.includes("\n"));
    equal(JSON.parse(line), { type: "event", ...head, ...body });
  }
});

Deno.test("an answer has the request's id, or none if there was none", () => {
  equal(okLine(2, { chat: 17, seq: 42 }), '{"type":"ok","re":2,"chat":17,"seq":42}');
  equal(okLine("a\nb", {}), '{"type":"ok","re":"a\\nb"}');
  equal(okLine(undefined, {}), '{"type":"ok"}');
  equal(
    errorLine(0, new ChatError("busy")),
    `{"type":"error","re":0,"code":"busy","message":"${ERRORS.busy.message}","retry":true}`,
  );
});

Deno.test("every error says what it means and whether a retry can help", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const error = new ChatError(code);
    const { message, retry } = ERRORS[code];
    equal(JSON.parse(errorLine(undefined, error)), { type: "error", code, message, retry });
    // A client must not be asked to resend on a connection that closes on it.
  }
  ok(ERRORS.line_too_long.message.includes(String(limits.lineBytes)));
});

Deno.test("every push is what its schema says", () => {
  const pushes: Push[] = [
    {
      type: "welcome",
      protocol: 1,
      server: "n1",
      limits: { line: limits.lineBytes, text: limits.textChars, window: limits.window, idle_s: 45 },
      epoch: "E-1",
      presence: "all",
    },
    { type: "read", chat: head.chat, user: head.from, seq: 43 },
    { type: "typing", chat: head.chat, user: head.from },
    { type: "presence", user: head.from, online: true },
    ...(Object.keys(BYES) as (keyof typeof BYES)[]).map((reason) => ({ type: "bye", reason }) as const),
    { type: "bye", reason: "draining", retry_ms: 1730 },
  ];
  equal([...new Set(pushes.map(({ type }) => type))], Object.keys(PUSHES));
  for (const push of pushes) equal(PUSHES[push.type].fields.parse(JSON.parse(pushLine(push))), push);
});
