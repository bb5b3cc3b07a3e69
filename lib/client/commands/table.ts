/** All commands, and how a line becomes one of them. What is no command is a text for the open chat. */
import type { Scene } from "../view/events.ts";
import { printable } from "../view/printable.ts";
import { ACCOUNT } from "./account.ts";
import { optional, readArguments, word } from "./arguments.ts";
import { CHATS } from "./chats.ts";
import { type Command, command, type Context, usage } from "./command.ts";
import { CONTACTS } from "./contacts.ts";
import { UsageError } from "./errors.ts";
import { GROUPS } from "./groups.ts";
import { helpLines, overviewLines } from "./help.ts";
import { PROGRAM } from "./program.ts";
import { sendText, TEXTS } from "./texts.ts";

const HELP = command({
  name: "help",
  area: "program",
  args: { name: optional(word("COMMAND")) },
  help: "list the commands, or explain one",
  example: "/help send",
  isLocal: true,
  run: (_context, { name }) => ({ commands: name === undefined ? COMMANDS : [find(name)] }),
  show: ({ commands }) => commands.length === 1 ? helpLines(commands[0]!) : overviewLines(commands),
});

export const COMMANDS: readonly Command[] = [
  ...ACCOUNT,
  ...CONTACTS,
  ...CHATS,
  ...TEXTS,
  ...GROUPS,
  HELP,
  ...PROGRAM,
];

export interface Outcome {
  readonly command: Command;
  /** The answer as data. */
  readonly answer: object;
}

export interface Parsed {
  readonly command: Command;
  /** Runs it. Throws what keeps it from being done: a CommandError, a Refusal, a ClientError. */
  run(context: Context): Promise<Outcome>;
}

/** What a line asks for; nothing for an empty one. Throws a UsageError that says how the command is written. */
export function parseLine(line: string): Parsed | undefined {
  const typed = line.trim();
  if (typed === "") return undefined;
  if (typed.startsWith("/") && !typed.startsWith("//")) return parseCommand(typed);
  const text = typed.replace(/^\/\//, "/");
  const command = find("send");
  return {
    command,
    run: async (context) => ({
      command,
      answer: await sendText(context, await context.places.place(), text),
    }),
  };
}

/** What a person sees of it; perhaps nothing. */
export function outcomeLines({ command, answer }: Outcome, scene: Scene): string[] {
  return command.show?.(answer, scene) ?? [];
}

function parseCommand(line: string): Parsed {
  const [, name = "", input = ""] = line.match(/^\/(\S*)\s*(.*)$/s) ?? [];
  const command = find(name);
  const values = readArguments(command.args, input);
  if (!values) throw new UsageError(`usage: ${usage(command)}   for example: ${command.example}`);
  return { command, run: async (context) => ({ command, answer: await command.run(context, values) }) };
}

function find(name: string): Command {
  const wanted = name.replace(/^\//, "").toLowerCase();
  const command = COMMANDS.find(({ name }) => name === wanted);
  if (command) return command;
  const near = COMMANDS.filter(({ name }) => wanted !== "" && name.startsWith(wanted.slice(0, 3)));
  const hint = near.length > 0 ? `: ${near.map(({ name }) => `/${name}`).join(", ")}?` : "";
  throw new UsageError(`there is no command /${printable(wanted)}${hint || "; /help lists them"}`);
}
