/** Frames longer than this are refused on both sides of the bridge, in UTF-16 units. */
export const MAX_FRAME_CHARACTERS = 256 * 1024;

/** A message of the bridge: a call or event (`q`), or an answer (`s`). */
export type Frame =
  | {
      readonly t: "q";
      readonly m: string;
      readonly a: readonly unknown[];
      readonly i?: string | undefined;
    }
  | { readonly t: "s"; readonly i: string; readonly r?: unknown; readonly e?: unknown };

/**
 * The frame in a text; null when it is too long, no JSON, or no message of the bridge. Never throws. The message library
 * lets the process die of anything else, so it sees only what comes out of here; names and arguments are checked later.
 */
export function parseFrame(text: string): Frame | null {
  if (text.length > MAX_FRAME_CHARACTERS) return null;
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || !("t" in value)) return null;
  if (value.t === "s") return answerFrame(value);
  return value.t === "q" ? callFrame(value) : null;
}

function answerFrame(value: object): Frame | null {
  if (!("i" in value) || typeof value.i !== "string") return null;
  return {
    t: "s",
    i: value.i,
    ...("r" in value ? { r: value.r } : {}),
    ...("e" in value ? { e: value.e } : {}),
  };
}

function callFrame(value: object): Frame | null {
  if (!("m" in value) || typeof value.m !== "string") return null;
  if (!("a" in value) || !Array.isArray(value.a)) return null;
  if (!("i" in value)) return { t: "q", m: value.m, a: value.a };
  return typeof value.i === "string" ? { t: "q", m: value.m, a: value.a, i: value.i } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
