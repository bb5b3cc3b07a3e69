/** The bound on what a login has to look at: a user's chats. */
import * as members from "../models/members.ts";
import { ChatError } from "../protocol/errors.ts";
import type { UserId } from "../protocol/fields.ts";
import { limits } from "../protocol/limits.ts";
import type { Scope } from "./entry.ts";

/** Refuses one chat more than a user may have. Exact under the lock of the user's personal chat. */
export async function checkChats(scope: Scope, user: UserId): Promise<void> {
  if (await members.chatsOf(scope.tx, user) >= limits.chatsPerUser) {
    throw new ChatError("limit_reached", `a user has at most ${limits.chatsPerUser} chats`);
  }
}
