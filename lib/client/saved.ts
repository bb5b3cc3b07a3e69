/** What a client needs to go on where an earlier run of the program stopped. */
import type { Draft } from "./outbox.ts";
import type { ClientStore, Have } from "./store/client_store.ts";

export interface Saved {
  readonly token: string;
  readonly epoch?: string;
  /** Each chat's position. Without any, every chat is live from its head. */
  readonly have?: Have;
  /** What was not acknowledged, where no store has it. */
  readonly pending?: readonly Draft[];
}

/** What outlives the program, however it ends. */
export interface Keeping {
  readonly store?: ClientStore;
  /** Whether events are shown, and each is said to be by `shown`. Otherwise the stored positions stay. */
  readonly shows?: boolean;
}
