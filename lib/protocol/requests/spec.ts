/** What a request is made of, and the rules between its fields that no single field can state. */
import { z } from "zod";
import { requestId } from "../fields.ts";

/**
 * - `area`: where the documents list it.
 * - `from`: `guest`, only before a login; `user`, only after one; `anyone`.
 * - `together`: waits for its commit together with those before and behind it; every other request waits until
 *   those before it are answered, and is answered before the next one starts.
 * - `fields`: the request. `ok`: what its answer carries beside `type` and `re`.
 */
export interface RequestSpec {
  readonly area: "account" | "contacts" | "chats" | "groups" | "connection";
  readonly from: "guest" | "user" | "anyone";
  readonly together?: true;
  readonly about: string;
  readonly fields: z.ZodObject;
  readonly ok: z.ZodObject;
}

export const id = requestId.optional();
export const boolean = z.boolean();
export const more = z.boolean().meta({ description: "the list was cut: ask for the rest" });
export const dup = z.boolean().optional().meta({ description: "this cid was stored before" });

type Names<S extends z.ZodRawShape> = readonly (keyof S & string)[];

/** Exactly one of two fields. */
export function oneOf<S extends z.ZodRawShape>(
  fields: z.ZodObject<S>,
  a: keyof S & string,
  b: keyof S & string,
) {
  return counted(fields, [a, b], (given) => given === 1, `expected either '${a}' or '${b}'`)
    .meta({ oneOf: [{ required: [a] }, { required: [b] }] });
}

/** At most one of two fields. */
export function atMostOneOf<S extends z.ZodRawShape>(
  fields: z.ZodObject<S>,
  a: keyof S & string,
  b: keyof S & string,
) {
  return counted(fields, [a, b], (given) => given <= 1, `expected '${a}' or '${b}', not both`)
    .meta({ not: { required: [a, b] } });
}

/** At least one of the fields. */
export function someOf<S extends z.ZodRawShape>(fields: z.ZodObject<S>, ...names: Names<S>) {
  const list = names.map((name) => `'${name}'`).join(", ");
  return counted(fields, names, (given) => given >= 1, `expected at least one of ${list}`)
    .meta({ anyOf: names.map((name) => ({ required: [name] })) });
}

/** How many of the named fields are given decides; JSON Schema says the same by the caller's `meta`. */
function counted<S extends z.ZodRawShape>(
  fields: z.ZodObject<S>,
  names: Names<S>,
  holds: (given: number) => boolean,
  error: string,
) {
  return fields.refine((request) => {
    const values = request as Record<string, unknown>;
    return holds(names.filter((name) => values[name] !== undefined).length);
  }, { error, path: [names[0]!] });
}
