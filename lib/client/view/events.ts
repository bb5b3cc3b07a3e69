/** Events → lines for a person. Pure, and safe to print. */
import type { EventKind } from "../../protocol/events.ts";
import type { ChatId, ContactState, UserId } from "../../protocol/fields.ts";
import type { ChatEvent, EventOf } from "../events.ts";
import type { Hint } from "../messages.ts";
import type { State } from "../state.ts";
import { asTyped, chatTitle, userName, when } from "./names.ts";
import { printable, printableLines } from "./printable.ts";

export interface Scene {
  readonly state: State;
  /** The chat whose name need not be said. */
  readonly open?: ChatId;
  /** Milliseconds since 1970; today's messages have no date. */
  readonly now?: number;
}

/** What stands before the further lines of a text, so that they cannot pass for messages of their own. */
const CONTINUED = "      │ ";

/** None for what says nothing to a person. */
export function eventLines(event: ChatEvent, { state, open, now }: Scene): string[] {
  const say = SAYINGS[event.kind as EventKind] as ((event: ChatEvent, state: State) => string) | undefined;
  const said = say?.(event, state) ?? "";
  if (said === "") return [];
  const isHere = event.chat === open ||
    state.chats.get(event.chat)?.kind === "personal" && event.kind !== "text";
  const place = isHere ? "" : `[${chatTitle(state, event.chat)}] `;
  const [first, ...further] = said.split("\n");
  return [`${when(event.time, now)} ${place}${first}`, ...further.map((line) => CONTINUED + line)];
}

export function hintLines(hint: Hint, state: State): string[] {
  if (hint.type !== "presence") return [];
  return [`-- ${userName(state, hint.user)} is ${hint.online ? "online" : "offline"}`];
}

type Saying<K extends EventKind> = (event: EventOf<K>, state: State) => string;

const who = (state: State, { from }: { from: UserId }) => userName(state, from);
const words = (text: string) => printableLines(text).join("\n");

const SAYINGS: { readonly [K in EventKind]: Saying<K> } = {
  text: (event, state) => {
    const { seq, text, edits } = event;
    const body = text === undefined ? "(deleted)" : `${words(text)}${edits?.length ? " (edited)" : ""}`;
    return `^${seq} ${who(state, event)}: ${body}`;
  },
  edit: (event, state) => {
    const { target, text } = event;
    return `-- ${who(state, event)} edited ^${target}: ${text === undefined ? "(deleted)" : words(text)}`;
  },
  delete: (event, state) => `-- ${who(state, event)} deleted ^${event.target}`,
  create: (event, state) => `-- ${who(state, event)} created the group ${printable(event.name)}`,
  join: (event, state) => {
    const name = printable(event.name);
    return event.user === event.from ? `-- ${name} joined` : `-- ${who(state, event)} added ${name}`;
  },
  leave: (event, state) => `-- ${userName(state, event.user)} left`,
  kick: (event, state) => `-- ${who(state, event)} removed ${userName(state, event.user)}`,
  role: (event, state) => `-- ${userName(state, event.user)} is ${ROLES[event.role]} now`,
  group: (event, state) => {
    const { name, description, public: isPublic } = event;
    const changes = [
      name === undefined ? "" : `is called ${printable(name)} now`,
      description === undefined ? "" : `is described as: ${printable(description)}`,
      isPublic === undefined ? "" : `is ${isPublic ? "public" : "private"} now`,
    ];
    return `-- the group ${changes.filter((change) => change !== "").join(", ")} (${who(state, event)})`;
  },
  added: ({ entry }, state) => {
    if (entry.kind !== "group") return "";
    return `-- you are in the group ${printable(entry.name ?? "")} (#${entry.chat}) as ${
      ROLES[entry.role ?? "member"]
    }: /open ${asTyped(chatTitle(state, entry.chat))}`;
  },
  removed: ({ of }, state) => `-- you are no longer in ${chatTitle(state, of)}`,
  contact: ({ user, name, state: standing }) => `-- ${STANDINGS[standing](printable(name), user)}`,
  block: ({ user, blocked }, state) => `-- you ${blocked ? "blocked" : "unblocked"} ${userName(state, user)}`,
  signin: ({ device }) => `-- a session began on ${printable(device)}: /sessions`,
  signout: () => "-- a session ended",
  password: () => "-- your password was changed; your other sessions ended",
  profile: ({ name }) => `-- you are called ${printable(name)} now`,
};

const ROLES = { owner: "the owner", admin: "an admin", member: "a member" } as const;

const STANDINGS: { readonly [state in ContactState]: (name: string, user: UserId) => string } = {
  friend: (name) => `${name} and you are friends`,
  requested: (name) => `you asked ${name} to be a friend`,
  incoming: (name) => `${name} asks to be your friend: /accept ${name}`,
  none: (name) => `${name} and you are no friends`,
};
