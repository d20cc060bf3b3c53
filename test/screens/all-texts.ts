import { MORNING_MS } from "./scripted-host.ts";

/** Every text of a language by its key, functions called with one made-up argument for each parameter. */
export function allTexts(texts: object, prefix = ""): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts) as [string, unknown][]) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof value === "string") found.set(path, value);
    else if (typeof value === "function") addText(found, path, value(...made(path)));
    else if (typeof value === "object" && value !== null) {
      for (const [inner, text] of allTexts(value, path)) found.set(inner, text);
    }
  }
  return found;
}

/** Most functions make one text; some make a record of them. */
function addText(found: Map<string, string>, path: string, said: unknown): void {
  if (typeof said !== "object" || said === null) found.set(path, String(said));
  else for (const [inner, text] of allTexts(said, path)) found.set(inner, text);
}

function made(path: string): readonly unknown[] {
  if (path.endsWith(".at")) return ["in", "08:05"];
  if (path.endsWith("scannerTest.finding")) return [{ kind: "garbled" }];
  if (path.endsWith(".repeat")) return ["out", "08:05", 40_000];
  if (path.endsWith(".recorded")) return ["in"];
  if (path.endsWith("directionSet")) return ["auto"];
  if (path.endsWith("stayed") || path.endsWith(".clock")) return [4_920_000];
  if (path.endsWith("waiting") || path.endsWith("scannerNumber")) return [2];
  return ["08:05", "37", String(MORNING_MS)];
}
