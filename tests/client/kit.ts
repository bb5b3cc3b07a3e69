/** What the tests of the client say often. */
import { ChatClient, type ChatClientOptions } from "../../lib/client/chat_client.ts";
import type { ChatEvent } from "../../lib/client/events.ts";
import { FakeClock, settled } from "./fake_clock.ts";
import { type FakePeer, FakeServer } from "./fake_server.ts";

export const ME = { id: 7, name: "ann" };
export const TOKEN = "t".repeat(22);

export function text(chat: number, seq: number, words = `text ${seq}`, from = 12): ChatEvent {
  const event = { type: "event", chat, seq, kind: "text", from, cid: `c${chat}-${seq}`, time: 1000 + seq };
  return { ...event, text: words } as ChatEvent;
}

export function event(chat: number, seq: number, kind: string, body: object, from = 7): ChatEvent {
  return {
    type: "event",
    chat,
    seq,
    kind,
    from,
    cid: `c${chat}-${seq}`,
    time: 1000 + seq,
    ...body,
  } as ChatEvent;
}

export const PERSONAL = { chat: 1, kind: "personal", seq: 3, read: 3 };

export function direct(chat: number, seq: number, read = seq): object {
  return { chat, kind: "direct", user: { id: 12, name: "bob" }, seq, read };
}

export function group(chat: number, seq: number, read = seq): object {
  return { chat, kind: "group", name: `group ${chat}`, role: "member", seq, read };
}

export function entrance(...chats: object[]): object {
  return {
    user: ME,
    epoch: "e1",
    session: 1,
    token: TOKEN,
    chats: [PERSONAL, ...chats],
    contacts: [],
  };
}

/** A client and a server that a test plays, in memory and with a clock moved by hand. */
export class Stage implements Disposable {
  readonly clock = new FakeClock();
  readonly server = new FakeServer();
  readonly client: ChatClient;
  /** Events as they were shown: `chat:seq`. */
  readonly shown: string[] = [];
  readonly statuses: string[] = [];

  constructor(options: ChatClientOptions = {}) {
    this.client = new ChatClient({ dial: this.server.dial, clock: this.clock, ...options });
    this.client.on("event", ({ chat, seq }) => this.shown.push(`${chat}:${seq}`));
    this.client.on("status", ({ phase }) => this.statuses.push(phase));
  }

  /** Connected and logged in. */
  static async online(...chats: object[]): Promise<Stage> {
    const stage = new Stage();
    await stage.client.connect();
    const login = stage.client.login({ name: "ann", password: "secret-secret" });
    await stage.peer.answer("login", entrance(...chats));
    await login;
    return stage;
  }

  get peer(): FakePeer {
    return this.server.peer;
  }

  /** Loses the connection, and makes the next one; its `resume` is unanswered. */
  async reconnect(): Promise<FakePeer> {
    await this.peer.close();
    await this.clock.advance(1_000);
    return this.peer;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

export { settled };
