/**
 * The protocol client: stays connected, logs in once, sends what is to be stored until it is, and shows each event once.
 *
 * Holds true, whatever dies:
 * - `send`, `edit`, `delete`, `group_create` resolve when they are stored, once; they survive lost connections;
 * - `event` listeners get each event of each chat once, in the order of its log, without a hole since the login;
 * - `state` contains an event before its listeners are called;
 * - with a store, drafts and positions outlive the program, however it ends.
 */
import type { Push } from "../protocol/messages.ts";
import type { Reply, RequestType } from "../protocol/requests.ts";
import type { Fields } from "./asks.ts";
import type { BackoffOptions } from "./backoff.ts";
import { newCid } from "./cid.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Emitter } from "./emitter.ts";
import { EventQueue } from "./event_queue.ts";
import { type ChatEvent, readEvent } from "./events.ts";
import type { Hint } from "./messages.ts";
import type { RefusedDraft } from "./leftovers.ts";
import type { Draft, OutboxType } from "./outbox.ts";
import type { Keeping, Saved } from "./saved.ts";
import { Session } from "./session.ts";
import type { State } from "./state.ts";
import type { Status } from "./status.ts";
import { type Address, type Dial, dial } from "./wire.ts";

export interface ChatClientOptions extends Partial<Address>, Keeping {
  /** Instead of `host` and `port`: several, tried in turn. */
  readonly servers?: readonly Address[];
  /** Delays between attempts to connect again. The default is 500 ms to 10 s. */
  readonly backoff?: BackoffOptions;
  /** How long to try to connect again, in ms. The default is for ever. */
  readonly giveUpMs?: number;
  readonly dial?: Dial;
  readonly clock?: Clock;
}

export interface ClientEvents {
  event: ChatEvent;
  hint: Hint;
  status: Status;
  /** The log is another one than before: what was shown of it is void. */
  reset: void;
  /** Drafts of an earlier run, which are sent now. */
  leftovers: readonly Draft[];
  /** One of them will not be stored: the server refused it, or has another database now. */
  leftoverRefused: RefusedDraft;
  /** What outlives the program could not be written; it is tried again with what comes next. */
  storeFailed: Error;
}

const OUTBOX_TYPES: ReadonlySet<RequestType> = new Set(["send", "edit", "delete", "group_create"]);

/** Requests whose answers change who is logged in. */
const PASSAGES: { readonly [T in RequestType]?: (session: Session, reply: Reply<T>) => void } = {
  register: (session, reply) => session.enter(reply),
  login: (session, reply) => session.enter(reply),
  logout: (session) => session.leave(),
};

export class ChatClient {
  readonly #options: ChatClientOptions;
  readonly #clock: Clock;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #queues = new Set<EventQueue<ChatEvent>>();
  readonly #session: Session;

  constructor(options: ChatClientOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#session = new Session(this.#clock, {
      event: (event) => {
        for (const queue of this.#queues) queue.push(event);
        this.#emitter.emit("event", event);
      },
      hint: (hint) => this.#emitter.emit("hint", hint),
      status: (status) => this.#emitter.emit("status", status),
      reset: () => this.#emitter.emit("reset", undefined),
      leftovers: (drafts) => this.#emitter.emit("leftovers", drafts),
      leftoverRefused: (refused) => this.#emitter.emit("leftoverRefused", refused),
      storeFailed: (error) => this.#emitter.emit("storeFailed", error),
    }, options);
  }

  /** What is known: read it, the client writes it. */
  get state(): State {
    return this.#session.state;
  }

  get status(): Status {
    return this.#session.status;
  }

  /** The welcome of the server that this client is connected to. */
  get welcome(): Push<"welcome"> | undefined {
    return this.#session.welcome;
  }

  /** Requests that are to be stored and are not acknowledged. */
  get unacknowledged(): number {
    return this.#session.outbox.size;
  }

  /** Whether what is not acknowledged outlives this program. */
  get hasStore(): boolean {
    return this.#options.store !== undefined;
  }

  /** While somebody is logged in, for `resume` in another run. It contains the session's secret. */
  get saved(): Saved | undefined {
    return this.#session.saved;
  }

  /** Resolves when a server has said welcome. Throws a `ClientError` "not_reachable" that says why none did. */
  connect(): Promise<void> {
    const { host = "127.0.0.1", port = 6000, tls = false, servers } = this.#options;
    const { backoff = { minMs: 500, maxMs: 10_000 }, giveUpMs = Infinity } = this.#options;
    const addresses = servers ?? [{ host, port, tls }];
    const options = { addresses, backoff, giveUpMs, clock: this.#clock, dial: this.#options.dial ?? dial };
    return this.#session.connect(options);
  }

  /** Makes an account and logs in. */
  register(fields: Fields<"register">): Promise<Reply<"register">> {
    return this.request("register", fields);
  }

  login(fields: Fields<"login">): Promise<Reply<"login">> {
    return this.request("login", fields);
  }

  /**
   * Goes on with a session of another run: missing events come, what was not acknowledged is sent. Resolves when the
   * lists of chats and contacts are known too.
   */
  resume(saved: Saved): Promise<Reply<"resume">> {
    return this.#session.resume(saved);
  }

  /** Ends the session; the connection stays. What was not acknowledged is given up. */
  async logout(): Promise<void> {
    await this.request("logout", {});
  }

  /**
   * Any request. Throws a `Refusal` with the server's code, or a `ClientError`. While there is no connection it waits for
   * one; what may be asked twice is, if its connection is lost.
   */
  request<T extends RequestType>(type: T, fields: Fields<T>): Promise<Reply<T>> {
    if (OUTBOX_TYPES.has(type)) {
      const draft = { type: type as OutboxType, fields: { cid: newCid(), ...fields } };
      return this.#session.store(draft) as Promise<Reply<T>>;
    }
    const pass = PASSAGES[type] as ((session: Session, reply: Reply<T>) => void) | undefined;
    return this.#session.ask(type, fields, (reply) => {
      if (pass) pass(this.#session, reply);
      else this.state.reply(type, fields, reply);
    });
  }

  /** A text to a chat, or to a user; resolves when it is stored. */
  send(
    to: { readonly chat: number } | { readonly user: number },
    text: string,
    cid: string = newCid(),
  ): Promise<Reply<"send">> {
    return this.request("send", { ...to, text, cid });
  }

  /** Part of a chat's log, ascending. It moves no position: what it brings may come as an event too. */
  async history(
    chat: number,
    range: Omit<Fields<"history">, "chat"> = {},
  ): Promise<{ readonly events: ChatEvent[]; readonly more: boolean }> {
    const { events, more } = await this.request("history", { chat, ...range });
    return { events: events.map(readEvent).filter((event) => event !== undefined), more };
  }

  /** Returns what takes the listener away. */
  on<K extends keyof ClientEvents>(name: K, listener: (value: ClientEvents[K]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * With a store, and `shows`: this event is where it belongs, and those of its chat before it. Another run begins behind
   * it; events of which nothing was said are handed on again.
   */
  shown(event: ChatEvent): void {
    this.#session.shown(event);
  }

  /** Events from now on, until the client is closed. At most 10,000 wait. */
  events(): AsyncIterableIterator<ChatEvent> {
    const queue = new EventQueue<ChatEvent>(() => this.#queues.delete(queue));
    this.#queues.add(queue);
    return queue;
  }

  /** Resolves when everything that was to be stored is, or is given up. */
  drained(): Promise<void> {
    return this.#session.outbox.drained();
  }

  /** Closes at once. What was not acknowledged fails here, though it may be stored. Safe to call again. */
  close(): void {
    this.#session.close();
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
