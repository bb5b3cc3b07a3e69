/**
 * Waits for what tells nobody that it has happened, such as the end of another program's child: asks again every
 * 10 ms, and throws the last failure after `timeoutMs`. Where there is an event, wait for the event.
 */
export async function until<T>(ask: () => T | Promise<T>, timeoutMs = 10_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
