/** The server program: configuration → backends → chat server → listener, and back again when it is told to stop. */
import type { Database } from "../database/database.ts";
import { FileInUse } from "../database/sqlite_lock.ts";
import * as meta from "../models/meta.ts";
import { randomName } from "../service/ids.ts";
import type { Log } from "../service/log.ts";
import { listen } from "../transport/listener.ts";
import { openDatabase, placeOf } from "./backends.ts";
import { type Config, readConfig, UsageError } from "./config.ts";
import { openLog } from "./log.ts";
import { openServing, type Serving } from "./serving.ts";
import { stopSignal } from "./signals.ts";
import { VERSION } from "./version.ts";

const REOPEN_MS = 1_000;

/** Returns the exit code: 0 after a stop that was asked for, 1 if it cannot run, 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const command = readConfig(args, VERSION);
    if (command.run === "print") console.log(command.text);
    else await serve(command.config);
    return 0;
  } catch (error) {
    console.error(`chat-server: ${error instanceof Error ? error.message : error}`);
    return isWrongUsage(error) ? 2 : 1;
  }
}

/** Two servers on one file, too: another try does not help. */
function isWrongUsage(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && error.cause instanceof FileInUse);
}

async function serve(config: Config): Promise<void> {
  const log = openLog(config.logLevel, config.name);
  await using cleanup = new AsyncDisposableStack();
  const database = cleanup.adopt(await openDatabase(config), (database) => database.close());
  if (config.newEpoch) await beginEpoch(database, log);
  let serving = await openServing(config, database, log);
  cleanup.defer(() => serving.close());
  const listener = cleanup.adopt(
    listen({
      hostname: config.host,
      port: config.port,
      onConnection: (connection) => serving.server.accept(connection),
      onError: (error) => log.warn("could not accept a connection", { error }),
    }),
    (listener) => listener.close(),
  );
  dropPermissions();
  const stopping = stopSignal(); // before anybody can know that the server runs
  greet(config, listener.port, placeOf(config));
  while (true) {
    const signal = await Promise.race([stopping, serving.outdated]);
    if (signal) return log.info("stopping", { signal });
    log.warn("the database has a new epoch: clients start afresh");
    await serving.close();
    const next = await reopen(config, database, log, stopping);
    if (next) serving = next;
  }
}

/** Of servers that do so at once, the first one counts: the epoch is another one than before, and that is all. */
async function beginEpoch(database: Database, log: Log): Promise<void> {
  await meta.renewEpoch(database, await meta.read(database, "epoch"), randomName(12));
  log.warn("the database has a new epoch, as --new-epoch says: clients start afresh");
}

/** Once it has run, a server does not end because something is out of reach: it tries until it is told to stop. */
async function reopen(
  config: Config,
  database: Database,
  log: Log,
  stopping: Promise<unknown>,
): Promise<Serving | undefined> {
  let isStopping = false;
  void stopping.then(() => isStopping = true);
  while (!isStopping) {
    try {
      return await openServing(config, database, log);
    } catch (error) {
      log.error("cannot start afresh yet", { error });
      await Promise.race([stopping, new Promise((resolve) => setTimeout(resolve, REOPEN_MS))]);
    }
  }
}

/** Everything is open: from here on the process can neither open files nor see its environment. */
function dropPermissions(): void {
  for (const name of ["read", "write", "env", "sys"] as const) Deno.permissions.revokeSync({ name });
}

function greet({ host }: Config, port: number, where: string): void {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const near = isEverywhere ? "127.0.0.1" : host;
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const reach = isEverywhere ? " (every address of this machine)" : "";
  console.log(
    `clusterchat ${VERSION} (process ${Deno.pid}) listens on ${address}${reach}, in clear text without TLS, and keeps its data in ${where}`,
  );
  console.log(`connect with: deno task client ${near} ${port}   or: nc ${near} ${port}`);
}
