/** Commands about who one is. */
import type { Reply } from "../../protocol/requests.ts";
import { printable } from "../view/printable.ts";
import { sessionLines, userLines, welcomeLines } from "../view/lists.ts";
import { integer, user, word } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { CommandError } from "./errors.ts";

/** How sessions of this program are listed. */
export const DEVICE = "chat-client";

export const ACCOUNT: readonly Command[] = [
  command({
    name: "register",
    area: "account",
    args: { name: word("NAME") },
    help: "make an account and log in; the password is asked for",
    example: "/register ann",
    async run({ client, secrets }, { name }) {
      const [password] = await secrets({ prompt: `new password for ${printable(name)}`, isNew: true });
      return withoutToken(await client.register({ name, password: password!, device: DEVICE }));
    },
    show: welcomeLines,
  }),
  command({
    name: "login",
    area: "account",
    args: { user: user("NAME") },
    help: "log in; the password is asked for",
    example: "/login ann",
    async run({ client, secrets }, { user }) {
      const [password] = await secrets({ prompt: "password" });
      const by = "id" in user ? { user: user.id } : { name: user.name };
      return withoutToken(await client.login({ ...by, password: password!, device: DEVICE }));
    },
    show: welcomeLines,
  }),
  command({
    name: "logout",
    area: "account",
    args: {},
    help: "end this session; another login may follow",
    example: "/logout",
    async run({ client, places }) {
      await client.logout();
      places.open = undefined;
      return {};
    },
    show: () => ["you are logged out"],
  }),
  command({
    name: "password",
    area: "account",
    args: {},
    help: "change the password; your other sessions end",
    example: "/password",
    async run({ client, secrets }) {
      const [old, fresh] = await secrets({ prompt: "old password" }, { prompt: "new password", isNew: true });
      return await client.request("password", { old: old!, new: fresh! });
    },
  }),
  command({
    name: "sessions",
    area: "account",
    args: {},
    help: "list your sessions",
    example: "/sessions",
    run: ({ client }) => client.request("sessions", {}),
    show: sessionLines,
  }),
  command({
    name: "revoke",
    area: "account",
    args: { session: integer("SESSION") },
    help: "end one of your sessions; /sessions has their numbers",
    example: "/revoke #3",
    run: ({ client }, { session }) => client.request("revoke", { session }),
  }),
  command({
    name: "name",
    area: "account",
    args: { name: word("NAME") },
    help: "take another name",
    example: "/name anna",
    run: ({ client }, { name }) => client.request("profile", { name }),
  }),
  command({
    name: "whoami",
    area: "account",
    args: {},
    help: "say who is logged in",
    example: "/whoami",
    isLocal: true,
    run({ client }) {
      if (!client.state.me) throw new CommandError("nobody is logged in: /login NAME or /register NAME");
      return { user: client.state.me };
    },
    show: ({ user }) => userLines([user]),
  }),
  command({
    name: "token",
    area: "account",
    args: {},
    help: "print this session's secret, for CHAT_TOKEN; who has it is you, until /logout or /revoke",
    example: "/token",
    isLocal: true,
    run({ client }) {
      if (!client.saved) throw new CommandError("nobody is logged in");
      return { token: client.saved.token };
    },
    show: ({ token }) => [token],
  }),
  command({
    name: "find",
    area: "account",
    args: { name: word("NAME") },
    help: "find users whose name begins so",
    example: "/find bo",
    run: ({ client }, { name }) => client.request("find_user", { name }),
    show: ({ users }) => userLines(users),
  }),
];

/** What is printed holds no secret. */
function withoutToken({ token: _secret, ...reply }: Reply<"login">): Omit<Reply<"login">, "token"> {
  return reply;
}
