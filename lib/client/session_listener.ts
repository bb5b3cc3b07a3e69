/** What a session tells whoever shows it. */
import type { ChatEvent } from "./events.ts";
import type { LeftoverListener } from "./leftovers.ts";
import type { Hint } from "./messages.ts";
import type { Status } from "./status.ts";

export interface SessionListener extends LeftoverListener {
  /** Each event once, in the order of its chat's log. */
  event(event: ChatEvent): void;
  hint(hint: Hint): void;
  status(status: Status): void;
  /** The log is another one than before: what was shown of it is void. */
  reset(): void;
  /** What outlives the program could not be written. */
  storeFailed(error: Error): void;
}
