/** A request on its way, and what is to be called when its answer is there. */
import { z } from "zod";
import type { Reply, REQUESTS, RequestType } from "../protocol/requests.ts";

type Input<T extends RequestType> = z.input<(typeof REQUESTS)[T]["fields"]>;

/** The fields of a request as callers give them: ids are plain numbers, and a `cid` is made where none is given. */
export type Fields<T extends RequestType> =
  & Omit<Input<T>, "type" | "id" | "cid">
  & ("cid" extends keyof Input<T> ? { readonly cid?: string } : unknown);

export interface Ask<T extends RequestType = RequestType> {
  readonly type: T;
  readonly fields: object;
  /** Called before the next line is looked at: what the answer says holds for the events behind it. */
  ok(reply: Reply<T>): void;
  /** A `Refusal` or a `ClientError`. */
  failed(error: Error): void;
}

/** An ask as a promise. `accept` sees the answer first, before the next line is looked at; it must not throw. */
export function promised<T extends RequestType>(
  start: (ask: Ask<T>) => void,
  type: T,
  fields: object,
  accept?: (reply: Reply<T>) => void,
): Promise<Reply<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply<T>>();
  const ok = (reply: Reply<T>) => {
    accept?.(reply);
    resolve(reply);
  };
  start({ type, fields, ok, failed: reject });
  return promise;
}
