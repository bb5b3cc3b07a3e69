/**
 * Passwords, hashed by scrypt on the thread pool: the event loop goes on meanwhile. At most half the cores hash at
 * once, a bounded queue waits, and beyond it the answer is `busy`.
 */
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";

interface Parameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's password storage cheat sheet: N=2^14, r=8, p=5 is one of its equivalent minimums; 16 MiB for each hash. */
const CURRENT: Parameters = { N: 2 ** 14, r: 8, p: 5 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

export class Passwords {
  readonly #atOnce = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** `scrypt$N$r$p$SALT$KEY`: the parameters stand with the hash, so that they can grow. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const { N, r, p } = CURRENT;
    const key = await this.#derive(password, salt, CURRENT);
    return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
  }

  /** Takes as long for a user that does not exist (`stored` undefined) as for one that does. */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const [, N, r, p, salt, key] = (stored ?? NOBODY).split("$");
    const parameters = { N: Number(N), r: Number(r), p: Number(p) };
    const derived = await this.#derive(password, Buffer.from(salt!, "base64url"), parameters);
    return timingSafeEqual(derived, Buffer.from(key!, "base64url")) && stored !== undefined;
  }

  async #derive(password: string, salt: Uint8Array, parameters: Parameters): Promise<Buffer> {
    if (this.#running < this.#atOnce) {
      this.#running++;
    } else {
      if (this.#queue.length >= limits.hashingQueue) throw new ChatError("busy");
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    try {
      return await new Promise((resolve, reject) =>
        // One password has one form, whichever keyboard it was typed on.
        scrypt(
          password.normalize("NFKC"),
          salt,
          KEY_BYTES,
          { ...parameters, maxmem: MAX_MEMORY_BYTES },
          (error, key) => error ? reject(error) : resolve(key),
        )
      );
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

const { N, r, p } = CURRENT;
const NOBODY = ["scrypt", N, r, p, "A".repeat(22), "A".repeat(43)].join("$");
