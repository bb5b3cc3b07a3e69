/** Drafts of an earlier run: they are sent like any other; what becomes of them is told to whoever runs now. */
import type { Reply } from "../protocol/requests.ts";
import { ClientError, Refusal } from "./errors.ts";
import type { Draft, OutboxType } from "./outbox.ts";
import type { Leftovers } from "./store/client_store.ts";

export interface RefusedDraft {
  readonly draft: Draft;
  readonly error: Error;
}

export interface LeftoverListener {
  /** They are sent now. */
  leftovers(drafts: readonly Draft[]): void;
  /** One of them will not be stored: the server refused it, or has another database now. */
  leftoverRefused(refused: RefusedDraft): void;
}

export function sendLeftovers(
  { drafts, strange }: Leftovers,
  send: (draft: Draft) => Promise<Reply<OutboxType>>,
  listener: LeftoverListener,
): void {
  for (const draft of drafts) {
    send(draft).catch((error) => {
      // Given up here is not given up: another run has it again.
      const isFinal = error instanceof Refusal || error instanceof ClientError && error.code === "too_long";
      if (isFinal) listener.leftoverRefused({ draft, error });
    });
  }
  if (drafts.length > 0) listener.leftovers(drafts);
  for (const draft of strange) {
    listener.leftoverRefused({ draft, error: new ClientError("other_database") });
  }
}
