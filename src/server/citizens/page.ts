import { forms } from "#server/citizens/forms.ts";
import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";

/** What every page of one province has in common. */
export type PageFrame = {
  readonly provinceName: string;
  /** Keeps the place when a citizen goes on to another form; null when no place is known. */
  readonly placeCode: string | null;
};

export const STYLE_PATH = "/c/style.css";

/** What a page may do: our own style and forms to ourselves, no script, nobody's frame. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Same-origin, or browsers would send forms with the origin "null".
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** A whole page. */
export function page(frame: PageFrame, title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="vi">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} – ${frame.provinceName}</title>
        <link rel="stylesheet" href="${STYLE_PATH}" />
      </head>
      <body>
        <header>${frame.provinceName}</header>
        <main>${content}</main>
        <footer>
          <nav aria-label="Các mục khác">
            <ul>
              ${links(frame)}
            </ul>
          </nav>
        </footer>
      </body>
    </html> `.html;
}

function links({ placeCode }: PageFrame): readonly Html[] {
  const checkIn = placeCode === null ? [] : [{ path: `/c/${placeCode}`, vi: forms["check-in"].vi }];
  const others = Object.values(forms).flatMap(({ path, vi }) =>
    path === null
      ? []
      : [{ path: placeCode === null ? path : `${path}?dia-diem=${placeCode}`, vi }],
  );
  return [...checkIn, ...others].map(({ path, vi }) => html`<li><a href="${path}">${vi}</a></li>`);
}
