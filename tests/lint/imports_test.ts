import { deepStrictEqual as equal, match } from "node:assert/strict";
import plugin from "../../lint/imports.ts";

function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((each) => each.id.replace("clusterchat/", ""));
}

const ALLOWED: [file: string, source: string][] = [
  ["lib/protocol/requests.ts", `import { z } from "zod"; import { limits } from "./limits.ts";`],
  ["lib/models/users.ts", `import type { Database } from "../database/database.ts";`],
  ["lib/models/users.ts", `import type { UserId } from "../protocol/fields.ts";`],
  ["lib/database/schema.ts", `import sql from "../../sql/mysql/0001_first.sql" with { type: "text" };`],
  ["lib/database/mysql.ts", `import mysql from "mysql2/promise";`],
  [
    "lib/service/feed.ts",
    `import type { Bus } from "../bus/bus.ts"; import { events } from "../models/events.ts";`,
  ],
  [
    "lib/client/session.ts",
    `import * as readline from "node:readline"; import { limits } from "../protocol/limits.ts";`,
  ],
  ["lib/app/main.ts", `const driver = await import("../bus/redis.ts"); console.log(driver);`],
  ["lib/app/config.ts", `Deno.env.get("CHAT_MYSQL_URL");`],
  ["server.ts", `import { main } from "./lib/app/main.ts"; Deno.exit(await main());`],
  ["lib/service/feed.ts", `Deno.uid();`],
  [
    "tests/service/feed_test.ts",
    `import "../../lib/bus/redis.ts"; import "ioredis"; export default console;`,
  ],
  ["bench/load.ts", `import "../lib/transport/listener.ts"; Deno.exit();`],
];

const REFUSED: [rule: string, file: string, source: string][] = [
  ["layers", "lib/protocol/requests.ts", `import { users } from "../models/users.ts";`],
  ["layers", "lib/models/users.ts", `import type { Session } from "../service/session.ts";`],
  ["layers", "lib/transport/listener.ts", `import { dispatch } from "../service/dispatch.ts";`],
  ["layers", "lib/bus/memory.ts", `import { users } from "../models/users.ts";`],
  ["layers", "lib/service/feed.ts", `import { listen } from "../transport/listener.ts";`],
  ["layers", "lib/service/feed.ts", `import { RedisBus } from "../bus/redis.ts";`],
  ["layers", "lib/service/feed.ts", `const { mysql } = await import("../database/mysql.ts");`],
  ["layers", "lib/service/feed.ts", `export { mysql } from "../database/mysql.ts";`],
  ["layers", "lib/client/session.ts", `import { dispatch } from "../service/dispatch.ts";`],
  ["layers", "lib/app/main.ts", `import { startRedis } from "../../tests/kit/services.ts";`],
  ["layers", "lib/other/thing.ts", `import { limits } from "../protocol/limits.ts";`],
  ["layers", "server.ts", `import { dispatch } from "./lib/service/dispatch.ts";`],
  ["named-in-one-place", "lib/service/feed.ts", `import mysql from "mysql2/promise";`],
  ["named-in-one-place", "lib/models/users.ts", `import mysql from "npm:mysql2@3/promise";`],
  ["named-in-one-place", "lib/app/main.ts", `const { Redis } = await import("ioredis");`],
  ["named-in-one-place", "lib/database/mysql.ts", `import { DatabaseSync } from "node:sqlite";`],
  ["named-in-one-place", "lib/service/feed.ts", `import type { Logger } from "pino";`],
  ["named-in-one-place", "lib/app/http.ts", `Deno.listen({ port: 0 });`],
  ["named-in-one-place", "lib/app/http.ts", `Deno["listenTls"]({ port: 0 });`],
  ["named-in-one-place", "lib/service/feed.ts", `const { env } = Deno;`],
  ["named-in-one-place", "lib/app/main.ts", `Deno.exit(2);`],
  ["named-in-one-place", "lib/service/feed.ts", `console.log("here");`],
  ["no-default-export", "lib/service/feed.ts", `export default class Feed {}`],
  ["no-barrel", "lib/service/feed.ts", `export * from "./session.ts";`],
];

for (const [file, source] of ALLOWED) {
  Deno.test(`${file} may have: ${source}`, () => equal(lint(file, source), []));
}

for (const [rule, file, source] of REFUSED) {
  Deno.test(`${file} may not have: ${source}`, () => equal(lint(file, source), [rule]));
}

Deno.test("a finding says what holds, why, and what to do", () => {
  const [found] = Deno.lint.runPlugin(plugin, "lib/protocol/a.ts", `import "../models/users.ts";`);
  match(
    found!.message,
    /lib\/protocol\/ does not import lib\/models\/users\.ts: the protocol is what travels/,
  );
  match(found!.hint!, /take it as an argument/);
});

Deno.test("a file is judged by its place in the project, however it is called", () => {
  const root = new URL("../../", import.meta.url).pathname;
  equal(lint(`${root}lib/service/feed.ts`, `import "../transport/listener.ts";`), ["layers"]);
});
