/** A client of a real server that remembers what it was shown. */
import { ChatClient, type ChatClientOptions } from "../../lib/client/chat_client.ts";
import type { ChatEvent } from "../../lib/client/events.ts";
import { dial, type Wire } from "../../lib/client/wire.ts";
import { PASSWORD } from "../kit/server.ts";

/** Short, so that a test is. */
const BACKOFF = { minMs: 10, maxMs: 100 };
/** No test waits longer: what has not been shown by then is not. */
const DEADLINE_MS = 20_000;

export class Recorder implements Disposable {
  readonly client: ChatClient;
  readonly events: ChatEvent[] = [];
  readonly #wires = new Set<Wire>();
  #news = Promise.withResolvers<void>();
  /** Connections wait here while the test keeps them away. */
  #gate: PromiseWithResolvers<void> | undefined;

  constructor(port: number, options: ChatClientOptions = {}) {
    this.client = new ChatClient({
      port,
      backoff: BACKOFF,
      dial: async (address, signal) => {
        await this.#gate?.promise;
        const wire = await dial(address, signal);
        this.#wires.add(wire);
        return wire;
      },
      ...options,
    });
    this.client.on("event", (event) => {
      this.events.push(event);
      this.#wake();
    });
    this.client.on("status", () => this.#wake());
  }

  static async register(port: number, name: string, options?: ChatClientOptions): Promise<Recorder> {
    const recorder = new Recorder(port, options);
    await recorder.client.connect();
    await recorder.client.register({ name, password: PASSWORD });
    return recorder;
  }

  get id(): number {
    return this.client.state.me!.id;
  }

  /** The chat's events as they were shown. */
  of(chat: number): ChatEvent[] {
    return this.events.filter((event) => event.chat === chat);
  }

  texts(chat: number): string[] {
    return this.of(chat).flatMap((event) => event.kind === "text" ? [event.text ?? ""] : []);
  }

  /** Resolves with the first event that passes, shown or to come. */
  async saw(test: (event: ChatEvent) => boolean): Promise<ChatEvent> {
    await this.until(() => this.events.some(test), "an event");
    return this.events.find(test)!;
  }

  /** Resolves when the test holds; it is asked at each event and change of status. */
  async until(test: () => boolean, what: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const last = this.events.slice(-5).map((event) => JSON.stringify(event)).join("\n");
      late.reject(
        new Error(`${what} did not come; status ${this.client.status.phase}, last events:\n${last}`),
      );
    }, DEADLINE_MS);
    try {
      while (!test()) await Promise.race([this.#news.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Cuts the connection, as a network does. */
  cut(): void {
    for (const wire of this.#wires) wire.close();
    this.#wires.clear();
  }

  /** Cuts the connection and lets none be made until `comeBack`. */
  async goAway(): Promise<void> {
    this.#gate = Promise.withResolvers();
    this.cut();
    await this.until(() => this.client.status.phase === "offline", "being offline");
  }

  async comeBack(): Promise<void> {
    this.#gate?.resolve();
    this.#gate = undefined;
    await this.until(() => this.client.status.phase === "online", "being online");
  }

  [Symbol.dispose](): void {
    this.#gate?.reject(new Error("the test is over"));
    this.client.close();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
