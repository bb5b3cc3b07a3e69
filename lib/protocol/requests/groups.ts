/** Requests about groups and their members. */
import { z } from "zod";
import {
  chatId,
  cid,
  description,
  group,
  groupName,
  member,
  namePrefix,
  role,
  seq,
  userId,
} from "../fields.ts";
import { boolean, dup, id, more, type RequestSpec, someOf } from "./spec.ts";

export const GROUPS_REQUESTS = {
  group_create: {
    area: "groups",
    from: "user",
    about: "a group of which I am the owner",
    fields: z.object({
      type: z.literal("group_create"),
      id,
      name: groupName,
      description: description.optional(),
      public: boolean.optional(),
      cid: cid.optional(),
    }),
    ok: z.object({ chat: chatId, dup }),
  },
  group_join: {
    area: "groups",
    from: "user",
    about: "become a member of a public group",
    fields: z.object({ type: z.literal("group_join"), id, chat: chatId }),
    ok: z.object({ chat: chatId, seq }),
  },
  group_invite: {
    area: "groups",
    from: "user",
    about: "adds a user: in a public group any member may, in a private one its owner and admins",
    fields: z.object({ type: z.literal("group_invite"), id, chat: chatId, user: userId }),
    ok: z.object({}),
  },
  group_leave: {
    area: "groups",
    from: "user",
    about: "an owner who leaves is followed by an admin, else by the longest member",
    fields: z.object({ type: z.literal("group_leave"), id, chat: chatId }),
    ok: z.object({}),
  },
  group_kick: {
    area: "groups",
    from: "user",
    about: "removes a member: the owner anybody, an admin members",
    fields: z.object({ type: z.literal("group_kick"), id, chat: chatId, user: userId }),
    ok: z.object({}),
  },
  group_role: {
    area: "groups",
    from: "user",
    about: "the owner's: makes an admin, a member, or the next owner (and becomes an admin)",
    fields: z.object({ type: z.literal("group_role"), id, chat: chatId, user: userId, role }),
    ok: z.object({}),
  },
  group_edit: {
    area: "groups",
    from: "user",
    about: "another name, description or visibility: the owner and admins",
    fields: someOf(
      z.object({
        type: z.literal("group_edit"),
        id,
        chat: chatId,
        name: groupName.optional(),
        description: description.optional(),
        public: boolean.optional(),
      }),
      "name",
      "description",
      "public",
    ),
    ok: z.object({}),
  },
  group_info: {
    area: "groups",
    from: "user",
    about: "a group and, for its members, who is in it (by user id)",
    fields: z.object({ type: z.literal("group_info"), id, chat: chatId, after: userId.optional() }),
    ok: z.object({ group, members: z.array(member), more }),
  },
  group_find: {
    area: "groups",
    from: "user",
    about: "public groups whose name begins so",
    fields: z.object({ type: z.literal("group_find"), id, name: namePrefix }),
    ok: z.object({ groups: z.array(group) }),
  },
} as const satisfies Record<string, RequestSpec>;
