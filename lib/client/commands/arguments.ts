/**
 * What commands take, read from what was typed. Pure: names are looked up later.
 *
 * Words are separated by spaces; quotes keep a name with spaces together: /open "hiking club".
 */
import type { ChatId, UserId } from "../../protocol/fields.ts";

export interface Argument<T> {
  /** What the usage line calls it. */
  readonly label: string;
  readonly isOptional?: boolean;
  /** Reads it from the beginning of `input`; undefined where there is none. */
  read(input: string): { readonly value: T; readonly rest: string } | undefined;
}

export type Arguments = Readonly<Record<string, Argument<unknown>>>;
export type Values<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never;
};

export type UserRef = { readonly id: UserId } | { readonly name: string };
/** A chat by its number, by its other user, or by a name that a user or a group may have. */
export type ChatRef = { readonly chat: ChatId } | { readonly user: UserRef } | { readonly name: string };
export type GroupRef = { readonly chat: ChatId } | { readonly name: string };
export interface TextRef {
  readonly seq: number;
  /** Without it, the open chat. */
  readonly chat?: ChatRef;
}

/** The values, or undefined if what was typed does not fit. An optional one that does not fit is left out. */
export function readArguments<A extends Arguments>(args: A, input: string): Values<A> | undefined {
  const values: Record<string, unknown> = {};
  let rest = input.trim();
  for (const [name, argument] of Object.entries(args)) {
    const read = rest === "" ? undefined : argument.read(rest);
    if (!read && !argument.isOptional) return undefined;
    values[name] = read?.value;
    if (read) rest = read.rest.trimStart();
  }
  return rest === "" ? values as Values<A> : undefined;
}

export function usageOf(args: Arguments): string {
  return Object.values(args).map(({ label, isOptional }) => isOptional ? ` [${label}]` : ` ${label}`).join(
    "",
  );
}

export function optional<T>(argument: Argument<T>): Argument<T | undefined> {
  return { ...argument, isOptional: true };
}

export function word(label: string): Argument<string> {
  return fromWord(label, (text) => text);
}

/** Everything up to the end of the line, as it is. */
export function restOfLine(label: string): Argument<string> {
  return { label: `${label}…`, read: (input) => ({ value: input, rest: "" }) };
}

/** A whole number; `#3` is 3. */
export function integer(label: string): Argument<number> {
  return fromWord(label, (text) => /^#?\d{1,15}$/.test(text) ? Number(text.replace("#", "")) : undefined);
}

export function oneOf<const T extends string>(...choices: T[]): Argument<T> {
  return fromWord(choices.join("|"), (text) => choices.find((choice) => choice === text.toLowerCase()));
}

/** `bob`, `@bob`; `#12` or `@12` for an id. */
export function user(label = "USER"): Argument<UserRef> {
  return fromWord(label, readUser);
}

/** `bob`, `hiking`; `#17` for a chat's id, `@bob` or `@12` for a user. */
export function chat(label = "CHAT"): Argument<ChatRef> {
  return fromWord(label, readChat);
}

/** `hiking`, or `#5` for its id. */
export function group(label = "GROUP"): Argument<GroupRef> {
  return fromWord(label, (text) => ({ ...chatId(text) ?? { name: text } }));
}

/** `^42`, or with its chat `hiking^42`. */
export function text(label = "[CHAT]^NUMBER"): Argument<TextRef> {
  return fromWord(label, (text) => {
    const [, chat = "", seq] = text.match(/^(.*)\^(\d{1,15})$/) ?? [];
    // 2^10 is arithmetic.
    if (seq === undefined || /^\d+$/.test(chat)) return undefined;
    return { seq: Number(seq), ...chat === "" ? {} : { chat: readChat(chat) } };
  });
}

function fromWord<T>(label: string, convert: (text: string) => T | undefined): Argument<T> {
  return {
    label,
    read(input) {
      const { text, rest } = firstWord(input);
      const value = text === "" ? undefined : convert(text);
      return value === undefined ? undefined : { value, rest };
    },
  };
}

/** Up to the first space that is not in quotes. A quote that is never closed is a character like any other. */
function firstWord(input: string): { text: string; rest: string } {
  const [whole] = input.match(/^(?:"[^"]*"|\S)+/) ?? [""];
  return { text: whole.replace(/"([^"]*)"/g, "$1"), rest: input.slice(whole.length) };
}

function readUser(text: string): UserRef {
  const [, id] = text.match(/^[#@](\d{1,15})$/) ?? [];
  return id === undefined ? { name: text.replace(/^@/, "") } : { id: Number(id) as UserId };
}

function readChat(text: string): ChatRef {
  return chatId(text) ?? (text.startsWith("@") ? { user: readUser(text) } : { name: text });
}

function chatId(text: string): { chat: ChatId } | undefined {
  const [, id] = text.match(/^#(\d{1,15})$/) ?? [];
  return id === undefined ? undefined : { chat: Number(id) as ChatId };
}
