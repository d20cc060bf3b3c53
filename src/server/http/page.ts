/** Where a list goes on, and how many rows are wanted. */
export type Page = { readonly after: string | null; readonly limit: number };

/** The page that a query asks for, whose form was checked: from 1 row to `most`. */
export function pageOf(
  query: { readonly after?: string; readonly limit?: string },
  most: number,
): Page {
  const limit = Math.min(most, Math.max(1, Number(query.limit ?? most)));
  return { after: query.after ?? null, limit };
}

/** The cursor after a page: null when it was the last one. */
export function nextOf<T>(
  page: readonly T[],
  limit: number,
  cursor: (last: T) => string,
): string | null {
  const last = page.at(-1);
  return last === undefined || page.length < limit ? null : cursor(last);
}
