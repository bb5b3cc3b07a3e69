/**
 * A line → a checked request, or a refusal that names the field and what was expected.
 * Pure: the same line gives the same result, whoever sends it.
 */
import type { z } from "zod";
import { ChatError } from "./errors.ts";
import { type RequestId, requestId } from "./fields.ts";
import { type Request, REQUESTS, type RequestType } from "./requests.ts";

export type Decoded =
  | { readonly request: Request; readonly re: RequestId | undefined }
  | { readonly error: ChatError; readonly re: RequestId | undefined };

export function decodeRequest(line: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: new ChatError("bad_request", "expected one JSON object a line"), re: undefined };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { error: new ChatError("bad_request", "expected a JSON object"), re: undefined };
  }
  const { id, type } = value as { id?: unknown; type?: unknown };
  let re: RequestId | undefined;
  if (id !== undefined) {
    const checked = requestId.safeParse(id);
    if (!checked.success) return { error: new ChatError("bad_request", issueText(checked.error, "id")), re };
    re = checked.data;
  }
  if (typeof type !== "string") {
    return { error: new ChatError("bad_request", "type: expected the name of a request"), re };
  }
  if (!Object.hasOwn(REQUESTS, type)) {
    const shown = type.length > 40 ? `${type.slice(0, 40)}…` : type;
    return {
      error: new ChatError("unknown_type", `there is no request of type ${JSON.stringify(shown)}`),
      re,
    };
  }
  const checked = REQUESTS[type as RequestType].fields.safeParse(value);
  if (!checked.success) return { error: new ChatError("bad_request", issueText(checked.error)), re };
  return { request: checked.data as Request, re };
}

/**
 * The first issue as `field: what was expected`. Nothing that the client chose is repeated, neither a value, which
 * may be a password, nor a key, which may be as long as the line.
 */
function issueText(error: z.ZodError, field?: string): string {
  const issue = error.issues[0]!;
  const isKey = issue.code === "invalid_key";
  const path = field ?? (isKey ? issue.path.slice(0, -1) : issue.path).join(".");
  const message = (isKey ? issue.issues[0]! : issue).message.replace(/^Invalid input: /, "");
  return path === "" ? message : `${path}: ${message}`;
}
