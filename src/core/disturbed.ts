import type { Credential } from "#core/credential.ts";
import { recognize } from "#core/recognize.ts";
import type { RecognizeContext, Recognized } from "#core/recognize.ts";
import type { Scan } from "#core/scan.ts";

/**
 * The answer about a scan, also about one that an input method wrote into. Such a scan is repaired only when all ways to
 * explain what was typed lead to one and the same whole card. Otherwise a person's number stands when every explanation
 * has it, and the name is marked as doubtful; anything else is the input method's fault, and that is what helps the guard.
 */
export function recognizeScan(scan: Scan, context: RecognizeContext): Recognized {
  const asRead = recognize(scan.bytes, context);
  if (scan.interference === undefined) return asRead;
  const answers = scan.interference.explanations.map((bytes) => recognize(bytes, context));
  // A certificate is compressed and has a checksum: one that can be read at all is the one that was typed.
  const attachment = [asRead, ...answers].find(({ kind }) => kind === "attachment");
  if (attachment !== undefined) return attachment;
  const explained = answers.flatMap(personIn);
  const [first, ...others] = explained.filter(isWhole);
  if (first !== undefined && others.every((other) => isSameCard(first, other))) {
    return recognized(first);
  }
  const person = first ?? personIn(asRead)[0];
  const isCertain =
    person !== undefined &&
    [...explained, ...personIn(asRead)].every(({ identity }) => identity === person.identity);
  if (isCertain) return recognized(withDoubtfulName(person));
  return { kind: "damaged", format: asRead.format ?? "opaque", reason: "input-method-on" };
}

/** A code that nobody knows has nothing to check it by: one wrong letter would make it another's. */
function personIn(answer: Recognized): readonly Credential[] {
  if (answer.kind !== "recognized" || answer.credential.documentKind === "opaque") return [];
  return [answer.credential];
}

/** Hexadecimal that an explanation got wrong does not decode. */
function isWhole({ warnings }: Credential): boolean {
  return !warnings.includes("name-unreadable") && !warnings.includes("name-needs-checking");
}

function isSameCard(one: Credential, other: Credential): boolean {
  return (
    one.identity === other.identity &&
    one.name === other.name &&
    one.birthDate === other.birthDate &&
    one.validTo === other.validTo
  );
}

function withDoubtfulName(credential: Credential): Credential {
  if (credential.name === null || credential.warnings.includes("name-needs-checking"))
    return credential;
  return { ...credential, warnings: [...credential.warnings, "name-needs-checking"] };
}

function recognized(credential: Credential): Recognized {
  return { kind: "recognized", format: credential.format, credential };
}
