/** Three servers on a new database of a MariaDB and on one Redis. */
import { Deployment } from "../kit/scenario.ts";
import { type ServerOptions, startServer } from "../kit/server.ts";
import type { Mariadb, Redis } from "../kit/services.ts";

export async function startTrio(
  mariadb: Mariadb,
  redis: Redis,
  options: Pick<ServerOptions, "sessions"> = {},
): Promise<Deployment> {
  const database = await mariadb.createDatabase();
  const start = (name: string) => startServer({ ...options, database, bus: redis.url, name });
  return new Deployment(await Promise.all(["a", "b", "c"].map(start)));
}
