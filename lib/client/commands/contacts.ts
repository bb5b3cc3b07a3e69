/** Commands about friends, requests and blocks. */
import type { UserId } from "../../protocol/fields.ts";
import { readPages } from "../pages.ts";
import { contactLines } from "../view/lists.ts";
import { user } from "./arguments.ts";
import { type Command, command } from "./command.ts";

export const CONTACTS: readonly Command[] = [
  command({
    name: "friend",
    area: "contacts",
    args: { user: user() },
    help: "ask somebody to be a friend; two who ask each other are",
    example: "/friend bob",
    run: ({ client }, { user }) =>
      client.request("contact_add", "id" in user ? { user: user.id } : { name: user.name }),
  }),
  command({
    name: "accept",
    area: "contacts",
    args: { user: user() },
    help: "accept what somebody asked",
    example: "/accept bob",
    run: async ({ client, places }, { user }) =>
      client.request("contact_accept", { user: await places.user(user) }),
  }),
  command({
    name: "unfriend",
    area: "contacts",
    args: { user: user() },
    help: "end a friendship, or a request in either direction",
    example: "/unfriend bob",
    run: async ({ client, places }, { user }) =>
      client.request("contact_remove", { user: await places.user(user) }),
  }),
  command({
    name: "block",
    area: "contacts",
    args: { user: user() },
    help: "let nothing come from somebody, nor go to them",
    example: "/block bob",
    run: async ({ client, places }, { user }) => client.request("block", { user: await places.user(user) }),
  }),
  command({
    name: "unblock",
    area: "contacts",
    args: { user: user() },
    help: "take a block back",
    example: "/unblock bob",
    run: async ({ client, places }, { user }) => client.request("unblock", { user: await places.user(user) }),
  }),
  command({
    name: "contacts",
    area: "contacts",
    args: {},
    help: "list your friends, requests and blocks",
    example: "/contacts",
    async run({ client }) {
      const pages = await readPages(
        (after: UserId | undefined) => client.request("contacts", { after }),
        ({ contacts }) => contacts.at(-1)?.user.id,
      );
      return { contacts: pages.flatMap(({ contacts }) => contacts) };
    },
    show: ({ contacts }) => contactLines(contacts),
  }),
];
