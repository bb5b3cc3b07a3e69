/** What a command is: a row that says how it is written, what it does, and how its answer looks. */
import type { ChatClient } from "../chat_client.ts";
import type { Scene } from "../view/events.ts";
import { type Arguments, usageOf, type Values } from "./arguments.ts";
import type { Places } from "./places.ts";

export interface SecretPrompt {
  readonly prompt: string;
  /** A person has to type it twice. */
  readonly isNew?: boolean;
}

export interface Context {
  readonly client: ChatClient;
  readonly places: Places;
  /**
   * Asks for passwords without showing them. All that a command needs are asked for together: what is typed ahead is
   * never taken for a command. Throws a CommandError or a UsageError where nobody can be asked.
   */
  secrets(...asked: SecretPrompt[]): Promise<string[]>;
  /** Called when all that is left is to wait for an acknowledgement: the next command may start. */
  started?(): void;
  /** No more commands come. */
  quit(): void;
}

export type Area = "account" | "contacts" | "chats" | "groups" | "program";

export interface Row<A extends Arguments, R extends object> {
  readonly name: string;
  readonly area: Area;
  readonly args: A;
  readonly help: string;
  readonly example: string;
  /** Asks no server: it need not wait for the command before it. */
  readonly isLocal?: true;
  /** Resolves with the answer as data, which `--json` prints. */
  run(context: Context, values: Values<A>): Promise<R> | R;
  /** The answer as lines for a person; without it, what happens tells by itself. */
  show?(answer: R, scene: Scene): string[];
}

export type Command = Row<Arguments, object>;

/** Checks a row's types, and forgets them. */
export function command<const A extends Arguments, R extends object>(row: Row<A, R>): Command {
  return row as unknown as Command;
}

export function usage({ name, args }: Command): string {
  return `/${name}${usageOf(args)}`;
}
