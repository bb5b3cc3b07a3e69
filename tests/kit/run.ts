/**
 * Registers tests that need programs of the machine. They exist only where `deno test` may run programs: plain
 * `deno test`, without permissions, runs the pure tests and passes.
 */

/** Whether programs may be run. Import what needs permissions (ioredis, pino) inside such tests only. */
export const canRun = (await Deno.permissions.query({ name: "run" })).state === "granted";

/** Deno.test, where programs may be run. */
export function serviceTest(
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
  options: Omit<Deno.TestDefinition, "name" | "fn"> = {},
): void {
  if (canRun) Deno.test({ ...options, name, fn });
}

/**
 * One service for all tests of a file: started before the first, ended after the last. Returns what gets it, for use
 * inside tests. A test that kills or stops its service starts one of its own instead.
 */
export function shared<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let service: T | undefined;
  if (canRun) {
    Deno.test.beforeAll(async () => {
      service = await start();
    });
    Deno.test.afterAll(async () => await service?.[Symbol.asyncDispose]());
  }
  return () => {
    if (service === undefined) throw new Error("a shared service exists only inside a test");
    return service;
  };
}
