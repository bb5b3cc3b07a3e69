/** A client that has given a connection up goes on with another one: what the first one still does must not harm it. */
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
