import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import type { PersonalBody } from "#contract/wire.ts";
import { CannotOpen } from "#sealing/hpke.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";

/** What citizens' bodies hold beside those of cards. */
const CitizenExtras = Type.Object({
  phone: Type.Union([Type.String(), Type.Null()]),
  answers: Type.Record(Type.String(), Type.String()),
});
export type CitizenExtras = Static<typeof CitizenExtras>;

/** The part of an opened body that no card has; null for the body of a card. */
export function extrasOf(body: PersonalBody): CitizenExtras | null {
  return Value.Check(CitizenExtras, body) ? { phone: body.phone, answers: body.answers } : null;
}

/** Null for a body that does not open with the province's key. */
export function openCitizen(
  opener: BodyOpener,
  sealedBody: Uint8Array,
  id: string,
): PersonalBody | null {
  try {
    return opener.open(sealedBody, id);
  } catch (cause) {
    if (cause instanceof CannotOpen) return null;
    throw cause;
  }
}
