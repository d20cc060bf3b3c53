import { hourOf } from "#ui/format.ts";
import type { Language } from "#ui/texts/texts.ts";

/** How the guard likes the screen. `auto` follows the clock: dark for night posts. */
export type Display = {
  readonly language: Language;
  readonly theme: "auto" | "light" | "dark";
  readonly isLarge: boolean;
};

export const defaultDisplay: Display = { language: "vi", theme: "auto", isLarge: false };

/** Night begins and ends at these hours in Vietnam, where the sun hardly knows seasons. */
const NIGHT_FROM_HOUR = 18;
const NIGHT_TO_HOUR = 6;

/** The theme to draw; light as long as the time is not known. */
export function themeOf(display: Display, nowMs: number): "light" | "dark" {
  if (display.theme !== "auto") return display.theme;
  if (nowMs === 0) return "light";
  const hour = hourOf(nowMs);
  return hour >= NIGHT_FROM_HOUR || hour < NIGHT_TO_HOUR ? "dark" : "light";
}

/** F8: through normal and large letters, then the same in the other theme, round and round. */
export function nextDisplay(display: Display, nowMs: number): Display {
  const theme = themeOf(display, nowMs);
  if (!display.isLarge) return { ...display, theme, isLarge: true };
  return { ...display, theme: theme === "light" ? "dark" : "light", isLarge: false };
}

/** F7: the other language. */
export function otherLanguage(display: Display): Display {
  return { ...display, language: display.language === "vi" ? "en" : "vi" };
}

/** A display kept as text; anything that is not one of ours gives the default. */
export function parseDisplay(text: string | null): Display {
  const [language, theme, size] = (text ?? "").split(" ");
  return {
    language: language === "en" ? "en" : "vi",
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    isLarge: size === "large",
  };
}

/** The text that {@link parseDisplay} reads. */
export function displayText({ language, theme, isLarge }: Display): string {
  return `${language} ${theme} ${isLarge ? "large" : "normal"}`;
}
