/**
 * What the client knows: who it is, its chats and how much of them is unread, its contacts, names. Pure: answers, events
 * and hints go in, each once and in order; nothing else changes it.
 */
import type { EventKind } from "../protocol/events.ts";
import type { ChatEntry, ChatId, ChatKind, Contact, Role, User, UserId } from "../protocol/fields.ts";
import type { Reply, Request, RequestType } from "../protocol/requests.ts";
import type { ChatEvent, EventOf } from "./events.ts";
import type { Hint } from "./messages.ts";

export interface Chat {
  readonly chat: ChatId;
  readonly kind: ChatKind;
  /** Direct: the other one. */
  readonly user?: User;
  /** Group. */
  readonly name?: string;
  /** Group: mine. */
  readonly role?: Role;
  /** The log's head. */
  readonly seq: number;
  /** How far I have read. */
  readonly read: number;
  /** Not a member any more. */
  readonly isLeft: boolean;
}

/** Names are remembered, the latest so many. */
const MAX_NAMES = 20_000;

export class State {
  #me: User | undefined;
  readonly #names = new Map<UserId, string>();
  readonly #chats = new Map<ChatId, Chat>();
  readonly #contacts = new Map<UserId, Contact>();

  /** Who is logged in. */
  get me(): User | undefined {
    return this.#me;
  }

  /** My chats by id, those that I left too. */
  get chats(): ReadonlyMap<ChatId, Chat> {
    return this.#chats;
  }

  get contacts(): ReadonlyMap<UserId, Contact> {
    return this.#contacts;
  }

  /** A user's name, as far as it was ever said. */
  nameOf(user: UserId): string | undefined {
    return user === this.#me?.id ? this.#me.name : this.#names.get(user);
  }

  /** Events above what I have read. */
  unread(chat: ChatId): number {
    const { seq, read } = this.#chats.get(chat) ?? { seq: 0, read: 0 };
    return Math.max(0, seq - read);
  }

  directWith(user: UserId): Chat | undefined {
    return this.#chats.values().find((chat) => chat.user?.id === user);
  }

  /** Nobody is logged in any more. */
  clear(): void {
    this.#me = undefined;
    this.#chats.clear();
    this.#contacts.clear();
  }

  /** What login, register and resume answer with; `isFresh` drops what was known before. */
  enter(reply: Reply<"resume">, isFresh: boolean): void {
    if (isFresh) this.clear();
    this.#me = reply.user;
    this.addChats(reply.chats);
    this.#contacts.clear();
    this.addContacts(reply.contacts);
  }

  addChats(entries: readonly ChatEntry[]): void {
    for (const entry of entries) {
      const before = this.#chats.get(entry.chat);
      this.#chats.set(entry.chat, {
        ...entry,
        seq: Math.max(entry.seq, before?.seq ?? 0),
        read: Math.max(entry.read, before?.read ?? 0),
        isLeft: false,
      });
      if (entry.user) this.#learn(entry.user);
    }
  }

  addContacts(contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      this.#contacts.set(contact.user.id, contact);
      this.#learn(contact.user);
    }
  }

  /** What the answers of other requests tell on the way. */
  reply<T extends RequestType>(type: T, fields: object, reply: Reply<T>): void {
    const learn = LESSONS[type] as ((state: State, reply: Reply<T>, fields: object) => void) | undefined;
    learn?.(this, reply, fields);
  }

  event(event: ChatEvent): void {
    const { chat, seq, from } = event;
    const before = this.#chats.get(chat);
    // What I write behind what I have read is no news to me.
    const isOwn = from === this.#me?.id && before?.read === seq - 1;
    this.change(chat, { seq: Math.max(seq, before?.seq ?? 0), ...isOwn ? { read: seq } : {} });
    const apply = EFFECTS[event.kind as EventKind] as ((state: State, event: ChatEvent) => void) | undefined;
    apply?.(this, event);
  }

  hint(hint: Hint): void {
    if (hint.type === "read" && hint.user === this.#me?.id) this.markRead(hint.chat, hint.seq);
    if (hint.type === "presence") {
      const contact = this.#contacts.get(hint.user);
      if (contact) this.#contacts.set(hint.user, { ...contact, online: hint.online });
    }
  }

  markRead(chat: ChatId, seq: number): void {
    const { read } = this.#chats.get(chat) ?? { read: seq };
    if (seq > read) this.change(chat, { read: seq });
  }

  learn(users: readonly User[]): void {
    for (const user of users) this.#learn(user);
  }

  /** For the tables below: changes a chat that is known. */
  change(chat: ChatId, fields: Partial<Chat>): void {
    const before = this.#chats.get(chat);
    if (before) this.#chats.set(chat, { ...before, ...fields });
  }

  changeContact(user: User, fields: Partial<Contact>): void {
    this.#learn(user);
    const before = this.#contacts.get(user.id) ?? { user, state: "none", blocked: false };
    const contact: Contact = { ...before, ...fields, user };
    if (contact.state === "none" && !contact.blocked) this.#contacts.delete(user.id);
    else this.#contacts.set(user.id, contact);
  }

  changeName(name: string): void {
    if (this.#me) this.#me = { ...this.#me, name };
  }

  #learn({ id, name }: User): void {
    if (name === "") return;
    this.#names.delete(id);
    this.#names.set(id, name);
    if (this.#names.size > MAX_NAMES) this.#names.delete(this.#names.keys().next().value!);
  }
}

const LESSONS: {
  readonly [T in RequestType]?: (state: State, reply: Reply<T>, fields: Request<T>) => void;
} = {
  find_user: (state, { users }) => state.learn(users),
  contact_add: (state, { user, state: standing }) => state.changeContact(user, { state: standing }),
  contact_accept: (state, { user, state: standing }) => state.changeContact(user, { state: standing }),
  contacts: (state, { contacts }) => state.addContacts(contacts),
  group_info: (state, { members }) => state.learn(members.map(({ user }) => user)),
  profile: (state, { user }) => state.changeName(user.name),
  read: (state, _reply, { chat, seq }) => state.markRead(chat, seq),
};

const EFFECTS: { readonly [K in EventKind]?: (state: State, event: EventOf<K>) => void } = {
  create: (state, { chat, name }) => state.change(chat, { name }),
  group: (state, { chat, name }) => name !== undefined && state.change(chat, { name }),
  join: (state, { user, name }) => state.learn([{ id: user, name }]),
  role: (state, { chat, user, role }) => user === state.me?.id && state.change(chat, { role }),
  added: (state, { entry }) => state.addChats([entry]),
  // Not the group's own `leave` and `kick`: those may come behind an `added` that is later than they are.
  removed: (state, { of }) => state.change(of, { isLeft: true }),
  contact: (state, { user, name, state: standing }) => {
    state.changeContact(
      { id: user, name },
      standing === "friend" ? { state: standing } : {
        state: standing,
        online: undefined,
      },
    );
  },
  block: (state, { user, blocked }) => {
    state.changeContact({ id: user, name: state.nameOf(user) ?? "" }, { blocked });
  },
  profile: (state, { name }) => state.changeName(name),
};
