/** Requests about other users: friends and blocks. */
import { z } from "zod";
import { contact, contactState, namePrefix, user, userId } from "../fields.ts";
import { id, more, oneOf, type RequestSpec } from "./spec.ts";

export const CONTACTS_REQUESTS = {
  contact_add: {
    area: "contacts",
    from: "user",
    about: "asks somebody to be a friend; two who ask each other are friends",
    fields: oneOf(
      z.object({ type: z.literal("contact_add"), id, user: userId.optional(), name: namePrefix.optional() }),
      "user",
      "name",
    ),
    ok: z.object({ user, state: contactState }),
  },
  contact_accept: {
    area: "contacts",
    from: "user",
    about: "accepts what somebody asked",
    fields: z.object({ type: z.literal("contact_accept"), id, user: userId }),
    ok: z.object({ user, state: contactState }),
  },
  contact_remove: {
    area: "contacts",
    from: "user",
    about: "ends a friendship, or a request in either direction",
    fields: z.object({ type: z.literal("contact_remove"), id, user: userId }),
    ok: z.object({}),
  },
  block: {
    area: "contacts",
    from: "user",
    about: "ends the friendship too; from its answer on, nothing comes in from this user, nor goes out",
    fields: z.object({ type: z.literal("block"), id, user: userId }),
    ok: z.object({}),
  },
  unblock: {
    area: "contacts",
    from: "user",
    about: "takes a block back",
    fields: z.object({ type: z.literal("unblock"), id, user: userId }),
    ok: z.object({}),
  },
  contacts: {
    area: "contacts",
    from: "user",
    about: "friends, requests and blocks, by user id",
    fields: z.object({ type: z.literal("contacts"), id, after: userId.optional() }),
    ok: z.object({ contacts: z.array(contact), more }),
  },
} as const satisfies Record<string, RequestSpec>;
