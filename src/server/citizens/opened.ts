import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import type { PersonalBody } from "#contract/wire.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { openOne } from "#server/vault/open-entries.ts";

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

/** Who wrote a message, and what; nulls where the body does not open. */
export function readMessage(
  opener: BodyOpener,
  { feedback, sealed_body }: { readonly feedback: string; readonly sealed_body: Uint8Array },
): { readonly name: string | null; readonly phone: string | null; readonly text: string | null } {
  const body = openOne(opener, { eventId: feedback, sealedBody: sealed_body });
  const extras = body === null ? null : extrasOf(body);
  return {
    name: body?.name ?? null,
    phone: extras?.phone ?? null,
    text: extras?.answers["text"] ?? null,
  };
}
