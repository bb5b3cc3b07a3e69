/** What is said of drafts that outlive the program: those that wait, are sent, or are refused. Safe to print. */
import type { ChatClient } from "./chat_client.ts";
import { failureText } from "./failures.ts";
import type { RefusedDraft } from "./leftovers.ts";
import { count } from "./view/names.ts";
import { printable } from "./view/printable.ts";

/** Of what is not acknowledged at the end; nothing if everything is. */
export function unacknowledgedLines({ unacknowledged, hasStore }: ChatClient): string[] {
  if (unacknowledged === 0) return [];
  const texts = count(unacknowledged, "text");
  return [
    hasStore
      ? `${texts} not acknowledged: kept, and sent by the next run`
      : `${texts} may not have been stored`,
  ];
}

export function waitingText(waiting: number): string {
  return `${count(waiting, "text")} of an earlier run are kept, and sent when the server can be reached`;
}

export function leftoversText(drafts: readonly unknown[]): string {
  return `sending ${count(drafts.length, "text")} that an earlier run left`;
}

export function refusedText({ draft, error }: RefusedDraft): string {
  const { text } = draft.fields as { text?: string };
  const what = text === undefined ? draft.type : `${draft.type} "${printable(text)}"`;
  return `not stored, of an earlier run: ${what}: ${failureText(error)}`;
}

/** The session and the server go on; what is kept of them may be older than what was shown. */
export function storeFailedText(error: Error): string {
  return `${failureText(error)} (until then texts cannot be sent, and what was shown may be shown again)`;
}
