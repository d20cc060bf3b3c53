import type { Queryable } from "#server/database/pool.ts";

/** The province has not said where its posters lead. */
export class NoPublicUrl extends Error {
  override readonly name = "NoPublicUrl";
}

/** Not an address that can stand on a poster. */
export class BadPublicUrl extends Error {
  override readonly name = "BadPublicUrl";
}

/** Where posters lead, and whose they are. Throws {@link NoPublicUrl}. */
export async function posterOrigin(
  database: Queryable,
): Promise<{ readonly publicUrl: string; readonly provinceName: string }> {
  const found = await database.query<{ public_url: string | null; name: string }>(
    "SELECT public_url, name FROM province",
  );
  const [row] = found.rows;
  if (row === undefined || row.public_url === null) {
    throw new NoPublicUrl(
      "Posters and enrolment sheets have no address yet: say where people reach this server with admin province set --public-url https://HOST.",
    );
  }
  return { publicUrl: row.public_url, provinceName: row.name };
}

/** Sets where posters lead from now on; those that hang on walls keep their address. Throws {@link BadPublicUrl}. */
export async function setPublicUrl(database: Queryable, text: string): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && url.pathname === "/" && url.search === "" && url.hash === "";
  if (
    url === null ||
    !isPlain ||
    !["http:", "https:"].includes(url.protocol) ||
    url.username !== ""
  ) {
    throw new BadPublicUrl("--public-url is https://HOST, without a path.");
  }
  await database.query("UPDATE province SET public_url = $1", [url.origin]);
  return url.origin;
}
