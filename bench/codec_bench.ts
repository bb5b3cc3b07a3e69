/** What a message costs between its line and its meaning, in both directions. */
import { decodeRequest } from "../lib/protocol/decode.ts";
import { eventLine, type StoredEvent } from "../lib/protocol/events.ts";
import type { ChatId, Cid, UserId } from "../lib/protocol/fields.ts";
import { okLine } from "../lib/protocol/messages.ts";

const text = "Shall we meet at the station at nine? " + "Bring a coat, ".repeat(6);
const cid = "01JC4XN5T9AVWMBYQZ0F3K8HDE";
const send = JSON.stringify({ type: "send", id: 12345, chat: 17, cid, text });
const ping = JSON.stringify({ type: "ping", id: 12345 });
const event: StoredEvent = {
  chat: 17 as ChatId,
  seq: 43,
  kind: "text",
  from: 12 as UserId,
  cid: cid as Cid,
  time: 1_794_000_000_000,
  body: JSON.stringify({ text }),
};
const utf8 = new TextEncoder();

Deno.bench(`JSON.parse alone, ${send.length} bytes`, { group: "decode" }, () => {
  JSON.parse(send);
});
Deno.bench("decodeRequest: send", { group: "decode", baseline: true }, () => {
  decodeRequest(send);
});
Deno.bench("decodeRequest: ping", { group: "decode" }, () => {
  decodeRequest(ping);
});
// To bytes: the concatenation alone costs nothing until somebody looks at its characters.
Deno.bench("eventLine", { group: "encode", baseline: true }, () => {
  utf8.encode(eventLine(event) + "\n");
});
Deno.bench("okLine", { group: "encode" }, () => {
  utf8.encode(okLine(12345, { chat: event.chat, seq: event.seq, time: event.time }) + "\n");
});
