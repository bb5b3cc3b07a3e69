/** What users, chats and times are called on the screen. Everything here is safe to print. */
import type { ChatId, UserId } from "../../protocol/fields.ts";
import type { State } from "../state.ts";
import { printable } from "./printable.ts";

/** A name, or the number that commands understand instead. */
export function userName(state: State, user: UserId): string {
  return printable(state.nameOf(user) ?? `@${user}`);
}

export function chatTitle(state: State, chat: ChatId): string {
  const entry = state.chats.get(chat);
  if (entry?.kind === "direct" && entry.user) return userName(state, entry.user.id);
  if (entry?.kind === "personal") return "notes";
  return printable(entry?.name ?? `#${chat}`);
}

/** A name as a command takes it. */
export function asTyped(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name;
}

/** Hours and minutes of local time, with the day unless it is today. */
export function when(time: number, now: number = Date.now()): string {
  const [date, today] = [new Date(time), new Date(now)];
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === today.toDateString()) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Columns, each as wide as its widest cell; the last one as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
}
