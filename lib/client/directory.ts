/** Finds out the names of those who wrote something: a text says only their number. */
import type { ChatId, UserId } from "../protocol/fields.ts";
import type { ChatClient } from "./chat_client.ts";
import type { ChatEvent } from "./events.ts";
import { readPages } from "./pages.ts";

export class Directory {
  readonly #client: ChatClient;
  /** Groups whose members were asked for: whoever came later was told of, whoever is missing has left. */
  readonly #asked = new Set<ChatId>();

  constructor(client: ChatClient) {
    this.#client = client;
  }

  /** Resolves when every name in these events is known that can be. Never throws. */
  async learn(events: readonly ChatEvent[]): Promise<void> {
    const { state } = this.#client;
    for (const { chat, from } of events) {
      const isKnown = state.nameOf(from) !== undefined || state.chats.get(chat)?.kind !== "group";
      if (isKnown || this.#asked.has(chat)) continue;
      this.#asked.add(chat);
      await this.#ask(chat).catch(() => {}); // then its number has to do
    }
  }

  /** The names go into the client's state. */
  #ask(chat: ChatId): Promise<unknown> {
    return readPages(
      (after: UserId | undefined) => this.#client.request("group_info", { chat, after }),
      ({ members }) => members.at(-1)?.user.id,
    );
  }
}
