/**
 * What programs of others say to the province for citizens, `/v1/public`: the answers. Requests have the fields of the
 * forms (src/server/citizens/forms.ts). The rules in words: docs/formats/public.md.
 */
import { Type } from "typebox";
import type { Static } from "typebox";

const Millis = Type.Integer();

/** `GET /v1/public/form-token`: makes whatever is sent with it count once. */
export const FormTokenAnswer = Type.Object({ token: Type.String(), expires_at_ms: Millis });
export type FormTokenAnswer = Static<typeof FormTokenAnswer>;

/** `GET /v1/public/places/{code}`. An unknown code may still be sent: it is kept and flagged. */
export const PlaceAnswer = Type.Object({
  code: Type.String(),
  is_known: Type.Boolean(),
  name: Type.Union([Type.String(), Type.Null()]),
});
export type PlaceAnswer = Static<typeof PlaceAnswer>;

/** `POST /v1/public/check-ins`. Self-declared: it tells what is possible, and proves nothing. */
export const CheckInAnswer = Type.Object({
  result: Type.Union([Type.Literal("stored"), Type.Literal("duplicate")]),
  at_ms: Millis,
  direction: Type.Union([Type.Literal("in"), Type.Literal("out")]),
  place_name: Type.Union([Type.String(), Type.Null()]),
  is_evidence: Type.Literal(false),
});
export type CheckInAnswer = Static<typeof CheckInAnswer>;

/** `POST /v1/public/declarations/health` and `/movement`. */
export const DeclarationAnswer = Type.Object({ declared_at_ms: Millis, expires_at_ms: Millis });
export type DeclarationAnswer = Static<typeof DeclarationAnswer>;

/** `POST /v1/public/personal-codes`: the digits for a QR code. Issue and recovery are the same call. */
export const PersonalCodeAnswer = Type.Object({ code: Type.String({ pattern: "^[0-9]{183}$" }) });
export type PersonalCodeAnswer = Static<typeof PersonalCodeAnswer>;

/** `POST /v1/public/feedback`. */
export const FeedbackAnswer = Type.Object({ ticket: Type.String() });
export type FeedbackAnswer = Static<typeof FeedbackAnswer>;
