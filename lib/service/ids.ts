/** Random names and digests. */
import { Buffer } from "node:buffer";
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Cid } from "../protocol/fields.ts";

/** 128 random bits, url-safe: unguessable, and never met twice. */
export function randomName(bytes = 16): string {
  return randomBytes(bytes).toString("base64url");
}

export function newCid(): Cid {
  return randomName() as Cid;
}

/** What is stored of a token: whoever reads the database cannot log in with it. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** What is kept of a deleted text, to tell a repeat from a conflict. */
export function digest(secret: string, text: string): string {
  return createHmac("sha256", Buffer.from(secret, "base64url")).update(text).digest("base64url");
}
