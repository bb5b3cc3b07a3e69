/** Commands about groups. */
import type { UserId } from "../../protocol/fields.ts";
import { readPages } from "../pages.ts";
import { groupInfoLines, groupLines } from "../view/lists.ts";
import { group, oneOf, optional, restOfLine, user, word } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { CommandError } from "./errors.ts";

export const GROUPS: readonly Command[] = [
  command({
    name: "create",
    area: "groups",
    args: {
      name: word("NAME"),
      visibility: optional(oneOf("public", "private")),
      description: optional(restOfLine("DESCRIPTION")),
    },
    help: "make a group, private unless it is said to be public; you own it",
    example: '/create "hiking club" public tours on Sundays',
    run: ({ client }, { name, visibility, description }) =>
      client.request("group_create", { name, description, public: visibility === "public" }),
  }),
  command({
    name: "join",
    area: "groups",
    args: { group: group() },
    help: "become a member of a public group",
    example: "/join hiking",
    run: async ({ client, places }, { group }) =>
      client.request("group_join", { chat: await places.publicGroup(group) }),
  }),
  command({
    name: "invite",
    area: "groups",
    args: { user: user(), group: optional(group()) },
    help: "add somebody to a group; without a name, to the open one",
    example: "/invite bob hiking",
    run: async ({ client, places }, { user, group }) =>
      client.request("group_invite", {
        chat: await places.group(group),
        user: await places.user(user),
      }),
  }),
  command({
    name: "leave",
    area: "groups",
    args: { group: optional(group()) },
    help: "leave a group; without a name, the open one",
    example: "/leave hiking",
    run: async ({ client, places }, { group }) =>
      client.request("group_leave", { chat: await places.group(group) }),
  }),
  command({
    name: "kick",
    area: "groups",
    args: { user: user(), group: optional(group()) },
    help: "remove somebody from a group",
    example: "/kick bob hiking",
    run: async ({ client, places }, { user, group }) =>
      client.request("group_kick", { chat: await places.group(group), user: await places.user(user) }),
  }),
  command({
    name: "role",
    area: "groups",
    args: { user: user(), role: oneOf("owner", "admin", "member"), group: optional(group()) },
    help: "make somebody an admin, a member again, or the owner in your place",
    example: "/role bob admin hiking",
    run: async ({ client, places }, { user, role, group }) =>
      client.request("group_role", {
        chat: await places.group(group),
        user: await places.user(user),
        role,
      }),
  }),
  command({
    name: "group",
    area: "groups",
    args: { group: optional(group()) },
    help: "show a group and who is in it; without a name, the open one",
    example: "/group hiking",
    async run({ client, places }, { group }) {
      const chat = group && await places.group(group).catch(() => places.publicGroup(group)) ||
        await places.group();
      const pages = await readPages(
        (after: UserId | undefined) => client.request("group_info", { chat, after }),
        ({ members }) => members.at(-1)?.user.id,
      );
      return { group: pages[0]!.group, members: pages.flatMap(({ members }) => members) };
    },
    show: groupInfoLines,
  }),
  command({
    name: "set",
    area: "groups",
    args: { field: oneOf("name", "description", "visibility"), value: optional(restOfLine("VALUE")) },
    help: "change the open group; visibility is public or private",
    example: "/set description tours on Saturdays",
    async run({ client, places }, { field, value = "" }) {
      const chat = await places.group();
      if (field !== "visibility") return await client.request("group_edit", { chat, [field]: value });
      if (value !== "public" && value !== "private") {
        throw new CommandError("the visibility is public or private");
      }
      return await client.request("group_edit", { chat, public: value === "public" });
    },
  }),
  command({
    name: "groups",
    area: "groups",
    args: { name: word("NAME") },
    help: "find public groups whose name begins so",
    example: "/groups hik",
    run: ({ client }, { name }) => client.request("group_find", { name }),
    show: ({ groups }) => groupLines(groups),
  }),
];
