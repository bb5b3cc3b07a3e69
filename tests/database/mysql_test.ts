import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import type { Database, Lane, Queryable } from "../../lib/database/database.ts";
import { openMysql } from "../../lib/database/mysql.ts";
import { migrate } from "../../lib/database/migrations.ts";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";
import { databaseSuite, isFault } from "./database_suite.ts";

const mariadb = shared(() => startMariadb());

databaseSuite("mysql", serviceTest, async () => await openMysql(await mariadb().createDatabase()));

/** A test with two servers' connections to one new database, with a table `t` of three rows. */
function pairTest(name: string, fn: (a: Database, b: Database) => Promise<void>, timeoutMs?: number): void {
  serviceTest(`mysql: ${name}`, async () => {
    const url = await mariadb().createDatabase();
    const [a, b] = await Promise.all([openMysql(url, { timeoutMs }), openMysql(url, { timeoutMs })]);
    try {
      await a.execute(
        "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, n INT)",
      );
      await a.insertMany("INSERT INTO t VALUES (?, ?, ?)", [[1, "a", 0], [2, "b", 0], [3, "c", 0]]);
      await fn(a, b);
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });
}

const LANES: readonly Lane[] = ["general", "append", "contended"];

pairTest("a transaction sees what others have committed since it began", async (a, b) => {
  for (const lane of LANES) {
    await a.transaction(async (tx) => {
      const [before] = await tx.query<{ n: number }>("SELECT n FROM t WHERE id = 1");
      await b.execute("UPDATE t SET n = n + 1 WHERE id = 1");
      const [after] = await tx.query<{ n: number }>("SELECT n FROM t WHERE id = 1");
      equal(after!.n, before!.n + 1);
    }, lane);
  }
});

pairTest("every lane's locks end soon after their server does", async (a) => {
  for (const lane of LANES) {
    const [row] = await a.transaction(
      (tx) => tx.query("SELECT @@wait_timeout AS idle, @@innodb_lock_wait_timeout AS wait"),
      lane,
    );
    equal(row, { idle: 5, wait: 3 });
  }
});

pairTest("locked rows can be skipped", async (a, b) => {
  const lock = (tx: Queryable) =>
    tx.query(
      "SELECT id FROM t FORCE INDEX (PRIMARY) WHERE id IN (1, 2, 3) ORDER BY id FOR UPDATE SKIP LOCKED",
    );
  await a.transaction(async (tx) => {
    await tx.query("SELECT id FROM t FORCE INDEX (PRIMARY) WHERE id = 2 FOR UPDATE");
    equal(await b.transaction(lock, "append"), [{ id: 1 }, { id: 3 }]);
  }, "append");
});

pairTest("a failed duplicate keeps no lock", async (a, b) => {
  for (const lane of LANES) {
    const failing = a.transaction(async (tx) => {
      await tx.execute("UPDATE t SET n = 9 WHERE id = 3");
      await tx.execute("INSERT INTO t VALUES (10, 'b', 0)");
    }, lane);
    await rejects(failing, isFault("duplicate"));
    await b.execute("UPDATE t SET n = n + 1 WHERE id = 3");
    await b.execute("INSERT INTO t VALUES (10, 'aa', 0)");
    await b.execute("DELETE FROM t WHERE id = 10");
  }
  equal((await b.query("SELECT n FROM t WHERE id = 3"))[0]?.n, 3);
});

pairTest("a deadlock is a conflict for one of the two", async (a, b) => {
  const both = Promise.withResolvers<void>();
  let locked = 0;
  const work = (first: number, second: number) => async (tx: Queryable) => {
    await tx.execute("UPDATE t SET n = n + 1 WHERE id = ?", [first]);
    if (++locked === 2) both.resolve();
    await both.promise;
    await tx.execute("UPDATE t SET n = n + 1 WHERE id = ?", [second]);
  };
  const results = await Promise.allSettled([a.transaction(work(1, 2)), b.transaction(work(2, 1), "append")]);
  const failed = results.filter((result) => result.status === "rejected");
  equal(failed.length, 1);
  ok(isFault("conflict")(failed[0]!.reason));
  equal(await a.query("SELECT n FROM t ORDER BY id"), [{ n: 1 }, { n: 1 }, { n: 0 }]);
});

pairTest("a transaction that does not end is lost, and its locks with it", async (a, b) => {
  let left: Queryable | undefined;
  const endless = a.transaction(async (tx) => {
    left = tx;
    await tx.execute("UPDATE t SET n = 7 WHERE id = 1");
    await new Promise(() => {});
  }, "append");
  await rejects(endless, isFault("lost"));
  await rejects(left!.execute("UPDATE t SET n = 8 WHERE id = 1"), isFault("lost"));
  equal((await b.execute("UPDATE t SET n = n + 1 WHERE id = 1")).changes, 1);
  equal(await a.query("SELECT n FROM t WHERE id = 1"), [{ n: 1 }]);
}, 300);

pairTest("a lane that is full holds up no other", async (a) => {
  const end = Promise.withResolvers<void>();
  const holding = Array.from({ length: a.appendLanes }, () => a.transaction(() => end.promise, "append"));
  const waiting = a.transaction(() => Promise.resolve(), "append");
  for (const lane of ["general", "contended"] as const) {
    equal(await a.transaction((tx) => tx.query("SELECT 1 AS one"), lane), [{ one: 1 }]);
  }
  end.resolve();
  await Promise.all([...holding, waiting]);
});

serviceTest("mysql: a database that is stopped or dies is lost, and told when it is back", async () => {
  await using own = await startMariadb();
  const db = await openMysql(own.url, { timeoutMs: 300 });
  let returns = 0;
  db.onReturn(() => returns++);
  const isBack = async () => {
    const count = returns;
    while (true) {
      const answer = await db.query("SELECT 1 AS one").catch((error) => ok(isFault("lost")(error)));
      if (answer) break;
    }
    await Promise.resolve();
    equal(returns, count + 1);
  };
  try {
    await db.query("SELECT 1");
    own.stop();
    const statements = Array.from(
      { length: 12 },
      () => rejects(db.query("SELECT SLEEP(1)"), isFault("lost")),
    );
    const begun = rejects(db.transaction((tx) => tx.query("SELECT SLEEP(1)"), "append"), isFault("lost"));
    await Promise.all([...statements, begun]);
    own.cont();
    await isBack();
    await own.kill();
    await rejects(db.query("SELECT 1"), isFault("lost"));
    await own.restart();
    await isBack();
    own.stop();
  } finally {
    await db.close(); // a stopped database does not hold it up
    own.cont();
  }
});

serviceTest("mysql: a database that is not there is made", async () => {
  const url = new URL(await mariadb().createDatabase());
  url.pathname = "/fresh";
  await Promise.all([1, 2].map(async () => await (await openMysql(url.href)).close()));
  const [row] = await mariadb().query("SHOW CREATE DATABASE fresh");
  ok(String(row!["Create Database"]).includes("utf8mb4"));
});

serviceTest("mysql: a database that may lose commits is refused, unless told", async () => {
  await using own = await startMariadb();
  await own.query("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  await rejects(
    openMysql(own.url),
    /innodb_flush_log_at_trx_commit is 2.*SET GLOBAL innodb_flush_log_at_trx_commit = 1/,
  );
  await (await openMysql(own.url, { allowUnsafe: true })).close();
  await own.query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  await (await openMysql(own.url)).close();
  await own.query("SET GLOBAL read_only = 1");
  await rejects(openMysql(own.url, { allowUnsafe: true }), /read_only is on: name the primary/);
});

serviceTest("mysql: a binary log must be flushed too", async () => {
  await using own = await startMariadb("--log-bin=binlog", "--server-id=1", "--sync-binlog=0");
  await rejects(openMysql(own.url), /sync_binlog is 0.*SET GLOBAL sync_binlog = 1/);
  await own.query("SET GLOBAL sync_binlog = 1");
  await own.query("SET GLOBAL binlog_format = 'STATEMENT'");
  await rejects(openMysql(own.url), /binlog_format is STATEMENT/);
});

serviceTest("mysql: cids that differ only in case are two, and bounded by the unique key", async () => {
  const db = await openMysql(await mariadb().createDatabase());
  try {
    await migrate(db);
    const sql =
      "INSERT INTO events (chat_id, seq, sender_id, cid, kind, time, body) VALUES (?, ?, ?, ?, 'text', 1, '')";
    await db.insertMany(sql, [[1, 1, 7, "AbC"], [1, 2, 7, "aBc"], [1, 3, 8, "AbC"]]);
    await rejects(db.execute(sql, [1, 4, 7, "AbC"]), isFault("duplicate"));
    const found = await db.query("SELECT seq FROM events WHERE (sender_id, cid) IN ((?, ?), (?, ?))", [
      7,
      "aBc",
      7,
      "abc",
    ]);
    equal(found, [{ seq: 2 }]);
  } finally {
    await db.close();
  }
});
