import type { CDPSession, Page } from "playwright-core";
import type { TypedBurst } from "#contract/typed-burst.ts";
import type { KeyPress } from "#core/wedge-run.ts";

/** A keyboard of the page, as the system would deliver it. */
export type Typist = {
  /** Presses and releases these keys as fast as the browser takes them; they carry the times they have. */
  type(keys: readonly KeyPress[]): Promise<void>;
};

/** Real key events of Chromium's own input pipeline: physical place, layout's character, modifiers and time. */
export async function createTypist(page: Page): Promise<Typist> {
  const session = await page.context().newCDPSession(page);
  return { type: (keys) => typeAll(session, keys) };
}

async function typeAll(session: CDPSession, keys: readonly KeyPress[]): Promise<void> {
  const firstMs = keys[0]?.timeMs ?? 0;
  const startMs = Date.now();
  const sent = keys.flatMap((key) => {
    const event = {
      code: key.code,
      key: key.key,
      modifiers: modifiersOf(key),
      windowsVirtualKeyCode: virtualKeyOf(key),
      timestamp: (startMs + key.timeMs - firstMs) / 1000,
    };
    const down = session.send("Input.dispatchKeyEvent", {
      ...event,
      type: "keyDown",
      autoRepeat: key.isRepeat,
      ...textOf(key),
    });
    if (key.isRepeat || key.code === "") return [down];
    return [down, session.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" })];
  });
  await Promise.all(sent);
  // The scanner is done when its last key's time has come.
  const endMs = startMs + (keys.at(-1)?.timeMs ?? 0) - firstMs;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, endMs - Date.now())));
}

/** The bit field of the protocol. */
function modifiersOf(key: KeyPress): number {
  return (key.alt ? 1 : 0) + (key.ctrl ? 2 : 0) + (key.meta ? 4 : 0) + (key.shift ? 8 : 0);
}

/** Windows' VK_PACKET is what an injected letter has instead of a key. */
function virtualKeyOf({ code, key }: KeyPress): number {
  if (key === "Backspace") return 8;
  if (code === "Enter" || code === "NumpadEnter") return 13;
  if (code === "Space") return 32;
  if (code === "Tab") return 9;
  return code === "" ? 231 : 0;
}

/** What the key would write or do, were it not taken: Enter and Space press a focused button. */
function textOf(key: KeyPress): { readonly text?: string } {
  if (key.ctrl || key.alt || key.meta) return {};
  if (key.code === "Enter" || key.code === "NumpadEnter") return { text: "\r" };
  if (key.code === "Space") return { text: " " };
  return Array.from(key.key).length === 1 ? { text: key.key } : {};
}

/** The keys with the characters that a layout makes of them; `press` in keys.ts has only places. */
export function onLayout(
  keys: readonly KeyPress[],
  characterOf: (key: KeyPress) => string,
): readonly KeyPress[] {
  return keys.map((key) =>
    /^(Shift|Alt)/.test(key.code) ? key : { ...key, key: characterOf(key) },
  );
}

/** The text of each scan; of what was thrown away its reason. */
export function textsOf(bursts: readonly TypedBurst[]): readonly string[] {
  return bursts.map((burst) =>
    burst.kind === "scan" ? Buffer.from(burst.bytes, "base64").toString("utf8") : burst.reason,
  );
}
