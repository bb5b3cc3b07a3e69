/** Client-chosen ids of events: random, so that no two of a sender's are the same. */
import { randomBytes } from "node:crypto";
import type { Cid } from "../protocol/fields.ts";

/** 22 url-safe characters that carry 128 bits. */
export function newCid(): Cid {
  return randomBytes(16).toString("base64url") as Cid;
}
