/**
 * Every request, in one table: its fields, who may send it, and what its `ok` carries.
 * Types, checks, `docs/protocol.md` and `docs/protocol.schema.json` all come from here.
 */
import { z } from "zod";
import { time } from "./fields.ts";
import { ACCOUNT_REQUESTS } from "./requests/account.ts";
import { CHATS_REQUESTS } from "./requests/chats.ts";
import { CONTACTS_REQUESTS } from "./requests/contacts.ts";
import { GROUPS_REQUESTS } from "./requests/groups.ts";
import { id, type RequestSpec } from "./requests/spec.ts";

export const REQUESTS = {
  ...ACCOUNT_REQUESTS,
  ...CONTACTS_REQUESTS,
  ...CHATS_REQUESTS,
  ...GROUPS_REQUESTS,
  ping: {
    area: "connection",
    from: "anyone",
    about: "keeps the connection from being idle",
    fields: z.object({ type: z.literal("ping"), id }),
    ok: z.object({ time }),
  },
} as const satisfies Record<string, RequestSpec>;

export type RequestType = keyof typeof REQUESTS;
/** A checked request. */
export type Request<T extends RequestType = RequestType> = {
  [K in T]: z.infer<(typeof REQUESTS)[K]["fields"]>;
}[T];
/** What `ok` carries beside `type` and `re`. */
export type Reply<T extends RequestType = RequestType> = { [K in T]: z.infer<(typeof REQUESTS)[K]["ok"]> }[T];
