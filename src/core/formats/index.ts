import type { Recognizer } from "#core/recognize.ts";

/** Every format, in the order of asking. The first owner wins, so `opaque` stands last. */
export const allFormats: readonly Recognizer[] = [];
