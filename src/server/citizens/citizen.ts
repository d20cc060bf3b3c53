import { foldName } from "#core/vietnamese.ts";
import type { PersonalBody } from "#contract/wire.ts";
import { declaredIdentity } from "#server/citizens/identity.ts";
import type { Answers } from "#server/citizens/read-form.ts";
import { assert } from "#core/assert.ts";
import type { CodeHolder } from "#server/vault/pseudonyms.ts";

/** What is sealed of a citizen's own words: the body of a card, and answers that no card has. */
export type CitizenBody = PersonalBody & {
  readonly phone: string | null;
  readonly answers: Readonly<Record<string, string>>;
};

/** The person of a form that asks for name and document. */
export function citizenOf(answers: Answers, asked: readonly string[], nowMs: number): CitizenBody {
  const declared = declaredIdentity(answers.of("document"), nowMs);
  assert(declared !== null, "a checked document has an identity");
  return {
    identity: declared.identity,
    document: declared.document,
    name: answers.of("name"),
    birth_date: answers.find("birth_date"),
    sex: null,
    valid_to: null,
    phone: answers.find("phone"),
    answers: answersOf(answers, asked),
  };
}

/** Only what was answered of `asked`. */
export function answersOf(
  answers: Answers,
  asked: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    asked.flatMap((name) => {
      const answer = answers.find(name);
      return answer === null ? [] : [[name, answer]];
    }),
  );
}

export function holderOf(citizen: CitizenBody): CodeHolder {
  return {
    identity: citizen.identity,
    foldedName: foldName(citizen.name ?? ""),
    birthDate: citizen.birth_date ?? "",
  };
}
