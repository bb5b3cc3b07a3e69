/** Answers that are lists → lines. Pure, and safe to print. */
import type { ChatEntry, Contact, Group, User } from "../../protocol/fields.ts";
import type { Reply } from "../../protocol/requests.ts";
import { columns, count, when } from "./names.ts";
import { printable } from "./printable.ts";

export function userLines(users: readonly User[]): string[] {
  if (users.length === 0) return ["nobody is called so"];
  return columns(users.map(({ id, name }) => [`@${id}`, printable(name)]));
}

export function contactLines(contacts: readonly Contact[]): string[] {
  if (contacts.length === 0) return ["you have no contacts yet: /friend NAME"];
  return columns(contacts.map(({ user, state, blocked, online }) => {
    const standing = blocked ? "blocked by you" : STANDINGS[state];
    return [`@${user.id}`, printable(user.name), standing, online ? "online" : ""];
  }));
}

const STANDINGS = {
  friend: "friend",
  requested: "asked by you",
  incoming: "asks you: /accept",
  none: "",
} as const;

export function chatLines(chats: readonly ChatEntry[]): string[] {
  const rows = chats.filter(({ kind, seq }) => kind !== "personal" || seq > 0).map(chatRow);
  return rows.length > 0 ? columns(rows) : ["you have no chats yet: /send NAME TEXT, or /create NAME"];
}

function chatRow({ chat, kind, user, name, role, seq, read }: ChatEntry): string[] {
  const title = kind === "personal" ? "notes" : printable(user?.name ?? name ?? "");
  const unread = kind === "personal" ? 0 : Math.max(0, seq - read);
  return [`#${chat}`, title, role ? `group, ${role}` : kind, unread > 0 ? `${unread} unread` : ""];
}

export function groupLines(groups: readonly Group[]): string[] {
  if (groups.length === 0) return ["no public group is called so"];
  return columns(groups.map((group) => [
    `#${group.chat}`,
    printable(group.name),
    count(group.members, "member"),
    printable(group.description),
  ]));
}

export function groupInfoLines({ group, members }: Omit<Reply<"group_info">, "more">): string[] {
  const visibility = group.public ? "public" : "private";
  const about = group.description === "" ? [] : [printable(group.description)];
  return [
    `#${group.chat} ${printable(group.name)}: ${visibility}, ${count(group.members, "member")}`,
    ...about,
    ...columns(members.map(({ user, role, online }) => [
      `@${user.id}`,
      printable(user.name),
      role,
      online ? "online" : "",
    ])),
  ];
}

export function sessionLines({ sessions }: Reply<"sessions">): string[] {
  return columns(sessions.map(({ session, device, created, used, current }) => [
    `#${session}`,
    printable(device),
    `since ${when(created)}`,
    `used ${when(used)}`,
    current ? "this one" : "",
  ]));
}

export function welcomeLines(
  { user, chats, contacts }: Pick<Reply<"resume">, "user" | "chats" | "contacts">,
): string[] {
  const lines = [`you are ${printable(user.name)} (@${user.id})`];
  const unread = chats.filter(({ kind, seq, read }) => kind !== "personal" && seq > read);
  if (unread.length > 0) {
    const named = unread.slice(0, 5).map(({ user, name, seq, read }) =>
      `${printable(user?.name ?? name ?? "")} (${seq - read})`
    );
    lines.push(
      `unread: ${named.join(", ")}${unread.length > 5 ? `, and ${unread.length - 5} more: /chats` : ""}`,
    );
  }
  const asking = contacts.filter(({ state }) => state === "incoming");
  for (const { user } of asking) {
    lines.push(`${printable(user.name)} asks to be your friend: /accept ${printable(user.name)}`);
  }
  return lines;
}
