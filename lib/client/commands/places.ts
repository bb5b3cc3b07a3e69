/** Which user, chat or group a command means: what is typed → ids, with the open chat as the default. */
import type { ChatId, UserId } from "../../protocol/fields.ts";
import type { ChatClient } from "../chat_client.ts";
import type { Chat } from "../state.ts";
import { chatTitle, userName } from "../view/names.ts";
import { printable } from "../view/printable.ts";
import type { ChatRef, GroupRef, UserRef } from "./arguments.ts";
import { CommandError } from "./errors.ts";

/** Where a text can go: a chat, or a user with whom there is none yet. */
export type Place = { readonly chat: ChatId } | { readonly user: UserId };

export class Places {
  readonly #client: ChatClient;
  #open: Place | undefined;
  /** The first event of the open chat that was shown: older ones come before it. */
  oldest: number | undefined;

  constructor(client: ChatClient) {
    this.#client = client;
    // Its number may be another chat's there.
    client.on("reset", () => this.open = undefined);
  }

  /** The chat where lines go that are no commands. A user's becomes a chat with the first text. */
  get open(): Place | undefined {
    const place = this.#open;
    if (!place || "chat" in place) return place;
    return this.#direct(place.user);
  }

  set open(place: Place | undefined) {
    this.#open = place;
    this.oldest = undefined;
  }

  title(place: Place): string {
    const { state } = this.#client;
    return "chat" in place ? chatTitle(state, place.chat) : userName(state, place.user);
  }

  async user(ref: UserRef): Promise<UserId> {
    if ("id" in ref) return ref.id;
    const user = await this.#findUser(ref.name);
    if (user === undefined) throw new CommandError(`there is no user named ${printable(ref.name)}`);
    return user;
  }

  /** Without a reference, the open chat. */
  async place(ref?: ChatRef): Promise<Place> {
    if (!ref) {
      if (this.open) return this.open;
      throw new CommandError("no chat is open: /open NAME");
    }
    if ("chat" in ref) return ref;
    if ("user" in ref) return this.#direct(await this.user(ref.user));
    const groups = this.#groupsNamed(ref.name);
    const user = await this.#findUser(ref.name);
    const places: Place[] = groups.map(({ chat }) => ({ chat }));
    if (user !== undefined) places.push(this.#direct(user));
    return only(places, ref.name, (place) => "chat" in place ? `#${place.chat}` : `@${place.user}`);
  }

  /** The same for what needs a chat's log. */
  async chat(ref?: ChatRef): Promise<ChatId> {
    const place = await this.place(ref);
    if ("chat" in place) return place.chat;
    throw new CommandError(`nothing was said between ${this.title(place)} and you yet`);
  }

  /** A group of mine; without a reference, the open one. */
  async group(ref?: GroupRef): Promise<ChatId> {
    if (!ref) {
      const chat = await this.chat();
      if (this.#client.state.chats.get(chat)?.kind === "group") return chat;
      throw new CommandError("the open chat is no group: name one");
    }
    if ("chat" in ref) return ref.chat;
    const mine = this.#groupsNamed(ref.name).map(({ chat }) => chat);
    return mine.length > 0 ? only(mine, ref.name, (chat) => `#${chat}`) : await this.publicGroup(ref);
  }

  /** A group that everybody can find. */
  async publicGroup(ref: GroupRef): Promise<ChatId> {
    if ("chat" in ref) return ref.chat;
    const { groups } = await this.#client.request("group_find", { name: ref.name });
    const found = groups.filter(({ name }) => isSame(name, ref.name)).map(({ chat }) => chat);
    return only(found, ref.name, (chat) => `#${chat}`);
  }

  #groupsNamed(name: string): Chat[] {
    const { chats } = this.#client.state;
    return [...chats.values()].filter((chat) =>
      !chat.isLeft && chat.kind === "group" && isSame(chat.name, name)
    );
  }

  async #findUser(name: string): Promise<UserId | undefined> {
    const { me, contacts, chats } = this.#client.state;
    const known = [
      me,
      ...contacts.values().map(({ user }) => user),
      ...chats.values().map(({ user }) => user),
    ];
    const near = known.find((user) => isSame(user?.name, name));
    if (near) return near.id;
    const { users } = await this.#client.request("find_user", { name });
    return users.find((user) => isSame(user.name, name))?.id;
  }

  #direct(user: UserId): Place {
    const { state } = this.#client;
    const notes = state.chats.values().find(({ kind }) => kind === "personal");
    const chat = (user === state.me?.id ? notes : state.directWith(user))?.chat;
    return chat === undefined ? { user } : { chat };
  }
}

function only<T>(found: readonly T[], name: string, show: (each: T) => string): T {
  const [first, ...others] = found;
  if (first === undefined) throw new CommandError(`there is nobody and no group named ${printable(name)}`);
  if (others.length === 0) return first;
  throw new CommandError(`${printable(name)} may be ${found.map(show).join(" or ")}: say which`);
}

/** As the server compares names, closely enough to choose among those that it found. */
function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && a.normalize("NFKC").toLowerCase() === b.normalize("NFKC").toLowerCase();
}
