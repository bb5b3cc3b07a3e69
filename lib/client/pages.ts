/** Lists that come in pages, read to their ends. */

/** So many pages are more than anybody has; a server that promises more for ever is not believed. */
const MAX_PAGES = 100;

/** Asks for page after page, each above the last row of the one before. */
export async function readPages<R extends { readonly more: boolean }, K>(
  ask: (after: K | undefined) => Promise<R>,
  lastOf: (page: R) => K | undefined,
): Promise<R[]> {
  const pages = [await ask(undefined)];
  while (pages.length < MAX_PAGES) {
    const page = pages.at(-1)!;
    const last = lastOf(page);
    if (!page.more || last === undefined) break;
    pages.push(await ask(last));
  }
  return pages;
}
