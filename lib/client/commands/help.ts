/** The help, made from the table of commands. */
import { columns } from "../view/names.ts";
import { type Area, type Command, usage } from "./command.ts";

const AREAS: { readonly [area in Area]: string } = {
  account: "You",
  contacts: "Contacts",
  chats: "Chats: lines without a slash go to the open one",
  groups: "Groups",
  program: "This program",
};

export function overviewLines(commands: readonly Command[]): string[] {
  const rows = columns(commands.map((command) => [`  ${usage(command)}`, command.help]));
  const lines = Object.entries(AREAS).flatMap(([area, title]) => [
    title,
    ...rows.filter((_, i) => commands[i]!.area === area),
  ]);
  return [
    ...lines,
    "Names with spaces go in quotes. A user is bob, or @12 by id; a chat is hiking or bob, or #17 by id.",
  ];
}

export function helpLines(command: Command): string[] {
  return [usage(command), `  ${command.help}`, `  for example: ${command.example}`];
}
