import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { nameKey } from "../../lib/protocol/names.ts";
import { Passwords } from "../../lib/service/passwords.ts";
import { scenario } from "../kit/scenario.ts";
import { PASSWORD } from "../kit/server.ts";
import { Refused } from "../kit/wire.ts";
import { holdNext } from "./hold.ts";

Deno.test("names are the same name regardless of case and Unicode form", () => {
  equal(nameKey("Ann"), nameKey("aNN"));
  equal(nameKey("é"), nameKey("e\u0301"));
  equal(nameKey("Ａｎｎ"), nameKey("ann"));
  equal(nameKey("straße"), nameKey("STRASSE"));
  equal(nameKey("straße"), nameKey("STRAẞE"));
  equal(nameKey("ΣΊΣΥΦΟΣ"), nameKey("σίσυφος"));
  ok(nameKey("ann") !== nameKey("anna"));
});

Deno.test("every letter is the same name in all of its forms", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    if (!letter.isWellFormed()) continue;
    const key = nameKey(letter);
    const forms = [
      letter.toUpperCase(),
      letter.toLowerCase(),
      letter.normalize("NFD"),
      letter.normalize("NFKC"),
    ];
    for (const form of [...forms, key]) equal(nameKey(form), key);
  }
});

Deno.test("a password is verified against its hash, and against nobody's", async () => {
  const passwords = new Passwords();
  const stored = await passwords.hash("pässword");
  ok(stored.startsWith("scrypt$16384$8$5$"));
  ok(await passwords.verify("pa\u0308ssword", stored), "the same password in another Unicode form");
  ok(!await passwords.verify("password", stored));
  ok(!await passwords.verify("password", undefined));
});

Deno.test("beyond the queue of passwords to hash the answer is busy", async () => {
  const passwords = new Passwords();
  // No thread is needed to fill it: those that run have not ended before this turn does.
  const all = Array.from({ length: 300 }, () => passwords.verify("x".repeat(8), "scrypt$2$1$1$c2FsdA$a2V5"));
  const results = await Promise.allSettled(all);
  const busy = results.filter((r) => r.status === "rejected" && r.reason.code === "busy").length;
  const running = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
  equal(busy, 300 - 100 - running);
});

scenario("who registers can log in by name or id, and nobody without the password", async (deployment) => {
  await using ann = await deployment.user("Ann");
  equal(ann.reply.user.name, "Ann");
  equal(ann.reply.contacts, []);
  equal(ann.reply.chats.map(({ kind }) => kind), ["personal"]);
  await using again = await deployment.login("aNN");
  equal(again.id, ann.id);

  await using byId = await deployment.server().connect();
  equal((await byId.request("login", { user: ann.id, password: PASSWORD })).user.id, ann.id);
  await using stranger = await deployment.server().connect();
  equal(await stranger.refused("login", { name: "ann", password: "wrong password" }), "wrong_login");
  equal(await stranger.refused("login", { name: "nobody", password: PASSWORD }), "wrong_login");
  equal(await stranger.refused("login", { user: 999_999, password: PASSWORD }), "wrong_login");
  equal(await stranger.refused("send", { user: ann.id, cid: "c", text: "hi" }), "not_logged_in");
  equal(await ann.wire.refused("login", { name: "ann", password: PASSWORD }), "already_logged_in");
});

scenario("one name registered by many at once, in every form, has one owner", async (deployment) => {
  const forms = ["renée", "RENÉE", "Rene\u0301e", "ｒｅｎée"];
  const results = await Promise.allSettled(Array.from({ length: 12 }, async (_, i) => {
    await using wire = await deployment.server().connect();
    return await wire.request("register", { name: forms[i % forms.length]!, password: PASSWORD });
  }));
  equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  for (const result of results) {
    if (result.status === "rejected") equal((result.reason as Refused).refusal.code, "name_taken");
  }
});

scenario("a name can be changed, but not to another's", async (deployment) => {
  await using ann = await deployment.user("ann");
  await using _bob = await deployment.user("bob");
  equal(await ann.wire.refused("profile", { name: "BOB" }), "name_taken");
  equal((await ann.wire.request("profile", { name: "ANN" })).user, { id: ann.id, name: "ANN" });
  equal((await ann.wire.request("profile", { name: "anna" })).user, { id: ann.id, name: "anna" });
  await using again = await deployment.login("anna");
  equal(again.id, ann.id);
  await rejects(() => deployment.login("ann"), Refused);
});

scenario("a name is bounded in the form in which it is compared", async (deployment) => {
  await using wire = await deployment.server().connect();
  const long = "\u{FDFA}".repeat(32);
  equal(await wire.refused("register", { name: long, password: PASSWORD }), "bad_request");
  await using ann = await deployment.user("\u{FDFA}".repeat(10));
  equal(await ann.wire.refused("profile", { name: long }), "bad_request");
});

scenario("a login with the old password does not outlive its change", async (deployment) => {
  await using ann = await deployment.user("ann");
  const server = deployment.server();
  await using late = await server.connect();
  const verified = holdNext(server.chat.passwords, "verify");
  const login = late.refused("login", { name: "ann", password: PASSWORD });
  await verified.reached;
  await ann.wire.request("password", { old: PASSWORD, new: "a new password" });
  verified.release();
  equal(await login, "wrong_login");
  equal((await ann.wire.request("sessions")).sessions.length, 1);
});

scenario("users are found by the beginning of their name", async (deployment) => {
  await using ann = await deployment.user("ann");
  for (const name of ["Anna", "annegret", "bob", "an_x"]) {
    await (await deployment.user(name))[Symbol.asyncDispose]();
  }
  const find = async (name: string) =>
    (await ann.wire.request("find_user", { name })).users.map(({ name }) => name);
  equal(await find("ANN"), ["ann", "Anna", "annegret"]);
  equal(await find("an_"), ["an_x"]);
  equal(await find("%"), []);
});
