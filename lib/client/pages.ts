/** Lists that come in pages, read to their ends. */
import type { ChatEntry, ChatId, Contact, UserId } from "../protocol/fields.ts";
import type { Connection } from "./connection.ts";

/** So many pages are more than anybody has; a server that promises more for ever is not believed. */
const MAX_PAGES = 100;

/** Calls `take` for each page of my chats, before anything behind it is looked at. */
export async function listChats(
  connection: Connection,
  take: (chats: readonly ChatEntry[], isLast: boolean) => void,
): Promise<void> {
  let after: ChatId | undefined;
  for (let page = 1, more = true; more; page++) {
    await connection.request("chats", { after }, (reply) => {
      more = reply.more && reply.chats.length > 0 && page < MAX_PAGES;
      after = reply.chats.at(-1)?.chat;
      take(reply.chats, !more);
    });
  }
}

/** Calls `take` for each page of my contacts. */
export async function listContacts(
  connection: Connection,
  take: (contacts: readonly Contact[]) => void,
): Promise<void> {
  let after: UserId | undefined;
  for (let page = 1, more = true; more; page++) {
    await connection.request("contacts", { after }, (reply) => {
      more = reply.more && reply.contacts.length > 0 && page < MAX_PAGES;
      after = reply.contacts.at(-1)?.user.id;
      take(reply.contacts);
    });
  }
}
