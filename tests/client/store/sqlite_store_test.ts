/** The store in a file: who has what while clients come, go and die. A store that is disposed of without a word is dead. */
import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Draft } from "../../../lib/client/outbox.ts";
import type { Login } from "../../../lib/client/store/client_store.ts";
import { SqliteStore } from "../../../lib/client/store/sqlite_store.ts";
import { Folder } from "../../kit/folder.ts";
import { serviceTest } from "../../kit/services.ts";

const SERVER = "127.0.0.1:6000";

function open(folder: Folder, { server = SERVER, keepsSessions = true } = {}): SqliteStore {
  return SqliteStore.open({ folder: folder.file("state"), server, keepsSessions });
}

function login(account: string, fields: Partial<Login> = {}): Login {
  return {
    account,
    token: `token of ${account}`,
    epoch: "e1",
    have: { 1: 3, 17: 40 },
    isNew: true,
    ...fields,
  };
}

function draft(cid: string): Draft {
  return { type: "send", fields: { cid, chat: 17, text: `text ${cid}` }, lane: "user 12" };
}

const cids = (drafts: readonly Draft[]) => drafts.map(({ fields }) => fields.cid);

serviceTest("a session goes on in the next run, with its positions; a living client's does not", async () => {
  await using folder = await Folder.make();
  {
    using first = open(folder);
    first.enter(login("Ann"));
    first.write({ positions: new Map([["17", 41], ["1", undefined], ["18", 2]]) });
    using second = open(folder);
    equal([second.take("ann"), second.accounts()], [undefined, [{ account: "Ann", isFree: false }]]);
  }
  using third = open(folder);
  const expected = { account: "Ann", token: "token of Ann", epoch: "e1", have: { 17: 41, 18: 2 } };
  equal([third.accounts()[0]!.isFree, third.take("ANN"), third.take("ann")], [true, expected, undefined]);
});

serviceTest("clients of one account have a session each; the one used last comes first", async () => {
  await using folder = await Folder.make();
  {
    using first = open(folder);
    using second = open(folder);
    first.enter(login("ann", { token: "one" }));
    second.enter(login("ann", { token: "two" }));
    using other = open(folder);
    other.enter(login("bob"));
    other.release();
    equal(other.accounts().map(({ account }) => account), ["bob", "ann"]);
    equal(other.take()?.account, "bob");
  }
  using next = open(folder);
  equal([next.take("ann")?.token, next.take("ann")?.token], ["two", "one"]);
});

serviceTest("servers, and TLS, do not mix", async () => {
  await using folder = await Folder.make();
  using first = open(folder);
  first.enter(login("ann"));
  first.write({ drafts: [draft("a")] });
  first.release();
  using other = open(folder, { server: `${SERVER} (tls)` });
  equal([other.take(), other.waiting(), other.accounts()], [undefined, 0, []]);
  equal(other.enter(login("ann")).drafts, []);
});

serviceTest(
  "a dead client's drafts go to the next one of its account, in their order and lanes",
  async () => {
    await using folder = await Folder.make();
    {
      using first = open(folder);
      first.enter(login("ann"));
      first.write({ drafts: ["a", "b", "c"].map(draft) });
      first.write({ drafts: ["b", "d"].map(draft), settled: ["a"] });
      using living = open(folder);
      equal(living.enter(login("ann")).drafts, []);
      living.write({ drafts: [draft("z")] });
    }
    using next = open(folder);
    equal([next.waiting(), next.enter(login("bob")).drafts], [4, []]);
    equal(next.enter(login("ann")).drafts, ["b", "c", "d", "z"].map(draft));
    equal([next.waiting(), next.enter(login("ann", { isNew: false })).drafts], [0, []]);
  },
);

serviceTest("a logout ends session and drafts; a session that is over ends without its drafts", async () => {
  await using folder = await Folder.make();
  using store = open(folder);
  store.enter(login("ann"));
  store.write({ drafts: [draft("a")] });
  store.leave();
  equal([store.accounts(), store.waiting()], [[], 0]);
  store.enter(login("ann"));
  store.write({ drafts: [draft("b")] });
  store.expire();
  store.release();
  equal([store.accounts(), store.waiting()], [[], 1]);
  equal(cids(store.enter(login("ann")).drafts), ["b"]);
});

serviceTest(
  "drafts for another database are given back, not sent; those of a session that goes on are",
  async () => {
    await using folder = await Folder.make();
    using store = open(folder);
    store.enter(login("ann"));
    store.write({ drafts: [draft("a")] });
    store.release();
    const resumed = store.enter(login("ann", { epoch: "e2", isNew: false }));
    equal([cids(resumed.drafts), resumed.strange], [["a"], []]);
    store.release();
    const other = store.enter(login("ann", { epoch: "e3" }));
    equal([other.drafts, cids(other.strange), store.waiting()], [[], ["a"], 0]);
  },
);

serviceTest("positions stay where nothing is shown, unless the log is another one", async () => {
  await using folder = await Folder.make();
  using store = open(folder);
  store.enter(login("ann"));
  const { have: _none, ...silent } = login("ann", { isNew: false });
  const after = (epoch: string) => {
    store.release();
    store.take();
    store.enter({ ...silent, epoch });
    store.release();
    return store.take()?.have;
  };
  equal([after("e1"), after("e2")], [{ 1: 3, 17: 40 }, {}]);
});

serviceTest("an account that has another name now keeps its session and drafts", async () => {
  await using folder = await Folder.make();
  using store = open(folder);
  store.enter(login("ann"));
  store.write({ drafts: [draft("a")] });
  store.enter(login("anna", { isNew: false }));
  store.write({ settled: ["a"], drafts: [draft("b")] });
  store.release();
  equal([store.accounts(), store.waiting()], [[{ account: "anna", isFree: true }], 1]);
  equal(cids(store.enter(login("anna")).drafts), ["b"]);
});

serviceTest("without sessions drafts are kept all the same", async () => {
  await using folder = await Folder.make();
  using store = open(folder, { keepsSessions: false });
  store.enter(login("ann"));
  store.write({ drafts: [draft("a")], positions: new Map([["17", 41]]) });
  store.release();
  equal([store.accounts(), store.waiting()], [[], 1]);
});

serviceTest("the folder and its files are their owner's alone", async () => {
  await using folder = await Folder.make();
  using store = open(folder);
  store.enter(login("ann"));
  const mode = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);
  const files = [...Deno.readDirSync(folder.file("state"))].map(({ name }) => name).sort();
  equal(files, ["client.db", "client.db-shm", "client.db-wal", "running-1.lock", "start.lock"]);
  equal(mode(folder.file("state")), "700");
  for (const file of files) equal([file, mode(folder.file(`state/${file}`))], [file, "600"]);
});

/** What is there instead of a store, and what is said of it. */
const FOREIGN: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  [
    "text",
    (path) => Deno.writeTextFileSync(path, "no database ".repeat(100)),
    /no SQLite database \(and was not/,
  ],
  ["another program's", (path) => {
    using db = new DatabaseSync(path);
    db.exec("CREATE TABLE theirs (a)");
  }, /another program's database \(and was not changed\)/],
  ["a newer version's", (path) => {
    SqliteStore.open({ folder: path.replace(/\/[^/]*$/, ""), server: SERVER, keepsSessions: true })
      [Symbol.dispose]();
    using db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 9");
  }, /written by a newer version of this program \(9; this one knows 1\)/],
  ["a folder", (path) => Deno.mkdirSync(path), /cannot open the store .*client\.db: .*; mend or remove it/],
];

for (const [what, make, expected] of FOREIGN) {
  serviceTest(`what is no store of this program is refused and not changed: ${what}`, async () => {
    await using folder = await Folder.make();
    Deno.mkdirSync(folder.file("state"));
    const path = folder.file("state/client.db");
    make(path);
    const before = what === "a folder" ? undefined : Deno.readFileSync(path);
    throws(() => open(folder), (error: Error & { code: string }) => {
      match(error.message, expected);
      match(error.message, /client\.db: .*CHAT_STATE_DIR, or go without by --no-store$/);
      return error.code === "store_failed";
    });
    if (before) equal(Deno.readFileSync(path), before);
  });
}

serviceTest("a write that fails is told and changes nothing, and the next one may succeed", async () => {
  await using folder = await Folder.make();
  using store = open(folder);
  store.enter(login("ann"));
  using db = new DatabaseSync(folder.file("state/client.db"));
  // As SQLite says it when the disk is full.
  db.exec(`CREATE TRIGGER full BEFORE INSERT ON drafts WHEN NEW.cid = 'b'
    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END`);
  throws(() => store.write({ drafts: ["a", "b"].map(draft) }), /client\.db: the disk is full, or fails; /);
  store.write({ drafts: [draft("c")] });
  store.release();
  equal(cids(store.enter(login("ann")).drafts), ["c"]);
});
