import { deepStrictEqual as equal } from "node:assert/strict";
import { Positions, type Ready } from "../../lib/client/positions.ts";
import type { ChatEntry, ChatId } from "../../lib/protocol/fields.ts";
import { direct, event, group, PERSONAL, text } from "./kit.ts";

const entries = (...list: object[]) => [PERSONAL, ...list] as ChatEntry[];
const chat = (id: number) => id as ChatId;
const shown = ({ events }: Ready) => events.map(({ chat, seq }) => `${chat}:${seq}`);
const holes = (ready: Ready) => ready.holes.map(({ chat, after }) => `${chat}>${after}`);

function begun(...list: object[]): Positions {
  const positions = new Positions();
  positions.begin(entries(...list), true);
  return positions;
}

Deno.test("an event is shown once, whatever is repeated", () => {
  const positions = begun(direct(17, 40));
  equal(shown(positions.receive(text(17, 41))), ["17:41"]);
  equal(shown(positions.receive(text(17, 41))), []);
  equal(shown(positions.receive(text(17, 40))), []);
  equal(positions.have(), { 1: 3, 17: 41 });
});

Deno.test("a hole is asked for once, and what came behind it waits", () => {
  const positions = begun(direct(17, 40));
  const first = positions.receive(text(17, 43));
  equal([shown(first), holes(first)], [[], ["17>40"]]);
  const second = positions.receive(text(17, 44));
  equal([shown(second), holes(second)], [[], []]);
  equal(positions.have()[17], 40);
  const filled = positions.filled(chat(17), [text(17, 41), text(17, 42)]);
  equal([shown(filled), holes(filled)], [["17:41", "17:42", "17:43", "17:44"], []]);
});

Deno.test("a hole is asked for page by page", () => {
  const positions = begun(direct(17, 0));
  positions.receive(text(17, 5));
  const page = positions.filled(chat(17), [text(17, 1), text(17, 2)]);
  equal([shown(page), holes(page)], [["17:1", "17:2"], ["17>2"]]);
  equal(shown(positions.filled(chat(17), [text(17, 3), text(17, 4)])), ["17:3", "17:4", "17:5"]);
});

Deno.test("numbers that history leaves out are not ours to see", () => {
  const positions = begun(group(5, 9));
  positions.receive(text(5, 45));
  equal(shown(positions.filled(chat(5), [text(5, 44)])), ["5:44", "5:45"]);
  positions.receive(text(5, 50));
  equal(shown(positions.filled(chat(5), [])), ["5:50"]);
  positions.receive(text(5, 60));
  equal(shown(positions.unfillable(chat(5))), ["5:60"]);
});

Deno.test("what is held is bounded, and the rest comes out of history", () => {
  const positions = begun(direct(17, 0));
  for (let seq = 2; seq <= 1_500; seq++) positions.receive(text(17, seq));
  const filled = positions.filled(chat(17), [text(17, 1)]);
  equal([filled.events.length, holes(filled)], [1_001, ["17>1001"]]);
});

Deno.test("a chat that is added begins behind its entry", () => {
  const positions = begun();
  equal(shown(positions.receive(event(1, 4, "added", { entry: group(8, 30) }))), ["1:4"]);
  equal(shown(positions.receive(text(8, 31))), ["8:31"]);
  equal(positions.have(), { 1: 4, 8: 31 });
});

Deno.test("a chat that is added again goes on where it goes on", () => {
  const positions = begun(group(8, 30));
  positions.receive(event(1, 4, "removed", { of: 8 }));
  equal(positions.have(), { 1: 4 });
  positions.receive(event(1, 5, "added", { entry: group(8, 44) }));
  equal(shown(positions.receive(text(8, 45))), ["8:45"]);
});

Deno.test("after a lost connection nothing is held, and positions stand where events were shown", () => {
  const positions = begun(direct(17, 40));
  positions.receive(text(17, 42));
  positions.lost();
  equal(positions.have()[17], 40);
  equal(shown(positions.resumed(entries(direct(17, 42)), true)), []);
  equal(shown(positions.receive(text(17, 41))), ["17:41"]);
  equal(shown(positions.receive(text(17, 42))), ["17:42"]);
});

Deno.test("of a chat that is new after a resume, everything is asked for", () => {
  const positions = begun();
  positions.lost();
  equal(holes(positions.resumed(entries(group(8, 33)), true)), ["8>0"]);
  equal(shown(positions.receive(event(1, 4, "added", { entry: group(8, 30) }))), ["1:4"]);
  equal(shown(positions.receive(text(8, 34))), []);
  const all = [text(8, 31), text(8, 32), text(8, 33)];
  equal(shown(positions.filled(chat(8), all)), ["8:31", "8:32", "8:33", "8:34"]);
});

Deno.test("while the list of chats is incomplete, an unlisted chat waits after a resume", () => {
  const positions = begun();
  positions.lost();
  positions.resumed(entries(), false);
  equal(shown(positions.receive(text(8, 34))), []);
  equal(holes(positions.page([group(8, 33)] as ChatEntry[], true)), ["8>0"]);
  equal(shown(positions.filled(chat(8), [text(8, 33)])), ["8:33", "8:34"]);
});

Deno.test("an unlisted chat that no page has begins with its first event", () => {
  const positions = begun();
  positions.resumed([], false);
  positions.receive(text(8, 34));
  equal(shown(positions.page([], true)), ["8:34"]);
});

Deno.test("after a login an unlisted chat is live at once, and its page changes nothing", () => {
  const positions = new Positions();
  positions.begin(entries(), false);
  equal(shown(positions.receive(text(8, 34))), ["8:34"]);
  positions.page([group(8, 34)] as ChatEntry[], true);
  equal(shown(positions.receive(text(8, 35))), ["8:35"]);
});

Deno.test("positions of another run go on", () => {
  const positions = new Positions();
  positions.restore({ 1: 3, 17: 40 });
  positions.resumed(entries(direct(17, 41), direct(18, 5)), true);
  equal(shown(positions.receive(text(17, 41))), ["17:41"]);
  equal(shown(positions.filled(chat(18), [text(18, 5)])), ["18:5"]);
});

Deno.test("a token without positions is live from the heads", () => {
  const positions = new Positions();
  positions.restore({});
  equal(holes(positions.resumed(entries(direct(17, 41)), true)), []);
  equal(positions.have()[17], 41);
});
