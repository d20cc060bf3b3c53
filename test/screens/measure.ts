import type { Page } from "playwright-core";

/** What a page shows, measured inside it: every piece of text with its letters and its place. */
export type Measured = {
  /** Texts that are cut off by a box, or reach over the edge of the screen. */
  readonly clipped: readonly string[];
  /** Texts smaller than 20 px. */
  readonly small: readonly string[];
  /** Texts whose lines are lower than 1.29 times the letters: stacked capitals would touch the line above. */
  readonly tight: readonly string[];
  /** Buttons smaller than 48 px in height. */
  readonly lowButtons: readonly string[];
  readonly scrolls: boolean;
  readonly fonts: readonly string[];
};

/** Runs in the page, which is why it is text: the tests have no DOM. */
const MEASURE = `(() => {
  const found = { clipped: [], small: [], tight: [], lowButtons: [], scrolls: false, fonts: [] };
  const fonts = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (text === "" || element.closest(".spoken") !== null || element.closest("script") !== null) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const line = parseFloat(style.lineHeight);
    fonts.add(style.fontFamily);
    if (size < 20) found.small.push(text);
    if (!(line / size >= 1.29)) found.tight.push(text);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (isCut(box, element, size)) { found.clipped.push(text); break; }
    }
  }
  function isCut(box, element, size) {
    // Noto Sans: ink reaches from 1.05 em above to 0.24 em below the baseline; the box is 1.36 em high.
    const top = box.top + size * 0.02, bottom = box.bottom - size * 0.05;
    if (box.left < -0.5 || box.right > innerWidth + 0.5 || top < -0.5 || bottom > innerHeight + 0.5) return true;
    for (let outer = element; outer !== null; outer = outer.parentElement) {
      if (getComputedStyle(outer).overflow === "visible") continue;
      const edge = outer.getBoundingClientRect();
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || top < edge.top - 1 || bottom > edge.bottom + 1) return true;
    }
    const panel = element.closest(".verdict, .half, .strip, .idle, .lost, .row, .footer, .header, .banner");
    if (panel === null) return false;
    const edge = panel.getBoundingClientRect(), style = getComputedStyle(panel);
    const inside = (side) => parseFloat(style["border-" + side + "-width"]) + parseFloat(style["padding-" + side]);
    return box.left < edge.left + inside("left") - 1 || box.right > edge.right - inside("right") + 1 ||
      top < edge.top + inside("top") - 1 || bottom > edge.bottom - inside("bottom") + 1;
  }
  for (const shape of document.querySelectorAll(".stage .shape")) {
    const box = shape.getBoundingClientRect(), edge = shape.closest(".verdict, .half, .strip, .idle, .lost").getBoundingClientRect();
    if (box.top < edge.top || box.bottom > edge.bottom || box.height < 32) found.clipped.push(String(shape.getAttribute("class")));
  }
  for (const button of document.querySelectorAll("button")) {
    if (button.getBoundingClientRect().height < 48) found.lowButtons.push(button.textContent);
  }
  const page = document.documentElement;
  found.scrolls = page.scrollWidth > innerWidth || page.scrollHeight > innerHeight;
  found.fonts = [...fonts];
  return found;
})()`;

export function measure(page: Page): Promise<Measured> {
  return page.evaluate<Measured>(MEASURE);
}

/** Every word that a person can read or hear on the page: texts, labels, titles. */
export function wordsOf(page: Page): Promise<string> {
  return page.evaluate<string>(`[
    document.title,
    document.body.innerText,
    document.querySelector(".spoken")?.textContent ?? "",
    ...[...document.querySelectorAll("[aria-label],[title]")].map(
      (element) => (element.getAttribute("aria-label") ?? "") + " " + (element.title ?? ""),
    ),
  ].join("\\n")`);
}
