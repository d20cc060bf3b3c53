/** All rows of a list that is read page by page; `cursorOf` names the row after which the next page begins. */
export async function* everyRow<Row>(
  pageRows: number,
  readPage: (after: string | null) => Promise<readonly Row[]>,
  cursorOf: (last: Row) => string,
): AsyncGenerator<Row> {
  for (let after: string | null = null; ;) {
    const page: readonly Row[] = await readPage(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageRows) return;
    after = cursorOf(last);
  }
}
