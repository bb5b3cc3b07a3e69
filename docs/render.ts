/** The generated parts of `docs/protocol.md`, by name: each is a table made of one in lib/protocol. */
import { z } from "zod";
import { BYES, ERRORS } from "../lib/protocol/errors.ts";
import { EVENT_KINDS } from "../lib/protocol/events.ts";
import { chatEntry, contact, group, member, session, user } from "../lib/protocol/fields.ts";
import { LIMITS } from "../lib/protocol/limits.ts";
import { PUSHES } from "../lib/protocol/messages.ts";
import { REQUESTS } from "../lib/protocol/requests.ts";
import { fieldList, NAMED_TYPES } from "./type_text.ts";

const AREAS = ["account", "contacts", "chats", "groups", "connection"] as const;

export function renderParts(): ReadonlyMap<string, string> {
  return new Map([
    ...AREAS.map((area) => [`requests: ${area}`, requests(area)] as const),
    ["pushes", pushes()],
    ["events", events()],
    ["types", types()],
    ["errors", errors()],
    ["byes", byes()],
    ["limits", limits()],
  ]);
}

/** Puts each part between its two marker comments. Throws if the text lacks one, or has one too many. */
export function withParts(markdown: string, parts: ReadonlyMap<string, string>): string {
  const missing = new Set(parts.keys());
  const text = markdown.replace(
    /(<!-- generated: (.+) -->\n<!-- deno-fmt-ignore-start -->\n)[^]*?(<!-- deno-fmt-ignore-end -->)/g,
    (_, start: string, name: string, end: string) => {
      if (!missing.delete(name)) throw new Error(`protocol.md: "${name}" is no part, or stands there twice`);
      return `${start}\n${parts.get(name)}\n\n${end}`;
    },
  );
  if (missing.size > 0) throw new Error(`protocol.md: no place for ${[...missing].join(", ")}`);
  return text;
}

function requests(area: (typeof AREAS)[number]): string {
  const rows = Object.entries(REQUESTS).filter(([, request]) => request.area === area).map(
    ([type, request]) => {
      const rule = fieldRule(request.fields);
      const list = fieldList(request.fields, " · ", ["type", "id"]);
      return [
        `\`${type}\``,
        request.about,
        rule ? `${list} (${rule})` : list,
        request.from,
        fieldList(request.ok),
      ];
    },
  );
  return table(["request", "what it does", "fields", "who", "`ok` carries"], rows);
}

/** What holds of several fields together. The schemas say it in JSON Schema's words. */
function fieldRule(fields: z.ZodType): string | undefined {
  const { oneOf, anyOf, not } = z.globalRegistry.get(fields) as z.core.JSONSchemaMeta ?? {};
  const names = (alternatives: unknown) =>
    (alternatives as { required: string[] }[]).map(({ required: [name] }) => `\`${name}\``).join(", ");
  if (oneOf) return `exactly one of ${names(oneOf)}`;
  if (anyOf) return `at least one of ${names(anyOf)}`;
  if (not) {
    return `not both ${(not as { required: string[] }).required.map((name) => `\`${name}\``).join(" and ")}`;
  }
}

function pushes(): string {
  const rows = Object.entries(PUSHES).map((
    [type, { about, fields }],
  ) => [`\`${type}\``, about, fieldList(fields, " · ", ["type"])]);
  return table(["push", "what it says", "fields"], rows);
}

function events(): string {
  const rows = Object.entries(EVENT_KINDS).map((
    [kind, { log, about, body }],
  ) => [`\`${kind}\``, log, about, fieldList(body)]);
  return table(["kind", "log", "what it says", "fields"], rows);
}

function types(): string {
  const named = NAMED_TYPES.flatMap(({ name, about }) => about ? [[name, about]] : []);
  const objects = Object.entries({ user, "chat entry": chatEntry, contact, session, group, member })
    .map(([name, schema]) => [name, fieldList(schema)]);
  return table(["type", "what it is"], [...named, ...objects]);
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([code, error]) => [
    `\`${code}\``,
    error.message,
    error.retry ? "yes" : "no",
  ]);
  return table(["code", "message", "retry"], rows);
}

function byes(): string {
  const rows = Object.entries(BYES).map((
    [reason, { meaning, reconnect }],
  ) => [`\`${reason}\``, meaning, reconnect ? "yes" : "no"]);
  return table(["reason", "what it means", "reconnect by yourself"], rows);
}

function limits(): string {
  const rows = Object.values(LIMITS).map((
    { value, unit, meaning },
  ) => [`${value.toLocaleString("en")} ${unit}`, meaning]);
  return table(["limit", "of what, and what happens beyond it"], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join(
    "\n",
  );
}
