/** What must be true of a MySQL server before anything is stored in it. */
import { DatabaseError, type Queryable, type Row } from "./database.ts";

interface Settings extends Row {
  version: string;
  flush: number;
  sync_binlog: number;
  log_bin: number;
  binlog_format: string;
  read_only: string | number;
}

/** The oldest versions with SKIP LOCKED. */
const OLDEST = { mysql: [8, 0, 1], mariadb: [10, 6, 0] } as const;

/** @throws DatabaseError that names what is wrong and how to set it. `allowUnsafe` lets what concerns durability pass. */
export async function checkServer(
  session: Pick<Queryable, "query">,
  at: string,
  allowUnsafe: boolean,
): Promise<void> {
  const [settings] = await session.query<Settings>(
    `SELECT VERSION() AS version, @@global.innodb_flush_log_at_trx_commit AS flush, @@global.sync_binlog AS sync_binlog,
      @@global.log_bin AS log_bin, @@global.binlog_format AS binlog_format, @@global.read_only AS read_only`,
  );
  const fault = versionFault(settings!.version) ?? modeFault(settings!) ??
    (allowUnsafe ? undefined : durabilityFault(settings!));
  if (fault) throw new DatabaseError("other", `the MySQL server at ${at} cannot be used: ${fault}`);
}

function versionFault(version: string): string | undefined {
  const kind = /mariadb/i.test(version) ? "mariadb" : "mysql";
  const has = version.split(".").map((part) => parseInt(part, 10));
  const wants = OLDEST[kind];
  for (const [i, part] of wants.entries()) {
    if (has[i]! > part) break;
    if (has[i]! < part) return `it is version ${version}: update to MySQL 8.0.1 or MariaDB 10.6, or later`;
  }
}

function modeFault({ read_only, log_bin, binlog_format }: Settings): string | undefined {
  if (!["0", "OFF"].includes(String(read_only))) {
    return "read_only is on: name the primary, or SET GLOBAL read_only = OFF";
  }
  if (log_bin && binlog_format === "STATEMENT") {
    return "binlog_format is STATEMENT, which cannot log READ COMMITTED: set binlog_format = ROW in its configuration";
  }
}

function durabilityFault({ flush, log_bin, sync_binlog }: Settings): string | undefined {
  const advice = (setting: string) =>
    `SET GLOBAL ${setting}, and put it into its configuration (or accept the loss of acknowledged messages: ` +
    "--unsafe-mysql)";
  // MariaDB's 3 flushes once more than 1.
  if (flush !== 1 && flush !== 3) {
    return `innodb_flush_log_at_trx_commit is ${flush}, so that a power failure loses commits: ` +
      advice("innodb_flush_log_at_trx_commit = 1");
  }
  if (log_bin && sync_binlog !== 1) {
    return `sync_binlog is ${sync_binlog}, so that a power failure loses commits: ${
      advice("sync_binlog = 1")
    }`;
  }
}
