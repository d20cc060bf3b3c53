import { diagnosed, FOREIGN } from "#core/formats/answers.ts";
import { CERTIFICATE_PREFIX } from "#core/formats/certificate-prefix.ts";
import type { Recognizer } from "#core/recognize.ts";

/** Where location and control codes of 2021 lead (docs/formats/place.md). Subdomains count. */
const PLACE_HOSTS = [
  "pccovid.gov.vn",
  "tokhaiyte.vn",
  "dancuquocgia.gov.vn",
  "bluezone.gov.vn",
  "bluezone.ai",
  "qr.tayninh.gov.vn",
];

const WEB_LINK = /^(?:https?:\/\/|www\.)([^/?#\s]+)([^?#\s]*)/i;
/** Our own posters: `https://SERVER/c/PLACE`; `/d/` on those that were printed before the registry. */
const OWN_PLACE_PATH = /^\/[cd]\/\d+\/?$/;
/** Other things that a phone opens by itself. */
const OTHER_LINK =
  /^(?:ftp|tel|sms|smsto|mms|mailto|matmsg|geo|wifi|otpauth|intent|market|zalo|upi|bitcoin):/i;
/** Codes of other formats whose content may go on with `//`. */
const OWN_START = /^(?:MECARD|BIZCARD):/i;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]{1,30}:\/\//i;

/** What an address leads to. */
export type LinkKind = "place" | "link";

/** The location code of a place, shown instead of a personal one. */
export const place: Recognizer = {
  format: "place",
  recognize: (scan) => (linkKindOf(scan.text) === "place" ? diagnosed("place-code") : FOREIGN),
};

/** Any other address: web, phone, mail, Wi-Fi. */
export const link: Recognizer = {
  format: "link",
  recognize: (scan) => (linkKindOf(scan.text) === "link" ? diagnosed("link") : FOREIGN),
};

/** Whether a text is an address, and whether of a place's page; null: not an address. */
export function linkKindOf(text: string): LinkKind | null {
  if (CERTIFICATE_PREFIX.test(text) || OWN_START.test(text)) return null;
  const web = WEB_LINK.exec(text);
  if (web === null) return OTHER_LINK.test(text) || OTHER_SCHEME.test(text) ? "link" : null;
  const [, authority = "", path = ""] = web;
  const host = hostOf(authority);
  const isKnownHost = PLACE_HOSTS.some((known) => host === known || host.endsWith(`.${known}`));
  return isKnownHost || OWN_PLACE_PATH.test(path) ? "place" : "link";
}

/** Without user, port and the final dot. */
function hostOf(authority: string): string {
  const afterUser = authority.slice(authority.lastIndexOf("@") + 1);
  return afterUser.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}
