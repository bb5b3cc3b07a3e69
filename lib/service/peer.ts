/** What the service asks of a connection to a client; the transport has it. */

export interface Peer {
  /** Where the client is, for logs and limits: an IP address. */
  readonly address: string;
  /** The client's lines without their ends. They end with the input, with a fault, or with `close`. */
  readonly lines: AsyncIterable<string>;
  /** Whether the client sends no more, though lines of it may still wait. Often known soon after the last line came. */
  readonly hasEnded: boolean;
  /** Why the lines ended before the input did. Set before they end. */
  readonly fault: "line_too_long" | "not_utf8" | undefined;
  /** Queues a whole line with its LF. Never waits, never throws; after the end it does nothing. */
  send(line: Uint8Array): void;
  /** Whether `limits.queueBytes` wait to be sent. */
  readonly full: boolean;
  /** When the client took bytes last, in ms of `performance.now()`. */
  readonly tookAt: number;
  /** Resolves when at most half of `limits.queueBytes` wait, or when the connection has ended. */
  drained(): Promise<void>;
  /** Sends what is queued, for at most 5 s, then closes. Safe to call again. */
  end(): Promise<void>;
  /** Closes at once. Safe to call again. */
  close(): void;
}
