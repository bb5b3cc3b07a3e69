import { deepStrictEqual as equal } from "node:assert/strict";
import {
  type Arguments,
  chat,
  group,
  integer,
  oneOf,
  optional,
  readArguments,
  restOfLine,
  text,
  usageOf,
  user,
  word,
} from "../../lib/client/commands/arguments.ts";

function reads(args: Arguments, cases: readonly (readonly [string, object | undefined])[]): void {
  for (const [input, expected] of cases) equal(readArguments(args, input), expected, `of: ${input}`);
}

Deno.test("words, with quotes where a name has spaces", () => {
  reads({ a: word("A"), b: word("B") }, [
    ["one two", { a: "one", b: "two" }],
    ["  one \t two  ", { a: "one", b: "two" }],
    ['"hiking club" two', { a: "hiking club", b: "two" }],
    ['"never closed', { a: '"never', b: "closed" }],
    ["one", undefined],
    ["one two three", undefined],
    ["", undefined],
  ]);
});

Deno.test("the rest of a line stays as it is", () => {
  const args = { to: word("TO"), text: restOfLine("TEXT") };
  reads(args, [
    ['bob say "hi"  to   them', { to: "bob", text: 'say "hi"  to   them' }],
    ["bob", undefined],
  ]);
});

Deno.test("users and chats, by name or by number", () => {
  reads({ user: user() }, [
    ["bob", { user: { name: "bob" } }],
    ["@bob", { user: { name: "bob" } }],
    ["#12", { user: { id: 12 } }],
    ["@12", { user: { id: 12 } }],
    ["12", { user: { name: "12" } }],
  ]);
  reads({ chat: chat() }, [
    ["#12", { chat: { chat: 12 } }],
    ["@12", { chat: { user: { id: 12 } } }],
    ["@bob", { chat: { user: { name: "bob" } } }],
    ["hiking", { chat: { name: "hiking" } }],
  ]);
  reads({ group: group() }, [
    ["#5", { group: { chat: 5 } }],
    ["hiking", { group: { name: "hiking" } }],
  ]);
});

Deno.test("what is optional is left out where it does not fit", () => {
  const history = { count: optional(integer("COUNT")), chat: optional(chat()) };
  reads(history, [
    ["", { count: undefined, chat: undefined }],
    ["50", { count: 50, chat: undefined }],
    ["bob", { count: undefined, chat: { name: "bob" } }],
    ["50 bob", { count: 50, chat: { name: "bob" } }],
    ["bob 50", undefined],
  ]);
  const edit = { target: optional(text()), text: restOfLine("TEXT") };
  reads(edit, [
    ["^42 new", { target: { seq: 42 }, text: "new" }],
    ["hiking^42 new", { target: { seq: 42, chat: { name: "hiking" } }, text: "new" }],
    ['"my group"^42 new', { target: { seq: 42, chat: { name: "my group" } }, text: "new" }],
    ["#5^42 new", { target: { seq: 42, chat: { chat: 5 } }, text: "new" }],
    ["2^10 is 1024", { target: undefined, text: "2^10 is 1024" }],
    ["^42", undefined],
  ]);
});

Deno.test("a choice is one of a few words, in any case", () => {
  reads({ role: oneOf("admin", "member") }, [
    ["Admin", { role: "admin" }],
    ["king", undefined],
  ]);
});

Deno.test("the usage line is made from the arguments", () => {
  equal(usageOf({ to: user(), text: optional(restOfLine("TEXT")) }), " USER [TEXT…]");
});
