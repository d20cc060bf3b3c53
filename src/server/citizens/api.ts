import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assertNever } from "#core/assert.ts";
import type {
  CheckInAnswer,
  DeclarationAnswer,
  FeedbackAnswer,
  FormTokenAnswer,
  PersonalCodeAnswer,
  PlaceAnswer,
} from "#contract/public.ts";
import { Compile } from "typebox/compile";
import type { Desk, Outcome, Receipt } from "#server/citizens/desk.ts";
import type { FormTokens } from "#server/citizens/form-token.ts";
import { forms, requestSchema } from "#server/citizens/forms.ts";
import type { FormId } from "#server/citizens/forms.ts";
import { MAX_FORM_BYTES } from "#server/citizens/limits.ts";
import { isPlaceCode } from "#server/citizens/place-codes.ts";
import { readJson, sendJson } from "#server/http/json.ts";
import { sendProblem } from "#server/http/problems.ts";

/** Where programs send what the forms send. */
export const apiPaths: Readonly<Record<FormId, string>> = {
  "check-in": "/v1/public/check-ins",
  health: "/v1/public/declarations/health",
  movement: "/v1/public/declarations/movement",
  "personal-code": "/v1/public/personal-codes",
  feedback: "/v1/public/feedback",
};
export const TOKEN_PATH = "/v1/public/form-token";
export const PLACE_PATH = "/v1/public/places";

/** Registers the JSON door. */
export function registerApi(app: FastifyInstance, desk: Desk, tokens: FormTokens): void {
  app.get(TOKEN_PATH, (_request, reply) => {
    const { token, expiresAtMs } = tokens.issue();
    return sendJson(reply, { token, expires_at_ms: expiresAtMs } satisfies FormTokenAnswer);
  });
  app.get<{ Params: { code: string } }>(`${PLACE_PATH}/:code`, async (request, reply) => {
    const { code } = request.params;
    if (!isPlaceCode(code)) return sendProblem(reply, "not-found");
    const place = await desk.findPlace(code);
    const name = place.kind === "known" ? place.name : null;
    const answer: PlaceAnswer = { code, is_known: place.kind === "known", name };
    return sendJson(reply, answer);
  });
  for (const form of Object.values(forms)) {
    const validator = Compile(requestSchema(form));
    app.post(apiPaths[form.id], { bodyLimit: MAX_FORM_BYTES }, async (request, reply) => {
      const body = readJson(validator, request, reply);
      if (body.kind === "refused") return body.reply;
      const outcome = await desk.take(submissionOf(form.id, textsOf(body.value), request));
      return answer(reply, outcome);
    });
  }
}

function submissionOf(
  form: FormId,
  typed: Readonly<Record<string, string>>,
  request: FastifyRequest,
) {
  const { token = "", place_code: placeCode = null, ...fields } = typed;
  return { form, token, placeCode, typed: fields, address: request.ip };
}

/** Unknown fields may be of any kind, and are dropped. */
function textsOf(body: unknown): Readonly<Record<string, string>> {
  const texts = Object.entries(Object(body)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

function answer(reply: FastifyReply, outcome: Outcome): FastifyReply {
  switch (outcome.kind) {
    case "done":
      return sendJson(reply, receiptJson(outcome.receipt));
    case "faulty": {
      const errors = outcome.faults.map(({ field, fault }) => ({ field, reason: fault }));
      return sendProblem(reply, "fields-invalid", { errors });
    }
    case "token-expired":
      return sendProblem(reply, "form-token-expired");
    case "token-unknown":
      return sendProblem(reply, "form-token-unknown");
    case "limited":
      return sendProblem(reply, "too-many-requests", { retryAfterS: outcome.retryAfterS });
    default:
      return assertNever(outcome);
  }
}

function receiptJson(
  receipt: Receipt,
): CheckInAnswer | DeclarationAnswer | PersonalCodeAnswer | FeedbackAnswer {
  switch (receipt.kind) {
    case "check-in":
      return {
        result: receipt.isRepeat ? "duplicate" : "stored",
        at_ms: receipt.atMs,
        direction: receipt.direction,
        place_name: receipt.placeName,
        is_evidence: false,
      };
    case "declaration":
      return { declared_at_ms: receipt.declaredAtMs, expires_at_ms: receipt.expiresAtMs };
    case "personal-code":
      return { code: receipt.code };
    case "feedback":
      return { ticket: receipt.ticket };
    default:
      return assertNever(receipt);
  }
}
