/** Cuts what goes into one command: Redis does nothing else while it runs one. */
export function* chunks<T>(items: readonly T[], size = 1000): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
