/** Text that is HTML already. Only {@link html} makes it, so nothing that a person typed gets into a page unescaped. */
export type Html = { readonly html: string };

type Part = string | number | Html | readonly Html[] | null;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of a page. Texts are escaped, for content and for quoted attributes; null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const texts = strings.map((text, index) => text + textOf(parts[index] ?? null));
  return { html: texts.join("") };
}

/** HTML that was made by this program otherwise, such as a drawn QR code. */
export function trustedHtml(text: string): Html {
  return { html: text };
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return part.replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? "");
  if ("html" in part) return part.html;
  return part.map((piece) => piece.html).join("");
}
