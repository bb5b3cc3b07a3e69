/**
 * One connection to a server, from its welcome to its end: requests out, each with its answer; events and hints in.
 *
 * Holds true:
 * - answers, events and hints are handed on in the order in which they came, each before the next line is looked at;
 * - at most `window` of the welcome's limits are unanswered, the ping not counted;
 * - whatever was not answered when it ends has failed with `connection_lost` before `ended` resolves.
 */
import type { Push } from "../protocol/messages.ts";
import { type Reply, REQUESTS, type RequestType } from "../protocol/requests.ts";
import { type Ask, promised } from "./asks.ts";
import type { Clock } from "./clock.ts";
import { ClientError, Refusal } from "./errors.ts";
import type { ChatEvent } from "./events.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type Bye, type ErrorAnswer, type Hint, type Ok, readMessage } from "./messages.ts";
import type { Address, Dial, Wire } from "./wire.ts";

export interface Listener {
  event(event: ChatEvent): void;
  hint(hint: Hint): void;
}

export interface ConnectionOptions {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly listener: Listener;
  /** Gives up a connection that is being made, and closes one that is. */
  readonly signal: AbortSignal;
}

/** Why a connection is over. */
export interface Ending {
  readonly reason: string;
  readonly bye?: Bye;
}

type Sent = Ask & { readonly id: number };

/** A stopped server's system still accepts connections. */
const WELCOME_MS = 3_000;
const SILENCE_MS = 10_000;
/** Everything behind a password waits until it is hashed, and others' passwords before it. */
const HASHING_SILENCE_MS = 60_000;
const HASHING: ReadonlySet<RequestType> = new Set(["register", "login", "password"]);
/** Requests that wait for room in the window. */
const MAX_WAITING = 1_000;

export class Connection {
  /** Resolves once, when it is over; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #ended = Promise.withResolvers<Ending>();
  readonly #welcomed = Promise.withResolvers<Push<"welcome">>();
  readonly #wire: Wire;
  readonly #listener: Listener;
  readonly #heartbeat: Heartbeat;
  readonly #sent = new Map<number, Sent>();
  readonly #encoder = new TextEncoder();
  #waiting: Sent[] = [];
  #welcome: Push<"welcome"> | undefined;
  #bye: Bye | undefined;
  #isOver = false;
  #lastId = 0;

  private constructor(wire: Wire, { clock, listener }: ConnectionOptions) {
    this.#wire = wire;
    this.#listener = listener;
    this.ended = this.#ended.promise;
    this.#heartbeat = new Heartbeat(clock, {
      ping: () => wire.send('{"type":"ping"}'),
      dead: () => this.close("the server does not answer"),
      patience: () => this.#isHashing() ? HASHING_SILENCE_MS : SILENCE_MS,
    });
    void this.#read();
  }

  /**
   * Resolves when the server has said welcome. Throws a `ClientError` "not_reachable" that says why it did not; it has
   * a `cause` if nobody accepted the connection.
   */
  static async open(address: Address, options: ConnectionOptions): Promise<Connection> {
    const { dial, clock, signal } = options;
    const tooLate = new AbortController();
    const cancel = clock.after(WELCOME_MS, () => tooLate.abort());
    let connection: Connection | undefined;
    try {
      const given = AbortSignal.any([signal, tooLate.signal]);
      const opened = connection = new Connection(await dial(address, given), options);
      given.addEventListener("abort", () => opened.close("it says no welcome"), { once: true });
      if (given.aborted) opened.close("it says no welcome");
      opened.#welcome = await opened.#welcomed.promise;
      return opened;
    } catch (error) {
      connection?.close();
      const reason = tooLate.signal.aborted ? "it says no welcome" : reasonOf(error);
      const message = `cannot reach ${address.host}:${address.port} (${reason})`;
      throw new ClientError("not_reachable", message, { cause: connection ? undefined : error });
    } finally {
      cancel();
    }
  }

  get welcome(): Push<"welcome"> {
    if (!this.#welcome) throw new Error("a connection is open once it was welcomed");
    return this.#welcome;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  request<T extends RequestType>(
    type: T,
    fields: object,
    accept?: (reply: Reply<T>) => void,
  ): Promise<Reply<T>> {
    return promised((ask: Ask<T>) => this.ask(ask), type, fields, accept);
  }

  /** Sends a request as soon as the window has room, behind those before it. */
  ask<T extends RequestType>(ask: Ask<T>): void {
    if (this.#isOver) return ask.failed(new ClientError("connection_lost"));
    if (this.#waiting.length >= MAX_WAITING) return ask.failed(new ClientError("queue_full"));
    this.#waiting.push({ ...ask as unknown as Ask, id: ++this.#lastId });
    this.#sendWaiting();
  }

  close(reason = "closed here"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#wire.close();
    const lost = new ClientError("connection_lost");
    for (const { failed } of [...this.#sent.values(), ...this.#waiting.splice(0)]) failed(lost);
    this.#sent.clear();
    this.#welcomed.reject(new Error(reason));
    this.#welcomed.promise.catch(() => {}); // it may have been welcomed before
    this.#ended.resolve({ reason, ...this.#bye ? { bye: this.#bye } : {} });
  }

  #sendWaiting(): void {
    const { window, line: maxBytes } = this.welcome.limits;
    while (this.#waiting.length > 0 && this.#sent.size < window) {
      const ask = this.#waiting.shift()!;
      const line = JSON.stringify({ ...ask.fields, type: ask.type, id: ask.id });
      // The server would close the connection, and the request would be repeated for ever.
      if (line.length > maxBytes || this.#encoder.encode(line).length > maxBytes) {
        ask.failed(new ClientError("too_long"));
      } else {
        this.#sent.set(ask.id, ask);
        this.#wire.send(line);
      }
    }
  }

  #isHashing(): boolean {
    return [...this.#sent.values()].some(({ type }) => HASHING.has(type));
  }

  async #read(): Promise<void> {
    try {
      for await (const line of this.#wire.lines) {
        if (this.#isOver) return;
        this.#heartbeat.heard();
        this.#take(line);
      }
    } finally {
      this.close("the connection was closed");
    }
  }

  #take(line: string): void {
    const message = readMessage(line);
    if (!message) {
      if (!this.#welcome) this.close("what answers there is no chat server of this protocol");
      return;
    }
    switch (message.type) {
      case "welcome":
        return this.#welcomed.resolve(message);
      case "ok":
        return this.#answer(message);
      case "error":
        return this.#refuse(message);
      case "event":
        return this.#listener.event(message);
      case "bye":
        this.#bye = message;
        return this.close(message.reason);
      default:
        return this.#listener.hint(message);
    }
  }

  #answer({ re, ...fields }: Ok): void {
    this.#settle(re, (ask) => {
      const checked = REQUESTS[ask.type].ok.safeParse(fields);
      if (checked.success) ask.ok(checked.data as Reply);
      else ask.failed(new ClientError("bad_answer"));
    });
  }

  #refuse(error: ErrorAnswer): void {
    this.#settle(error.re, (ask) => ask.failed(new Refusal(error)));
  }

  #settle(re: Ok["re"], act: (ask: Ask) => void): void {
    const ask = this.#sent.get(re as number);
    if (!ask) return;
    this.#sent.delete(ask.id);
    act(ask);
    if (!this.#isOver) this.#sendWaiting();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  const text = error instanceof Error ? error.message : String(error);
  if (/failed to lookup address|No such host/i.test(text)) return "no such host";
  return text.replace(/ \(os error \d+\)$/, "");
}
