/** Where a client stands with its server. */
export type Status =
  /** Not connected, and not trying: before `connect`, after `close`. */
  | { readonly phase: "idle" }
  | { readonly phase: "connecting" }
  /** Connected, nobody logged in. */
  | { readonly phase: "guest" }
  | { readonly phase: "online" }
  /** The connection is lost; the next attempt comes after so many ms. */
  | { readonly phase: "offline"; readonly retryMs: number }
  /** Over for good: the session was ended, or nobody can be reached. `connect` begins anew. */
  | { readonly phase: "ended"; readonly error: Error };
