/** A client that has given a connection up goes on with another one: what the first one still does must not harm it. */
import { deepStrictEqual as equal } from "node:assert/strict";
import type { Peer } from "../../lib/service/peer.ts";
import { serviceTest, shared, startMariadb, startRedis } from "../kit/services.ts";
import { holdNext } from "./hold.ts";
import { insertSession, insertUser } from "./population.ts";
import { startTrio } from "./trio.ts";

const mariadb = shared(() => startMariadb());
const redis = shared(() => startRedis());

serviceTest("a resume that takes long does not end the one that came after it", async () => {
  await using trio = await startTrio(mariadb(), redis());
  const [a, b] = trio.servers;
  const { token } = await insertSession(a!.database, await insertUser(a!.database, "ann"));
  await using slow = await a!.connect();
  await using next = await b!.connect();
  const opening = holdNext(a!.chat.feeds, "open");
  const resuming = slow.request("resume", { token });
  await opening.reached;
  await next.request("resume", { token });
  opening.release();
  await resuming;
  await slow.take("bye", ({ reason }) => reason === "replaced");
  await next.settle();
});

serviceTest("a resume whose client has gone meanwhile ends nobody, and is answered", async () => {
  await using trio = await startTrio(mariadb(), redis());
  const [a, b] = trio.servers;
  const ann = await insertUser(a!.database, "ann");
  const { token } = await insertSession(a!.database, ann);
  await using phone = await a!.connect();
  await phone.request("resume", await insertSession(a!.database, ann));
  await using next = await b!.connect();
  await next.request("resume", { token });
  // As a server finds it that was stopped: the line is there, and the end behind it.
  const gone = new GonePeer(JSON.stringify({ type: "resume", id: 1, token }));
  a!.chat.accept(gone);
  await gone.ended;
  equal(gone.sent.map(({ type }) => type), ["welcome", "ok"]);
  // What the one server says of that session, the other one hears before this.
  const { chat } = await phone.request("send", { user: ann.id, cid: "1", text: "behind it" });
  await next.event(chat, "text");
  await next.settle();
});

/** A client that has sent its lines and closed. */
class GonePeer implements Peer {
  readonly address = "127.0.0.1";
  readonly hasEnded = true;
  readonly fault = undefined;
  readonly full = false;
  readonly tookAt = 0;
  readonly lines: AsyncIterable<string>;
  readonly sent: { readonly type: string }[] = [];
  readonly #ended = Promise.withResolvers<void>();

  constructor(...lines: readonly string[]) {
    this.lines = ReadableStream.from(lines);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  send(line: Uint8Array): void {
    this.sent.push(JSON.parse(new TextDecoder().decode(line)));
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.#ended.resolve();
    return this.ended;
  }

  close(): void {}
}
