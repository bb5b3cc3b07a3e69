/**
 * Every limit that a client can meet, in one table: value, unit, and what happens beyond it.
 * `docs/protocol.md` prints the table. A limit that only the server itself meets stands beside its code.
 */

interface Limit {
  readonly value: number;
  readonly unit: string;
  /** What it bounds, and the consequence of reaching it. */
  readonly meaning: string;
}

function limit(value: number, unit: string, meaning: string): Limit {
  return { value, unit, meaning };
}

export const LIMITS = {
  lineBytes: limit(
    65_536,
    "bytes",
    "A line without its line end. Beyond it: `line_too_long`, and the connection closes.",
  ),
  textChars: limit(8_000, "characters", "A text (Unicode code points). Beyond it: `bad_request`."),
  nameChars: limit(32, "characters", "A user's name. Beyond it: `bad_request`."),
  groupNameChars: limit(64, "characters", "A group's name. Beyond it: `bad_request`."),
  descriptionChars: limit(500, "characters", "A group's description. Beyond it: `bad_request`."),
  deviceChars: limit(64, "characters", "The name a session gives its device. Beyond it: `bad_request`."),
  passwordMinChars: limit(8, "characters", "The shortest password. Below it: `bad_request`."),
  passwordMaxChars: limit(256, "characters", "The longest password. Beyond it: `bad_request`."),
  cidChars: limit(64, "characters", "A client-chosen id, of A-Z a-z 0-9 _ and -. Otherwise: `bad_request`."),
  window: limit(
    32,
    "requests",
    "Unanswered requests of a connection. At it, the server stops reading until one is answered.",
  ),
  idleMs: limit(45_000, "ms", "Time without a line from the client. Beyond it: `bye` with reason `idle`."),
  queueBytes: limit(
    1_048_576,
    "bytes",
    "What waits to be sent to a connection. At it, its requests are not read, events are read from the log later, and hints are dropped.",
  ),
  answerBytes: limit(
    262_144,
    "bytes",
    "The lists of one answer. Beyond it the list is cut, and `more` is true.",
  ),
  historyEvents: limit(
    500,
    "events",
    "The largest `limit` of `history`; without one it is 100. Beyond it: `bad_request`.",
  ),
  pageRows: limit(
    500,
    "rows",
    "Chats, members, contacts or groups in one answer. Beyond it the list is cut, and `more` is true.",
  ),
  foundRows: limit(20, "rows", "Users or groups that a search answers with."),
  chatsPerUser: limit(
    2_000,
    "chats",
    "Chats of a user, groups and direct ones together. Beyond it: `limit_reached`.",
  ),
  contactsPerUser: limit(
    1_000,
    "contacts",
    "Contacts of a user, requests in both directions included. Beyond it: `limit_reached`.",
  ),
  groupMembers: limit(10_000, "members", "Members of a group. Beyond it: `limit_reached`."),
  sessionsPerUser: limit(
    50,
    "sessions",
    "Sessions of a user. One more ends the oldest. `--sessions` lowers it.",
  ),
  editsPerText: limit(100, "edits", "Edits of one text. Beyond it: `limit_reached`."),
  hintMembers: limit(50, "members", "The largest chat in which `typing` and `read` are shown to the others."),
  hashingQueue: limit(100, "requests", "Requests that wait for a password to be hashed. Beyond it: `busy`."),
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** The values alone: `limits.lineBytes` is 65536. */
export const limits: { readonly [name in LimitName]: number } = Object.fromEntries(
  Object.entries(LIMITS).map(([name, { value }]) => [name, value]),
) as { [name in LimitName]: number };
