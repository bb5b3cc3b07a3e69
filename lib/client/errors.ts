/** What can go wrong for a caller of the client: the server refused, or there was nobody to ask. */

export const CLIENT_ERRORS = {
  not_reachable: "the server cannot be reached",
  connection_lost: "the connection was lost before the answer came: it may have been done, or not",
  session_ended: "the session has ended",
  logged_out: "this client has logged out",
  closed: "the client is closed",
  bad_answer: "the server's answer is not what the protocol says",
  too_long: "it is longer than the server takes",
  queue_full: "too much waits to be sent already",
  kept: "it is kept, and sent when this account is logged in again",
  other_database: "the server has another database than the one for which it was written",
  store_failed: "what outlives this program cannot be written",
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** Found out here, not said by a server. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string = CLIENT_ERRORS[code], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The server's `error` answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** One of `ERRORS` of the protocol, or a newer server's. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;

  constructor({ code, message, retry }: { code: string; message: string; retry: boolean }) {
    super(message);
    this.code = code;
    this.retry = retry;
  }
}
