import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";

/** One field that is wrong: where to jump to, what it is called, what is wrong with it. */
export type FaultyInput = {
  readonly input: string;
  readonly label: string;
  readonly words: string;
};

/** What kept a form from being sent, above the form and linked to its fields. */
export function faultSummary(faults: readonly FaultyInput[], remark: string | null): Html {
  const items = faults.map(
    ({ input, label, words }) => html`<li><a href="#${input}">${label}</a>: ${words}</li>`,
  );
  return html`<div class="faults" role="alert">
    <h2>Chưa gửi được</h2>
    ${remark === null ? null : html`<p>${remark}</p>`}
    ${
      items.length === 0
        ? null
        : html`<ul>
            ${items}
          </ul>`
    }
  </div>`;
}
