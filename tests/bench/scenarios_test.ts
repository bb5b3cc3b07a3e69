/** The load bench's own scenarios, small: servers and clients are real, nothing is lost, and every figure is there. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { isNothing } from "../../bench/load/account.ts";
import type { Bench, Result } from "../../bench/load/bench.ts";
import { sqliteBackend } from "../../bench/load/deployment.ts";
import { herd } from "../../bench/load/herd.ts";
import { ReturningClient } from "../../bench/load/returning_client.ts";
import { slowReaders } from "../../bench/load/slow_readers.ts";
import { stale } from "../../bench/load/stale.ts";
import { eventLine, type StoredEvent } from "../../lib/protocol/events.ts";
import { okLine } from "../../lib/protocol/messages.ts";
import { serviceTest } from "../kit/services.ts";

const SIZES = { seconds: 0.2, rate: 100, connections: 10, clients: 10 };

serviceTest("slow readers get everything, and what others notice is measured", async () => {
  const { rows } = await once(slowReaders("slow", {
    members: 6,
    slow: 2,
    writers: 2,
    textsBefore: 10,
    texts: 3_000,
    textsAfter: 20,
    rate: 10_000,
    textChars: 2_000,
    restMs: 0,
    rounds: 2,
  }));
  equal(Object.keys(rows), ["slow: all read", "slow: 2 stopped", "slow: 2 read on"]);
  const { "slow: 2 stopped": stopped, "slow: 2 read on": back } = rows;
  ok(stopped!.unreadMb! > 1, `${stopped!.unreadMb} MiB were not read`);
  ok(stopped!.rssPeak! >= stopped!.rssBefore! && stopped!.p99Ratio! > 0, JSON.stringify(stopped));
  ok(back!.caughtUpMs! > 0 && back!.rssAfter! > 0, JSON.stringify(back));
});

serviceTest("a herd comes back twice and gets what it missed, while others talk", async () => {
  const { rows } = await once(herd("herd", { others: 4, rate: 500, warmUpMs: 0, restMs: 0 }));
  equal(Object.keys(rows), ["herd: none", "herd: 10 first", "herd: 10 again"]);
  for (const time of ["first", "again"]) {
    const { answeredP50, allInMs, p99Ratio } = rows[`herd: 10 ${time}`]!;
    ok(answeredP50! > 0 && allInMs! >= answeredP50! * 0.99 && p99Ratio! > 0, JSON.stringify(rows));
  }
});

serviceTest("a stale user logs in, resumes, and gets everything that is missing", async () => {
  const { rows } = await once(stale("stale", { chats: 10, has: 3, missed: 150, restMs: 0, rounds: 1 }));
  equal(Object.keys(rows), ["stale: new server", "stale: again"]);
  for (const figures of Object.values(rows)) {
    ok(
      figures.screenMs! > figures.loginMs! && figures.completeMs! > figures.answeredMs!,
      JSON.stringify(rows),
    );
    ok(Object.values(figures).every((figure) => figure > 0), JSON.stringify(rows));
  }
});

serviceTest("a returning client counts what it did not get, got twice, or out of order", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await ReturningClient.connect(listener.addr.port);
  using server = await listener.accept();
  const resumed = client.resume("a token", [{ chat: 7, has: 2, head: 9 }, { chat: 8, has: 5, head: 5 }]);
  await server.read(new Uint8Array(1_000));
  const lines = [okLine(1, {}), ...[3, 5, 4, 4, 6, 9].map(textLine), '{"type":"typing"}'];
  await server.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  server.closeWrite();
  await resumed;
  equal(await client.completes(60_000), false);
  equal(client.wrong(), { unacknowledged: 0, lost: 2, doubled: 1, unordered: 1, jumps: 5, surprised: 2 });
  await client.close();
});

function textLine(seq: number): string {
  const event = { chat: 7, seq, kind: "text", from: 1, cid: `0-${seq}`, time: 1, body: '{"text":"hi"}' };
  return eventLine(event as StoredEvent);
}

/** A run in which nothing went wrong. */
async function once(bench: Bench): Promise<Result> {
  await using backend = sqliteBackend();
  const result = await bench.run(backend, SIZES);
  ok(isNothing(result.wrong), JSON.stringify([result.wrong, result.surprises]));
  const names = Object.keys(bench.columns).sort();
  for (const figures of Object.values(result.rows)) equal(Object.keys(figures).sort(), names);
  return result;
}
