/** What the history shows, whatever its server has heard of. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { startServer } from "../kit/server.ts";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";
import { holdNext } from "./hold.ts";

const mariadb = shared(() => startMariadb());

serviceTest("the history has what was acknowledged, while what stands before it is on its way", async () => {
  const database = await mariadb().createDatabase();
  await using a = await startServer({ database });
  await using b = await startServer({ database });
  await using ann = await a.user("ann");
  await using bob = await b.user("bob");
  const { chat } = await ann.wire.request("send", { user: bob.id, cid: "0", text: "0" });
  await bob.wire.event(chat, "text");
  // No bus tells of bob's text, and what is read of the log comes late.
  const filling = holdNext(a.database, "query", {
    picks: (sql) => String(sql).includes("FROM events WHERE chat_id = ? AND seq > ?"),
  });
  await bob.wire.request("send", { chat, cid: "b", text: "from bob" });
  const { seq } = await ann.wire.request("send", { chat, cid: "a", text: "from ann" });
  const { events } = await ann.wire.request("history", { chat });
  equal(events.map(({ seq }) => seq), [1, 2, seq]);
  await filling.reached;
  filling.release();
  equal(await ann.wire.texts(chat, 3), ["0", "from bob", "from ann"]);
});
