import { deepStrictEqual as equal } from "node:assert/strict";
import * as servers from "../../lib/models/servers.ts";
import { scenario } from "../kit/scenario.ts";

scenario("a flush writes its row even if that was taken away", async (deployment) => {
  const [{ database }] = deployment.servers as [typeof deployment.servers[0]];
  const ids = (await database.query<{ id: string }>("SELECT id FROM servers ORDER BY id")).map(({ id }) =>
    id
  );
  equal(ids.length, deployment.servers.length);
  // As a server does that ends after a day without a word of the others.
  await database.execute("DELETE FROM servers");
  for (const id of ids) await servers.flush(database, id);
  const flushes = () =>
    database.query<{ id: string; flushes: number }>("SELECT id, flushes FROM servers ORDER BY id");
  const before = await flushes();
  equal(before.map(({ id }) => id), ids);
  await servers.flush(database, ids[0]!);
  equal((await flushes())[0]!.flushes > before[0]!.flushes, true);
});
