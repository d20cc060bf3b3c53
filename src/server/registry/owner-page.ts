import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";
import type { Place, PlaceState } from "#server/registry/places.ts";
import { OWNER_PATH } from "#server/registry/registration-page.ts";
import type { DayCount } from "#server/registry/registration.ts";
import { shortCodeGroups } from "#server/registry/short-code.ts";

const stateWords: Readonly<Record<PlaceState, string>> = {
  pending: "Đang chờ cán bộ xã, phường duyệt.",
  approved: "Đã được duyệt.",
  rejected: "Không được duyệt.",
};

/** Files that an approved place's owner may have: their names in the link, and what they are. */
const posterLinks = [
  ["pdf-a4", "Áp phích khổ A4 (PDF)"],
  ["pdf-a3", "Áp phích khổ A3 (PDF)"],
  ["svg", "Mã QR (SVG)"],
  ["png", "Mã QR (PNG)"],
] as const;

/** The owner's own page: state, poster, and how many came and went. */
export function ownerContent(place: Place, token: string, counts: readonly DayCount[]): Html {
  return html`<h1>${place.name}</h1>
    <p>${stateWords[place.state]} ${place.decision_note}</p>
    ${place.state === "approved" ? posters(place, token) : null}
    <h2>Số lượt trong 7 ngày<span class="en" lang="en">Entries of 7 days</span></h2>
    ${countTable(counts)}`;
}

function posters({ short_code }: Place, token: string): Html {
  const items = posterLinks.map(
    ([format, vi]) => html`<li><a href="${OWNER_PATH}/${token}/${format}">${vi}</a></li>`,
  );
  return html`<h2>Mã QR địa điểm</h2>
    <p>Mã số: <strong class="number">${shortCodeGroups(short_code ?? "")}</strong></p>
    <ul>
      ${items}
    </ul>`;
}

function countTable(counts: readonly DayCount[]): Html {
  if (counts.length === 0) return html`<p>Chưa có lượt nào.</p>`;
  const rows = counts.map((count) => {
    const day = count.day.split("-").toReversed().join("/");
    return html`<tr>
      <th scope="row">${day}</th>
      <td>${count.in}</td>
      <td>${count.out}</td>
    </tr>`;
  });
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Ngày</th>
        <th scope="col">Vào</th>
        <th scope="col">Ra</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
