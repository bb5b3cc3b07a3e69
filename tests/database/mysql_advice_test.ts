/** What keeps a server from starting on MySQL is one line that says where, what and what to do, and no password. */
import { match, ok, rejects } from "node:assert/strict";
import { migrate } from "../../lib/database/migrations.ts";
import { openMysql } from "../../lib/database/mysql.ts";
import { adviceFor } from "../../lib/database/mysql_advice.ts";
import { serviceTest, shared, startMariadb } from "../kit/services.ts";

const mariadb = shared(() => startMariadb("--plugin-load-add=auth_ed25519"));

/** As a start does it. */
async function open(url: string): Promise<void> {
  const database = await openMysql(url);
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

async function refuses(url: string, message: RegExp): Promise<void> {
  await rejects(open(url), (error: Error) => {
    match(error.message, message);
    ok(!/secret|\n/.test(error.message), error.message);
    return true;
  });
}

/** How the user comes into being, what the address names, and what is said of it. `D` is a database that is there. */
const USERS: readonly [name: string, statements: readonly string[], database: string, message: RegExp][] = [
  [
    "wrong",
    ["CREATE USER wrong IDENTIFIED BY 'another-secret'", "GRANT ALL ON D.* TO wrong"],
    "D",
    /^the MySQL server at HOST refuses the user wrong: check user and password in --mysql, and that this user may come /,
  ],
  [
    "unknown",
    [],
    "D",
    /^the MySQL server at HOST refuses the user unknown: check user and password in --mysql/,
  ],
  [
    "elsewhere",
    ["CREATE USER elsewhere@'10.1.2.3' IDENTIFIED BY 'secret'"],
    "D",
    /^the MySQL server at HOST refuses the user elsewhere: .* may come from this machine/,
  ],
  [
    "socket",
    ["CREATE USER socket IDENTIFIED VIA unix_socket"],
    "D",
    /^the MySQL server at HOST refuses the user socket: .* by password/,
  ],
  [
    "tls",
    ["CREATE USER tls IDENTIFIED BY 'secret' REQUIRE SSL"],
    "D",
    /^the MySQL server at HOST refuses the user tls: .* without TLS$/,
  ],
  [
    "ed",
    ["CREATE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('secret')"],
    "D",
    /^the MySQL server at HOST wants the user ed to log in .* not know \(client_ed25519\): as its administrator, ALTER USER 'ed' to mysql_native_password/,
  ],
  [
    "expired",
    ["CREATE USER expired IDENTIFIED BY 'secret' PASSWORD EXPIRE", "GRANT ALL ON D.* TO expired"],
    "D",
    /^at the MySQL server at HOST the password of the user expired has expired: .*ALTER USER 'expired' IDENTIFIED BY /,
  ],
  [
    "locked",
    ["CREATE USER locked IDENTIFIED BY 'secret' ACCOUNT LOCK"],
    "D",
    /^at the MySQL server at HOST the user locked is locked: .*ALTER USER 'locked' ACCOUNT UNLOCK$/,
  ],
  [
    "nothing",
    ["CREATE USER nothing IDENTIFIED BY 'secret'"],
    "D",
    /^at the MySQL server at HOST the user nothing may not use or create the database D: .*GRANT ALL ON `D`\.\* TO 'nothing'$/,
  ],
  [
    "creator",
    ["CREATE USER creator IDENTIFIED BY 'secret'", "GRANT ALL ON D.* TO creator"],
    "missing",
    /^at the MySQL server at HOST the user creator may not use or create the database missing: .*CREATE DATABASE `missing` /,
  ],
  [
    "reader",
    ["CREATE USER reader IDENTIFIED BY 'secret'", "GRANT SELECT ON D.* TO reader"],
    "D",
    /^at the MySQL server at HOST the user reader lacks a right on the database D \(CREATE command denied .*: as its administrator, GRANT ALL ON `D`\.\* TO 'reader'$/,
  ],
  [
    "writer",
    ["CREATE USER writer IDENTIFIED BY 'secret'", "GRANT SELECT, CREATE, INSERT ON D.* TO writer"],
    "D",
    /^at the MySQL server at HOST the user writer lacks a right on the database D \(UPDATE command denied /,
  ],
  [
    "keeper",
    ["CREATE USER keeper IDENTIFIED BY 'secret'", "GRANT SELECT, CREATE, INSERT, UPDATE ON D.* TO keeper"],
    "D",
    /^at the MySQL server at HOST the user keeper lacks a right on the database D \(DELETE command denied /,
  ],
  [
    "few",
    [
      "CREATE USER few IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 1",
      "GRANT ALL ON D.* TO few",
    ],
    "D",
    /^the MySQL server at HOST limits its user few \(.*max_user_connections.*\): raise the limit; a chat server needs 17 /,
  ],
];

for (const [name, statements, database, message] of USERS) {
  serviceTest(`mysql: a user who may not (${name}) is told why`, async () => {
    const url = new URL(await mariadb().createDatabase());
    const there = url.pathname.slice(1);
    const named = (text: string) => text.replaceAll(/\bD\b/g, there);
    for (const statement of statements) await mariadb().query(named(statement));
    url.username = name;
    url.password = "secret";
    url.pathname = `/${named(database)}`;
    await refuses(url.href, new RegExp(named(message.source).replace("HOST", url.host)));
  });
}

for (
  const [url, message] of [
    [
      "mysql://u:secret@127.0.0.1:1/chat",
      /^cannot reach the MySQL server at 127.0.0.1:1: .*ECONNREFUSED.*: start it, or correct --mysql$/,
    ],
    [
      "mysql://u:secret@no-such-host.invalid/chat",
      /^cannot reach the MySQL server at no-such-host\.invalid:3306: .* host no-such-host\.invalid\b.* correct --mysql$/,
    ],
    ["mysql://u:secret@h", /names no database: the form is mysql:\/\/user:password@host:port\/database$/],
    ["mysql://u:secret@h/chat?ssl=true", /has a \?, behind which nothing is known here/],
    ["secret", /is not a URL/],
    ["http://secret@host/chat", /begins with http:/],
  ] as const
) {
  serviceTest(`mysql: an address that leads nowhere is told: ${url}`, () => refuses(url, message));
}

serviceTest("mysql: a server that is read-only is told, before and after its database is there", async () => {
  await using own = await startMariadb();
  await own.query("CREATE USER app IDENTIFIED BY 'secret'");
  await own.query("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO app");
  await own.query("SET GLOBAL read_only = 1");
  const { host, pathname } = new URL(own.url);
  for (const path of [pathname, "/missing"]) {
    await refuses(
      `mysql://app:secret@${host}${path}`,
      new RegExp(
        `^the MySQL server at ${host} cannot be used: read_only is on: name the primary, or SET GLOBAL read_only = OFF$`,
      ),
    );
  }
});

serviceTest("mysql: a server that wants TLS of everybody is told, as far as it says so", async () => {
  await using own = await startMariadb();
  await own.query("SET GLOBAL require_secure_transport = ON");
  await refuses(own.url, /refuses the user root: .* without TLS$/);
});

serviceTest("mysql: a server that knows nobody on this machine is told", async () => {
  await using own = await startMariadb();
  await own.query("CREATE USER root@'10.9.9.9'");
  await own.query("DELETE FROM mysql.global_priv WHERE Host <> '10.9.9.9'");
  await own.query("FLUSH PRIVILEGES");
  await refuses(
    own.url,
    /refuses this machine \(Host '127\.0\.0\.1' .*\): as its administrator, CREATE USER 'root'@'%'/,
  );
});

serviceTest("mysql: a server without a free connection is told", async () => {
  await using own = await startMariadb("--max-connections=10");
  const { createConnection } = await import("mysql2/promise");
  await using connections = new AsyncDisposableStack();
  await rejects(async () => {
    while (true) {
      const connection = await createConnection(own.url);
      connections.defer(() => connection.end());
    }
  }, /Too many connections/);
  await refuses(
    own.url,
    /has no connection left \(Too many connections\): raise max_connections, of which .* 17/,
  );
});

Deno.test("mysql: what only MySQL says has advice, too", () => {
  const address = { host: "db", port: 3306, user: "chat", password: "secret", database: "chat" };
  for (
    const [errno, message] of [
      [3159, /^the MySQL server at db:3306 wants TLS, which .*SET GLOBAL require_secure_transport = OFF/],
      [3118, /the user chat is locked/],
      [1862, /the password of the user chat has expired/],
    ] as const
  ) {
    const cause = Object.assign(new Error("as the server says it"), { code: "ER_SOMETHING", errno });
    match(adviceFor(address, new Error("wrapped", { cause }))!, message);
  }
});
