/** All of my chats and contacts, where the answer to a login had only the first of them. */
import type { ChatEntry, ChatId, Contact, UserId } from "../protocol/fields.ts";
import type { Connection } from "./connection.ts";
import { readPages } from "./pages.ts";

export interface RosterTaker {
  /** Called with each page before anything behind it is looked at. */
  chats(chats: readonly ChatEntry[], isLast: boolean): void;
  contacts(contacts: readonly Contact[]): void;
}

export async function readRoster(connection: Connection, taker: RosterTaker): Promise<void> {
  await readPages(
    (after: ChatId | undefined) =>
      connection.request("chats", { after }, ({ chats, more }) => taker.chats(chats, !more)),
    ({ chats }) => chats.at(-1)?.chat,
  );
  await readPages(
    (after: UserId | undefined) =>
      connection.request("contacts", { after }, ({ contacts }) => taker.contacts(contacts)),
    ({ contacts }) => contacts.at(-1)?.user.id,
  );
}
