/**
 * What comes, as a script's data: events and hints, as text or as JSON.
 *
 * An event counts as shown after it was written, never before: a program that is killed in between writes it again in its
 * next run. A reader knows an event by its chat and `seq`, and drops the second one; one that is missing it would miss.
 */
import type { ChatClient } from "./chat_client.ts";
import type { Directory } from "./directory.ts";
import type { ChatEvent } from "./events.ts";
import type { Hint } from "./messages.ts";
import type { Output } from "./output.ts";
import { eventLines, hintLines } from "./view/events.ts";

export class Follower {
  readonly #client: ChatClient;
  readonly #output: Output;
  readonly #directory: Directory;
  readonly #stops: (() => void)[];
  /** One after the other: some wait for a name. */
  #showing: Promise<void> = Promise.resolve();

  /** Follows at once. */
  constructor(client: ChatClient, output: Output, directory: Directory, isJson: boolean) {
    this.#client = client;
    this.#output = output;
    this.#directory = directory;
    const { state } = client;
    const ways = isJson
      ? { event: jsonOf, hint: (hint: Hint) => [JSON.stringify(hint)] }
      : { event: (event: ChatEvent) => this.#text(event), hint: (hint: Hint) => hintLines(hint, state) };
    this.#stops = [
      client.on("event", (event) => this.#inTurn(() => ways.event(event), () => client.shown(event))),
      // Events of the same numbers come again, and are other ones.
      client.on("reset", () => this.#inTurn(() => isJson ? ['{"type":"reset"}'] : [])),
      client.on("hint", (hint) => this.#inTurn(() => ways.hint(hint))),
    ];
  }

  /** Resolves when what has come is written. */
  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#showing;
  }

  #inTurn(linesOf: () => string[] | Promise<string[]>, written: () => void = () => {}): void {
    this.#showing = this.#showing.then(async () => {
      for (const line of await linesOf()) if (!this.#output.data(line)) return;
      written();
    });
  }

  async #text(event: ChatEvent): Promise<string[]> {
    await this.#directory.learn([event]);
    return eventLines(event, { state: this.#client.state });
  }
}

/** As the server sent it, also if this client does not know its kind. */
function jsonOf(event: ChatEvent): string[] {
  if (event.kind !== "unknown") return [JSON.stringify(event)];
  const { was, ...rest } = event;
  return [JSON.stringify({ ...rest, kind: was })];
}
