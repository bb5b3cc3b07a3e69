/**
 * What can be refused, and why a connection ends: two tables, and the error that carries a refusal.
 * A refusal is a `ChatError`; any other exception is a fault, answered as `internal` and logged.
 */

interface Refusal {
  readonly message: string;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
}

export const ERRORS = {
  bad_request: { message: "the line is not a well-formed request", retry: false },
  unknown_type: { message: "there is no request of this type", retry: false },
  line_too_long: { message: "a line is at most 65536 bytes; the connection closes", retry: false },
  not_logged_in: { message: "log in first: login, register or resume", retry: false },
  already_logged_in: { message: "this connection is logged in; log out first", retry: false },
  wrong_login: { message: "there is no such user with this password", retry: false },
  bad_token: { message: "this session has ended; log in again", retry: false },
  name_taken: { message: "somebody has this name already", retry: false },
  not_found: { message: "there is no such thing, or it is not yours to see", retry: false },
  not_allowed: { message: "your role does not allow this", retry: false },
  blocked: { message: "a block stands between you and this user", retry: false },
  cid_conflict: { message: "this cid was used for something else; choose a new one", retry: false },
  limit_reached: { message: "there is no room for one more", retry: false },
  busy: { message: "too much to do at the moment; try again in a second", retry: true },
  unavailable: { message: "the database cannot be reached; try again in a second", retry: true },
  storage_full: {
    message: "the server's disk is full; reading works, writing will again once there is room",
    retry: true,
  },
  internal: { message: "the server failed at this; it is in its log", retry: true },
} as const satisfies Record<string, Refusal>;

export type ErrorCode = keyof typeof ERRORS;

/** A refusal: expected, told to the client in full, never logged as a fault. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERRORS[code].message) {
    super(message);
    this.code = code;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

interface Farewell {
  readonly meaning: string;
  /** Whether the client should connect again by itself. */
  readonly reconnect: boolean;
}

export const BYES = {
  draining: { meaning: "the server stops; connect again after `retry_ms`, which is spread", reconnect: true },
  idle: { meaning: "nothing came for `idle_s` seconds; send `ping` every 15 s", reconnect: true },
  ended: { meaning: "this session was ended, from another device or by a new password", reconnect: false },
  replaced: { meaning: "the session goes on in a newer connection or login", reconnect: false },
} as const satisfies Record<string, Farewell>;

export type ByeReason = keyof typeof BYES;
