/**
 * The directory of who is online on which server. A server's entries count only while its lease lives, so what a
 * dead server leaves behind counts for nothing after 15 s.
 */
import type { UserId } from "../protocol/fields.ts";

export interface PresenceDirectory {
  /** Whether the directory covers other servers too. */
  readonly shared: boolean;
  /** Whether the answers can be trusted: false from an outage until 15 s after it. Always true in-process. */
  readonly settled: boolean;
  /** This server's users: `add` at a user's first session here, `remove` after the last. Nothing waits for them. */
  add(user: UserId): void;
  remove(user: UserId): void;
  /** Which of these users have a session on a living server; this server's own are always right. */
  online(users: readonly UserId[]): Promise<Set<UserId>>;
  /** Takes this server's entries away. */
  close(): Promise<void>;
}
