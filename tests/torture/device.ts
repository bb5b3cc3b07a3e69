/**
 * A user's device: the project's own client, which goes away and comes back, by `resume` or by a new login, and never
 * gives up what it was to send. Everything that it is told and shows is recorded.
 */
import { ChatClient } from "../../lib/client/chat_client.ts";
import { newCid } from "../../lib/client/cid.ts";
import type { Fields } from "../../lib/client/asks.ts";
import { Refusal } from "../../lib/client/errors.ts";
import type { Draft } from "../../lib/client/outbox.ts";
import type { Saved } from "../../lib/client/saved.ts";
import type { Reply, RequestType } from "../../lib/protocol/requests.ts";
import { pause } from "../../lib/service/pause.ts";
import { PASSWORD } from "../kit/server.ts";
import { textOf } from "./payload.ts";
import type { Recorder } from "./recorder.ts";
import type { View } from "./view.ts";

export interface DeviceOptions {
  readonly port: number;
  readonly recorder: Recorder;
  /** The user's. */
  readonly name: string;
  readonly device: string;
}

/** Shorter than a person's client's, so that a short run has many connections. */
const BACKOFF = { minMs: 50, maxMs: 1_000 };
const RETRY_MS = 300;
/** Of a chat, after a login. */
const HISTORY_EVENTS = 60;
/** What changes who may do what: the log must tell of it once it is acknowledged. */
const DEEDS: ReadonlySet<string> = new Set([
  "group_join",
  "group_leave",
  "group_kick",
  "group_invite",
  "block",
  "unblock",
]);

export interface Text {
  readonly chat: number;
  readonly seq: number;
}

export class Device {
  /** Own texts that can be edited or deleted, the last ones. */
  readonly texts: Text[] = [];
  readonly #options: DeviceOptions;
  #client: ChatClient | undefined;
  #view: View | undefined;
  #saved: Saved | undefined;
  #isBusy = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** The client, while this device is in use: it may be without a connection. */
  get client(): ChatClient | undefined {
    return this.#isBusy ? undefined : this.#client;
  }

  get isOnline(): boolean {
    return this.client?.status.phase === "online";
  }

  get view(): View | undefined {
    return this.#view;
  }

  /** Whether the server ended its session: then it must log in again. */
  get isEnded(): boolean {
    return this.client?.status.phase === "ended";
  }

  /** Makes the account. */
  async register(): Promise<Reply<"register">> {
    const { name, device } = this.#options;
    return await this.#enter((client) => client.register({ name, password: PASSWORD, device }));
  }

  /** A new session instead of the one before: it begins where the answer says. Then it looks at what was before. */
  async login(): Promise<void> {
    const { name, device } = this.#options;
    const client = this.client;
    if (client) {
      this.#isBusy = true;
      this.#saved = client.saved ?? this.#saved;
      // Sessions that nobody uses any more would add up to the limit. What was not acknowledged is kept here.
      if (client.status.phase === "online") await client.logout().catch(() => {});
    }
    const reply = await this.#enter((client) => client.login({ name, password: PASSWORD, device }));
    for (const { chat, seq } of reply.chats) void this.#look(chat, seq);
  }

  /** Goes without a goodbye. What was not acknowledged is kept for the next time. */
  leave(): void {
    if (this.#isBusy || !this.#client) return;
    this.#saved = this.#client.saved ?? this.#saved;
    this.#client.close();
    this.#client = undefined;
  }

  /** Comes back with what it has, in the same session. */
  async resume(): Promise<void> {
    const saved = this.#saved;
    if (!saved || this.#client || this.#isBusy) return;
    await this.#open(async (client) => {
      const { pending = [], ...rest } = saved;
      this.#show(client);
      await client.resume(rest);
      this.#saved = undefined;
      for (const draft of pending) this.#store(client, draft);
    });
  }

  async send(to: { readonly chat: number } | { readonly user: number }): Promise<void> {
    const cid = newCid();
    if (this.client) {
      await this.#store(this.client, { type: "send", fields: { ...to, cid, text: textOf(cid) } });
    }
  }

  async edit(target: Text): Promise<void> {
    const cid = newCid();
    const fields = { chat: target.chat, target: target.seq, cid, text: textOf(cid) };
    if (this.client) await this.#store(this.client, { type: "edit", fields });
  }

  async delete(target: Text): Promise<void> {
    const fields = { chat: target.chat, target: target.seq, cid: newCid() };
    if (this.client) await this.#store(this.client, { type: "delete", fields });
  }

  /** Makes a group and returns its chat. */
  async createGroup(name: string): Promise<number> {
    const askedAt = performance.now();
    const cid = newCid();
    const { chat } = await this.client!.request("group_create", { name, public: true, cid });
    this.#options.recorder.acknowledge({ sender: this.#view!.user, cid, chat, seq: 1 }, askedAt);
    return chat;
  }

  /** Any other request. Returns nothing if it was refused, or if nobody knows whether it was done. */
  async ask<T extends RequestType>(type: T, fields: Fields<T>): Promise<Reply<T> | undefined> {
    const client = this.client;
    if (!client) return undefined;
    const { recorder } = this.#options;
    const askedAt = Date.now();
    const by = this.#view!.user;
    const named = fields as { readonly chat?: number; readonly user?: number };
    try {
      const reply = await client.request(type, fields);
      if (DEEDS.has(type)) {
        const { seq } = reply as { readonly seq?: number };
        recorder.deeds.push({ ...named, seq, type, by, askedAt, doneAt: Date.now() });
      }
      return reply;
    } catch (error) {
      if (error instanceof Refusal) {
        const { code, retry } = error;
        recorder.refusals.push({ type, by, chat: named.chat, code, retry, askedAt, doneAt: Date.now() });
      }
      return undefined;
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #enter<T extends Reply<"login">>(enter: (client: ChatClient) => Promise<T>): Promise<T> {
    const { recorder, name, device } = this.#options;
    const pending = this.#saved?.pending ?? [];
    this.close();
    return await this.#open(async (client) => {
      if (this.#view) this.#view.isFinal = false;
      const view = this.#view = recorder.view(`${name}'s ${device}`);
      this.#show(client);
      const reply = await enter(client);
      view.begin(reply.user.id, reply.chats);
      this.#saved = undefined;
      for (const draft of pending) this.#store(client, draft);
      return reply;
    });
  }

  /** Connects, however long it takes, and lets the client be used when `enter` is through. */
  async #open<T>(enter: (client: ChatClient) => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      while (true) {
        const client = new ChatClient({ port: this.#options.port, backoff: BACKOFF });
        try {
          await client.connect();
          const result = await enter(client);
          this.#client = client;
          return result;
        } catch (error) {
          client.close();
          if (error instanceof Refusal && !error.retry) throw error;
          await pause(RETRY_MS);
        }
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #show(client: ChatClient): void {
    const view = this.#view!;
    client.on("event", (event) => {
      const kind = event.kind === "unknown" ? event.was : event.kind;
      this.#options.recorder.show(view, { ...event, kind });
    });
    client.on("reset", () => view.resets++);
    client.on("status", (status) => {
      if (status.phase !== "ended") return;
      this.#options.recorder.oddity({ what: `the server ended ${view.client}: ${status.error.message}` });
    });
  }

  /** The client keeps it until it is acknowledged or refused for good. */
  async #store(client: ChatClient, { type, fields }: Draft): Promise<void> {
    const { recorder } = this.#options;
    const askedAt = performance.now();
    const from = Date.now();
    const sender = this.#view!.user;
    const { cid } = fields;
    try {
      const { chat, seq } = await client.request(type, fields as never) as Text;
      recorder.acknowledge({ sender, cid, chat, seq }, askedAt);
      if (type === "send") this.texts.push({ chat, seq });
      if (this.texts.length > 50) this.texts.shift();
    } catch (error) {
      if (!(error instanceof Refusal)) return;
      const { code, retry } = error;
      const chat = fields.chat as number | undefined;
      recorder.refusals.push({ type, by: sender, chat, cid, code, retry, askedAt: from, doneAt: Date.now() });
    }
  }

  /** Reads the end of a chat's log, below where the login began. */
  async #look(chat: number, head: number): Promise<void> {
    const view = this.#view!;
    try {
      const client = this.client;
      if (!client || head === 0) return;
      const { events } = await client.history(chat, { before: head + 1, limit: HISTORY_EVENTS });
      const named = events.map((event) => ({
        ...event,
        kind: event.kind === "unknown" ? event.was : event.kind,
      }));
      this.#options.recorder.page(view, chat, named);
    } catch {
      // No longer a member, or gone again.
    }
  }
}
