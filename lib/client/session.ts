/**
 * A login that outlives its connections: it enters by an answer, resumes on each new connection, and leaves. It brings
 * link, requests, outbox and inbox together; `ChatClient` is what callers see of it.
 */
import type { Push } from "../protocol/messages.ts";
import type { Reply, RequestType } from "../protocol/requests.ts";
import { type Ask, promised } from "./asks.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { CLIENT_ERRORS, ClientError, Refusal } from "./errors.ts";
import type { ChatEvent } from "./events.ts";
import { Inbox } from "./inbox.ts";
import { laneOf } from "./lanes.ts";
import { sendLeftovers } from "./leftovers.ts";
import { Link, type LinkOptions } from "./link.ts";
import { type Draft, Outbox, type OutboxType } from "./outbox.ts";
import { Requests } from "./requests.ts";
import { readRoster } from "./roster.ts";
import type { Keeping, Saved } from "./saved.ts";
import type { SessionListener } from "./session_listener.ts";
import { State } from "./state.ts";
import type { Status } from "./status.ts";
import type { Leftovers } from "./store/client_store.ts";
import { Keeper } from "./store/keeper.ts";
import { Shown } from "./store/shown.ts";

/** Room in the window for requests that are not the outbox's. */
const WINDOW_RESERVE = 4;

export class Session {
  readonly state = new State();
  readonly outbox: Outbox;
  readonly #clock: Clock;
  readonly #listener: SessionListener;
  readonly #requests = new Requests();
  readonly #inbox: Inbox;
  readonly #keeper: Keeper | undefined;
  readonly #shown: Shown;
  #link: Link | undefined;
  #connection: Connection | undefined;
  #login: { readonly token: string; readonly epoch: string } | undefined;
  /** Whether the lists of chats and contacts were seen to their ends. */
  #isListed = false;
  #listing: Promise<void> | undefined;
  #status: Status = { phase: "idle" };
  /** Why nothing can be asked any more, or yet. */
  #over: ClientError | undefined = new ClientError("closed", "the client is not connected");

  constructor(clock: Clock, listener: SessionListener, { store, shows = false }: Keeping = {}) {
    this.#clock = clock;
    this.#listener = listener;
    this.#keeper = store && new Keeper({
      store,
      clock,
      // Of a chat that is on no page yet nothing is known: stored, the others would make it a new one, never seen.
      have: () => shows && this.#isListed ? this.#shown.upTo(this.#inbox.have()) : undefined,
      failed: (error) => listener.storeFailed(error),
    });
    this.outbox = new Outbox(clock, this.#keeper);
    this.#shown = new Shown((event) => {
      listener.event(event);
      this.#keeper?.moved();
    });
    this.#inbox = new Inbox({
      clock,
      ask: (ask) => this.#connection?.ask(ask),
      show: (event) => {
        this.state.event(event);
        if (store && shows) this.#shown.take(event);
        else listener.event(event);
      },
    });
  }

  get status(): Status {
    return this.#status;
  }

  get welcome(): Push<"welcome"> | undefined {
    return this.#connection?.welcome;
  }

  get saved(): Saved | undefined {
    return this.#login && { ...this.#login, have: this.#inbox.have(), pending: this.outbox.drafts() };
  }

  async connect(options: LinkOptions): Promise<void> {
    this.#link?.close();
    const link = this.#link = new Link(options, {
      event: (event) => this.#inbox.receive(event),
      hint: (hint) => {
        this.state.hint(hint);
        this.#listener.hint(hint);
      },
      greet: (connection) => this.#greet(connection),
      up: (connection) => this.#up(connection),
      down: (retryMs) => {
        this.#down();
        this.#setStatus({ phase: "offline", retryMs });
      },
      ended: (error) => {
        this.#expireIfBad(error);
        this.#end(new ClientError("session_ended", error.message, { cause: error }));
        this.#setStatus({ phase: "ended", error });
      },
    });
    this.#over = undefined;
    this.#setStatus({ phase: "connecting" });
    try {
      await link.start();
    } catch (error) {
      if (this.#link === link) this.close();
      throw error;
    }
  }

  close(): void {
    this.#link?.close();
    this.#end(new ClientError("closed"));
    this.#setStatus({ phase: "idle" });
  }

  /** Asks as soon as there is a connection. `accept` sees the answer before anything behind it is looked at. */
  ask<T extends RequestType>(
    type: T,
    fields: object,
    accept: (reply: Reply<T>) => void,
  ): Promise<Reply<T>> {
    if (this.#over) return Promise.reject(this.#over);
    return promised((ask) => this.#requests.ask(ask as unknown as Ask), type, fields, accept);
  }

  /** Keeps a request until it is acknowledged. A guest's is just asked, and refused. */
  store(draft: Draft): Promise<Reply<OutboxType>> {
    if (this.#over) return Promise.reject(this.#over);
    if (!this.#login) return this.ask(draft.type, draft.fields, () => {});
    return this.outbox.add(draft, draft.lane ?? laneOf(draft, this.state));
  }

  /** This event, and those before it in its chat, need not be handed on by another run. */
  shown(event: ChatEvent): void {
    this.#shown.shown(event);
    this.#keeper?.moved();
  }

  /** A login or register was answered. */
  enter(reply: Reply<"login">): void {
    this.#begin(reply, reply.token, true);
    this.#online();
  }

  async resume({ token, epoch, have = {}, pending = [] }: Saved): Promise<Reply<"resume">> {
    this.#inbox.restore(have);
    this.#shown.hold();
    try {
      const reply = await this.ask("resume", { token, epoch, have }, (reply) => {
        this.#resumed(reply, token);
        this.#adopt({ drafts: pending, strange: [] });
        this.#online();
      });
      // Until all chats are known, a text to a chat and one to its user may not look like texts of one log.
      await this.#listing;
      return reply;
    } catch (error) {
      this.#expireIfBad(error);
      throw error;
    }
  }

  /** A logout was answered. */
  leave(): void {
    this.outbox.fail(new ClientError("logged_out"));
    this.#keeper?.leave();
    this.#forget();
    this.#setStatus({ phase: "guest" });
  }

  async #greet(connection: Connection): Promise<void> {
    this.#connection = connection;
    if (!this.#login) return;
    const { token, epoch } = this.#login;
    const have = this.#inbox.have();
    await connection.request("resume", { token, epoch, have }, (reply) => this.#resumed(reply, token));
  }

  #up(connection: Connection): void {
    if (this.#login) this.#online();
    else this.#setStatus({ phase: "guest" });
    this.#requests.up(connection);
  }

  #down(): void {
    this.#requests.down();
    this.outbox.down();
    this.#inbox.lost();
    this.#connection = undefined;
  }

  /** Nobody is logged in any more. */
  #forget(): void {
    this.#login = undefined;
    this.#isListed = false;
    this.#shown.clear();
    this.#inbox.lost();
    this.#inbox.restore({});
    this.state.clear();
  }

  #end(error: ClientError): void {
    this.#over = error;
    this.#down();
    this.#requests.fail(error);
    this.outbox.fail(this.#keeper ? keptAfter(error) : error);
    this.#keeper?.release();
    this.#forget();
  }

  #expireIfBad(error: unknown): void {
    if (error instanceof Refusal && error.code === "bad_token") this.#keeper?.expire();
  }

  #begin(reply: Reply<"resume">, token: string, isNew: boolean): void {
    this.#login = { token, epoch: reply.epoch };
    this.#isListed = !reply.more;
    this.state.enter(reply, true);
    this.#shown.clear();
    this.#inbox.begin(reply);
    if (!this.#isListed) this.#shown.hold();
    this.#keepLogin(isNew);
  }

  #resumed(reply: Reply<"resume">, token: string): void {
    if (reply.reset) {
      // Their numbers may mean other chats and users there.
      this.outbox.drop(new ClientError("other_database"));
      this.#keeper?.flush();
      this.#begin(reply, token, false);
      return this.#listener.reset();
    }
    this.#login = { token, epoch: reply.epoch };
    this.#isListed &&= !reply.more;
    this.state.enter(reply, false);
    this.#inbox.resumed(reply);
    this.#keepLogin(false);
  }

  #keepLogin(isNew: boolean): void {
    if (!this.#keeper || !this.#login || !this.state.me) return;
    this.#adopt(this.#keeper.enter({ ...this.#login, account: this.state.me.name, isNew }));
  }

  #adopt(leftovers: Leftovers): void {
    sendLeftovers(leftovers, (draft) => this.store(draft), this.#listener);
  }

  #online(): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#setStatus({ phase: "online" });
    this.outbox.up(connection, Math.max(1, connection.welcome.limits.window - WINDOW_RESERVE));
    if (!this.#isListed) this.#listing = this.#list(connection);
  }

  async #list(connection: Connection): Promise<void> {
    try {
      await readRoster(connection, {
        chats: (chats, isLast) => {
          this.state.addChats(chats);
          this.#inbox.page(chats, isLast);
        },
        contacts: (contacts) => this.state.addContacts(contacts),
      });
      this.#isListed = this.#connection === connection;
      if (!this.#isListed) return;
      this.#keeper?.flush();
      this.#shown.pass();
    } catch {
      connection.close("the list of chats could not be read"); // the next connection tries again
    }
  }

  #setStatus(status: Status): void {
    if (status.phase === this.#status.phase && status.phase !== "offline") return;
    this.#status = status;
    this.#listener.status(status);
  }
}

function keptAfter({ message }: ClientError): ClientError {
  return new ClientError("kept", `${message}: ${CLIENT_ERRORS.kept}`);
}
