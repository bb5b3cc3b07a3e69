/**
 * Real MariaDB, Redis and nginx for tests, private to the test that starts them:
 * `await using mariadb = await startMariadb()`.
 */

import { Mariadb } from "./mariadb.ts";
import { Nginx, type NginxPorts } from "./nginx.ts";
import { Redis } from "./redis.ts";

export { canRun, serviceTest, shared } from "./run.ts";
export { freePort } from "./service.ts";
export type { Mariadb, Nginx, Redis };

/** Starts a MariaDB with a database. `args` are further arguments of mariadbd. */
export function startMariadb(...args: string[]): Promise<Mariadb> {
  return Mariadb.start(args);
}

/** Starts an empty Redis without persistence. `args` are further arguments of redis-server. */
export function startRedis(...args: string[]): Promise<Redis> {
  return Redis.start(args);
}

/** Starts nginx with the project's nginx.conf, in which only the ports are others. */
export function startNginx(ports: NginxPorts): Promise<Nginx> {
  return Nginx.start(ports);
}
