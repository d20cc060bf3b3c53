import { html } from "#server/citizens/html.ts";
import { page } from "#server/citizens/page.ts";
import { mishap, refusals } from "#server/citizens/words.ts";

/** A whole page for what cannot be done, in words instead of a problem document. */
export function refusalPage(status: number): string {
  const [title, advice] = refusals[status] ?? mishap;
  const frame = { provinceName: "TramQR", placeCode: null };
  return page(
    frame,
    title,
    html`<div class="faults" role="alert">
      <h1>${title}</h1>
      <p>${advice}</p>
    </div>`,
  );
}
