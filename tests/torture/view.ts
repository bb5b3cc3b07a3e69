/** What one client showed since its login, kept as ranges: exact, and small however long a run is. */
import type { Run, Shown } from "./evidence.ts";

export class View implements Shown {
  readonly client: string;
  /** 0 until a login is answered. */
  user = 0;
  readonly starts = new Map<number, number>();
  readonly runs = new Map<number, Run[]>();
  resets = 0;
  isFinal = true;

  constructor(client: string) {
    this.client = client;
  }

  /** What a login answered: each chat is live from there. */
  begin(user: number, chats: readonly { readonly chat: number; readonly seq: number }[]): void {
    this.user = user;
    for (const { chat, seq } of chats) this.starts.set(chat, seq);
  }

  show(chat: number, seq: number): void {
    const runs = this.runs.get(chat);
    const last = runs?.at(-1);
    if (last && seq === last.last + 1) last.last = seq;
    else if (runs) runs.push({ first: seq, last: seq });
    else this.runs.set(chat, [{ first: seq, last: seq }]);
  }
}
