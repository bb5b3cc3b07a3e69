/**
 * Loaded before a server's program, `skewed_clock.ts?days=1,-1`: its wall clock is off by so many days, at each look
 * by the next of these numbers.
 */
const DAY_MS = 86_400_000;
const offsets = new URL(import.meta.url).searchParams.get("days")!.split(",").map((days) => +days * DAY_MS);
const real = Date.now;
let looks = 0;

Date.now = () => real() + offsets[looks++ % offsets.length]!;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [Date.now()], newTarget),
});
