/** Tells the server how far the open chat was read: at most one request a chat is on its way, the latest number wins. */
import type { ChatId } from "../protocol/fields.ts";
import type { ChatClient } from "./chat_client.ts";

export class ReadMarker {
  readonly #client: ChatClient;
  readonly #wanted = new Map<ChatId, number>();
  readonly #running = new Set<ChatId>();

  constructor(client: ChatClient) {
    this.#client = client;
  }

  mark(chat: ChatId, seq: number): void {
    this.#wanted.set(chat, seq);
    if (!this.#running.has(chat)) void this.#run(chat);
  }

  async #run(chat: ChatId): Promise<void> {
    this.#running.add(chat);
    for (let seq; (seq = this.#wanted.get(chat)) !== undefined;) {
      this.#wanted.delete(chat);
      // Not told is told with the next one.
      await this.#client.request("read", { chat, seq }).catch(() => {});
    }
    this.#running.delete(chat);
  }
}
