/** Well-formed requests: for each type one with every field that can stand together, then its other forms. */
import type { RequestType } from "../../lib/protocol/requests.ts";

type Fields = Readonly<Record<string, unknown>>;

const token = "t".repeat(43);
const cid = "01JC4XN5T9AVWMBYQZ0F3K8HDE";

/** A request without an example is a compile error. */
export const EXAMPLES: { readonly [T in RequestType]: readonly [Fields, ...Fields[]] } = {
  register: [{ name: "ann", password: "correct horse", device: "Ann's phone" }, {
    name: "Zoë.2_-",
    password: "😀".repeat(8),
  }],
  login: [
    { name: "ann", password: "correct horse", device: "nc" },
    { user: 7, password: "" },
    { name: "no name!", password: "x" },
  ],
  resume: [{ token, epoch: "E-1_a", have: { "17": 41, "5": 0 } }, { token }, { token, have: {} }],
  logout: [{}],
  password: [{ old: "correct horse", new: "battery staple" }],
  sessions: [{}],
  revoke: [{ session: 3 }],
  profile: [{ name: "Ann_2" }],
  find_user: [{ name: "an" }],
  contact_add: [{ user: 12 }, { name: "bob" }],
  contact_accept: [{ user: 12 }],
  contact_remove: [{ user: 12 }],
  block: [{ user: 12 }],
  unblock: [{ user: 12 }],
  contacts: [{ after: 12 }, {}],
  send: [
    { chat: 17, cid, text: "hi" },
    { user: 12, cid: "-", text: " \n\t" },
    { chat: Number.MAX_SAFE_INTEGER, cid: "x".repeat(64), text: "😀".repeat(8_000) },
  ],
  edit: [{ chat: 17, target: 42, cid, text: "hello" }],
  delete: [{ chat: 17, target: 42, cid }],
  history: [{ chat: 17, before: 42, limit: 100 }, { chat: 17, after: 0, limit: 500 }, { chat: 17 }],
  read: [{ chat: 17, seq: 43 }],
  typing: [{ chat: 17 }],
  chats: [{ after: 17 }, {}],
  group_create: [{ name: "Hiking, slowly", description: "Two lines\nof it", public: true, cid }, {
    name: "x",
    description: "",
  }],
  group_join: [{ chat: 5 }],
  group_invite: [{ chat: 5, user: 12 }],
  group_leave: [{ chat: 5 }],
  group_kick: [{ chat: 5, user: 12 }],
  group_role: [{ chat: 5, user: 12, role: "admin" }],
  group_edit: [{ chat: 5, name: "Hiking", description: "Up and down", public: false }, {
    chat: 5,
    public: true,
  }],
  group_info: [{ chat: 5, after: 12 }, { chat: 5 }],
  group_find: [{ name: "hik" }],
  ping: [{}],
};

export const EXAMPLE_ENTRIES = Object.entries(EXAMPLES) as [RequestType, readonly [Fields, ...Fields[]]][];
