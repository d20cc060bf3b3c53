import { en } from "#ui/texts/en.ts";
import type { Language, StationTexts } from "#ui/texts/texts.ts";
import { vi } from "#ui/texts/vi.ts";

const textsByLanguage: Readonly<Record<Language, StationTexts>> = { vi, en };

/** The words of a language. */
export function textsOf(language: Language): StationTexts {
  return textsByLanguage[language];
}
