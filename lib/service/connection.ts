/**
 * A Connection speaks the protocol with one client: lines in, one answer each, in three sentences: requests start in
 * the order in which they came, and at most `limits.window` are unanswered; those that wait for a commit wait for it
 * together, everything else waits its turn; while the outgoing queue is full nothing is read.
 */
import { type Decoded, decodeRequest } from "../protocol/decode.ts";
import { type ByeReason, BYES, ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { errorLine, okLine, pushLine } from "../protocol/messages.ts";
import { REQUESTS } from "../protocol/requests.ts";
import type { ChatServer } from "./chat_server.ts";
import { toChatError } from "./faults.ts";
import { encodeLine } from "./log_event.ts";
import { nextTurn, pause } from "./pause.ts";
import type { Peer } from "./peer.ts";
import { perform } from "./routes.ts";
import type { Session } from "./session.ts";

const LINES_IN_A_TURN = 32;

export class Connection {
  readonly server: ChatServer;
  readonly peer: Peer;
  /** When the last line came, in ms of `performance.now()`. */
  #heardAt = performance.now();
  #session: Session | undefined;
  #unanswered = 0;
  /** Wakes what waits for an answer to go out. */
  #answered: (() => void)[] = [];
  /** Takes no more requests. */
  #isDraining = false;
  /** Has said goodbye. */
  #isEnding = false;

  constructor(server: ChatServer, peer: Peer) {
    this.server = server;
    this.peer = peer;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** When the client was last known to be there. While its lines are not read, it is by what it takes. */
  get aliveAt(): number {
    return this.peer.full ? Math.max(this.#heardAt, this.peer.tookAt) : this.#heardAt;
  }

  /** Serves the client until the connection ends. Whatever was accepted is answered first. */
  async run(): Promise<void> {
    this.#welcome();
    try {
      let lines = 0;
      for await (const line of this.peer.lines) {
        // Lines that came together are served by microtasks alone: let the others have their turn of the loop.
        if (++lines % LINES_IN_A_TURN === 0) await nextTurn();
        if (this.#isDraining) continue;
        this.#heardAt = performance.now();
        const turn = this.#take(decodeRequest(line));
        if (turn) await turn;
        if (this.peer.full) await this.peer.drained();
      }
      await this.#room(1);
      if (this.peer.fault) this.#answer(undefined, toFaultError(this.peer.fault));
    } finally {
      this.leave();
      await this.peer.end();
    }
  }

  #welcome(): void {
    const { name, epoch, presenceScope } = this.server;
    this.peer.send(encodeLine(pushLine({
      type: "welcome",
      protocol: 1,
      server: name,
      limits: {
        line: limits.lineBytes,
        text: limits.textChars,
        window: limits.window,
        idle_s: limits.idleMs / 1000,
      },
      epoch,
      presence: presenceScope,
    })));
  }

  /** Starts a request, and says when the next one may start; without a promise, at once. */
  #take(decoded: Decoded): Promise<void> | undefined {
    const isTogether = "request" in decoded && "together" in REQUESTS[decoded.request.type];
    if (isTogether && this.#unanswered < limits.window) {
      void this.#perform(decoded);
      return undefined;
    }
    return this.#takeLater(decoded, isTogether);
  }

  async #takeLater(decoded: Decoded, isTogether: boolean): Promise<void> {
    await this.#room(isTogether ? limits.window : 1);
    if (this.#isEnding) return; // what is done could not be answered any more
    const performed = this.#perform(decoded);
    if (!isTogether) await performed;
  }

  /** Resolves when fewer than `count` requests are unanswered. */
  async #room(count: number): Promise<void> {
    while (this.#unanswered >= count) await this.#nextAnswer();
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#answered.push(resolve));
  }

  async #perform(decoded: Decoded): Promise<void> {
    this.#unanswered++;
    const { re } = decoded;
    try {
      if ("error" in decoded) throw decoded.error;
      const afterwards: (() => void)[] = [];
      const reply = await perform({ server: this.server, connection: this, afterwards }, decoded.request);
      this.peer.send(encodeLine(okLine(re, reply)));
      for (const act of afterwards) act();
    } catch (error) {
      const fields = {
        request: "request" in decoded ? decoded.request.type : undefined,
        user: this.#session?.user,
      };
      this.#answer(re, toChatError(error, this.server.log, { ...fields, address: this.peer.address }));
    } finally {
      this.#unanswered--;
      for (const wake of this.#answered.splice(0)) wake();
    }
  }

  #answer(re: Decoded["re"], error: ChatError): void {
    this.peer.send(encodeLine(errorLine(re, error)));
  }

  /** Does what herds ask for when the turn comes; nothing if the client was told to go meanwhile, and is elsewhere. */
  arrive<T>(work: () => Promise<T>): Promise<T> {
    return this.server.arrivals.take(() => {
      if (this.#isEnding) throw new ChatError("busy");
      return work();
    });
  }

  /** The client is this session from here on. */
  enter(session: Session): void {
    this.#session = session;
    this.server.presence.enter(session.user);
  }

  /** The client is nobody again. Safe to call again. */
  leave(): void {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    session.close();
    this.server.presence.leave(session.user);
  }

  /** Says why, sends what is queued, and closes. */
  end(reason: ByeReason, retryMs = BYES[reason].reconnect ? 0 : undefined): void {
    if (this.#isEnding) return;
    this.#isDraining = true;
    this.#isEnding = true;
    this.leave();
    this.peer.send(encodeLine(pushLine({ type: "bye", reason, retry_ms: retryMs })));
    void this.peer.end();
  }

  /** Answers what is under way, for at most `forMs`, and then ends. */
  async drain(retryMs: number, forMs: number): Promise<void> {
    this.#isDraining = true;
    const answered = new AbortController();
    let isTooLate = false;
    const tooLate = pause(forMs, answered.signal).then(() => isTooLate = true);
    // Nothing is awaited between the last look and the end: a request that waited for its turn could start there.
    while (this.#unanswered > 0 && !isTooLate) await Promise.race([this.#nextAnswer(), tooLate]);
    answered.abort();
    this.end("draining", retryMs);
  }
}

function toFaultError(fault: NonNullable<Peer["fault"]>): ChatError {
  return fault === "line_too_long"
    ? new ChatError("line_too_long")
    : new ChatError("bad_request", "expected UTF-8; the connection closes");
}
