import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { assertNever } from "#core/assert.ts";
import { localDay } from "#core/dates.ts";
import type { Clock, Random } from "#core/ports.ts";
import { isToken } from "#server/access/tokens.ts";
import type { Html } from "#server/citizens/html.ts";
import { addressGroup } from "#server/citizens/limits.ts";
import { PAGE_HEADERS, page } from "#server/citizens/page.ts";
import { isCrossSite } from "#server/citizens/pages.ts";
import { provinceNameOf } from "#server/citizens/register.ts";
import type { Pool } from "#server/database/pool.ts";
import { createRateLimit } from "#server/http/admission.ts";
import { JSON_CONTENT_TYPE, bytesOf, openBody, readJson } from "#server/http/json.ts";
import { sendProblem } from "#server/http/problems.ts";
import { refuse } from "#server/http/refuse.ts";
import { communeFinder, listCommunes } from "#server/registry/communes.ts";
import type { Commune } from "#server/registry/communes.ts";
import { ownerContent } from "#server/registry/owner-page.ts";
import { parsePlace } from "#server/registry/place-fields.ts";
import type { Fault, RawPlace } from "#server/registry/place-fields.ts";
import { placePoster } from "#server/registry/place-poster.ts";
import type { PosterPlace } from "#server/registry/place-poster.ts";
import { posterFormats } from "#server/registry/poster.ts";
import type { PosterFormat } from "#server/registry/poster.ts";
import { NoPublicUrl } from "#server/registry/public-url.ts";
import {
  OWNER_PATH,
  REGISTRATION_PATH,
  TRAP_FIELD,
  missingFields,
  registeredContent,
  registrationContent,
} from "#server/registry/registration-page.ts";
import { countsOfPlace, placeOfOwner, registerPlace } from "#server/registry/registration.ts";
import type { Registration } from "#server/registry/registration.ts";

export const PUBLIC_PLACES_PATH = "/v1/public/places";

export type RegistryParts = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: Random;
};

/** What the pages ask for again and again, and what never changes while the server runs. */
type FormParts = RegistryParts & {
  readonly communes: () => Promise<readonly Commune[]>;
  readonly provinceName: () => Promise<string>;
};

const FORM_CONTENT_TYPE = "application/x-www-form-urlencoded";
const MAX_FORM_BYTES = 32 * 1024;
const RETRY_S = 3_600;
/** From one address, per hour: an officer may register a whole market from one desk. */
const REGISTRATIONS_PER_HOUR = 60;
const HOUR_MS = 3_600_000;
/** Looks at one owner's page, per minute: it counts seven days of entries. */
const OWNER_LOOKS_PER_MINUTE = 10;
const DAY_MS = 86_400_000;
const SHOWN_DAYS = 7;

const text = Type.Optional(Type.String({ maxLength: 1_000 }));
const registrationRequest = Compile(
  Type.Object({
    name: text,
    type: text,
    address: text,
    commune: text,
    district: text,
    opening_hours: text,
    owner_name: text,
    owner_phone: text,
    retention_days: text,
    questions: text,
  }),
);

const pageRoute = { config: { isPage: true }, bodyLimit: MAX_FORM_BYTES };

/** Registers what places do for themselves: the form, its JSON twin, and the owner's secret link. */
export function registerPlacePages(app: FastifyInstance, parts: RegistryParts): void {
  const registrations = createRateLimit(REGISTRATIONS_PER_HOUR, parts.clock, HOUR_MS);
  const forms: FormParts = {
    ...parts,
    communes: communesOf(parts.pool),
    provinceName: provinceNameOf(parts.pool),
  };
  const take = async (raw: RawPlace, request: FastifyRequest) =>
    registrations.allows(addressGroup(request.ip))
      ? receive(forms, raw)
      : ({ kind: "full" } as const);

  app.get(REGISTRATION_PATH, pageRoute, async (_request, reply) => showForm(forms, reply, {}, []));

  app.post(REGISTRATION_PATH, pageRoute, async (request, reply) => {
    const opened = openBody(request, bytesOf(request.body), FORM_CONTENT_TYPE);
    if (opened.kind === "refused") return refuse(request, reply, opened.code);
    const typed = Object.fromEntries(
      new URLSearchParams(Buffer.from(opened.bytes).toString("utf8")),
    );
    if (isCrossSite(request)) return refuse(request, reply, "cross-site");
    if ((typed[TRAP_FIELD] ?? "") !== "") return refuse(request, reply, "request-invalid");
    return answerForm(forms, reply, typed, await take(rawPlaceOf(typed), request));
  });

  app.post(PUBLIC_PLACES_PATH, { bodyLimit: MAX_FORM_BYTES }, async (request, reply) => {
    const body = readJson(registrationRequest, request, reply);
    if (body.kind === "refused") return body.reply;
    const raw = rawPlaceOf(body.value);
    return answerJson(reply, raw, await take(raw, request));
  });

  registerOwnerPages(app, forms);
}

function registerOwnerPages(app: FastifyInstance, parts: FormParts): void {
  const looks = createRateLimit(OWNER_LOOKS_PER_MINUTE, parts.clock);
  app.get<{ Params: { token: string } }>(
    `${OWNER_PATH}/:token`,
    pageRoute,
    async (request, reply) => {
      const { token } = request.params;
      const place = isToken(token) ? await placeOfOwner(parts.pool, token) : null;
      if (place === null) return refuse(request, reply, "not-found");
      if (!looks.allows(place.place)) {
        return refuse(request, reply, "too-many-requests", { retryAfterS: looks.retryAfterS() });
      }
      const firstDay = localDay(parts.clock.nowMs() - (SHOWN_DAYS - 1) * DAY_MS);
      const counts = await countsOfPlace(parts.pool, place.place, firstDay);
      return showPage(parts, reply, place.name, ownerContent(place, token, counts));
    },
  );
  app.get<{ Params: { token: string; format: string } }>(
    `${OWNER_PATH}/:token/:format`,
    pageRoute,
    async (request, reply) => {
      const { token } = request.params;
      const format = posterFormats.find((one) => one === request.params.format);
      const place = isToken(token) ? await placeOfOwner(parts.pool, token) : null;
      if (format === undefined || place === null || place.state !== "approved") {
        return refuse(request, reply, "not-found");
      }
      if (!looks.allows(place.place)) {
        return refuse(request, reply, "too-many-requests", { retryAfterS: looks.retryAfterS() });
      }
      return sendPoster(parts, request, reply, { ...place, format });
    },
  );
}

/** Sends a place's poster; 404 until the province has said where posters lead. */
export async function sendPoster(
  parts: RegistryParts,
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: PosterPlace & { readonly format: PosterFormat },
): Promise<FastifyReply> {
  try {
    const file = await placePoster(parts, wanted, wanted.format);
    return await reply.type(file.contentType).send(Buffer.from(file.bytes));
  } catch (cause) {
    if (cause instanceof NoPublicUrl) return refuse(request, reply, "not-found");
    throw cause;
  }
}

type Taken = Registration | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

async function receive(parts: FormParts, raw: RawPlace): Promise<Taken> {
  const missing = missingFields(raw);
  const parsed = parsePlace(raw, communeFinder(await parts.communes()));
  const found = parsed.kind === "faults" ? parsed.faults : [];
  const others = found.filter(({ field }) => !missing.some((fault) => fault.field === field));
  if (parsed.kind === "faults" || missing.length > 0) {
    return { kind: "faulty", faults: [...missing, ...others] };
  }
  return registerPlace(parts.pool, parts.random, parsed.fields, parts.clock.nowMs());
}

const KNOWN =
  "Cơ sở cùng tên ở địa chỉ này đã được đăng ký. Nếu mất liên kết riêng, xin hỏi cán bộ xã, phường.";
const FULL = "Hiện có quá nhiều đăng ký. Xin gửi lại sau một giờ; thông tin quý vị điền vẫn còn.";

async function answerForm(
  parts: FormParts,
  reply: FastifyReply,
  typed: Readonly<Record<string, string>>,
  taken: Taken,
): Promise<FastifyReply> {
  switch (taken.kind) {
    case "registered":
      return showPage(parts, reply, "Đã nhận đăng ký", registeredContent(taken.token));
    case "faulty":
      return showForm(parts, reply.code(422), typed, taken.faults);
    case "known":
      return showForm(parts, reply.code(409), typed, [], KNOWN);
    case "full":
      return showForm(
        parts,
        reply.code(429).header("retry-after", String(RETRY_S)),
        typed,
        [],
        FULL,
      );
    default:
      return assertNever(taken);
  }
}

function answerJson(reply: FastifyReply, raw: RawPlace, taken: Taken): FastifyReply {
  switch (taken.kind) {
    case "registered": {
      const { place, token } = taken;
      const body = {
        place,
        state: "pending",
        owner_token: token,
        owner_path: `${OWNER_PATH}/${token}`,
      };
      return reply.code(201).type(JSON_CONTENT_TYPE).send(JSON.stringify(body));
    }
    case "faulty": {
      const errors = taken.faults.map(({ field }) => ({
        field,
        reason: raw[field].trim() === "" ? "missing" : "malformed",
      }));
      return sendProblem(reply, "fields-invalid", { errors });
    }
    case "known":
      return sendProblem(reply, "place-known");
    case "full":
      return sendProblem(reply, "too-many-requests", { retryAfterS: RETRY_S });
    default:
      return assertNever(taken);
  }
}

function rawPlaceOf(typed: Readonly<Record<string, string | undefined>>): RawPlace {
  const of = (name: string) => typed[name] ?? "";
  return {
    name: of("name"),
    type: of("type"),
    address: of("address"),
    commune: of("commune"),
    district: of("district"),
    opening_hours: of("opening_hours"),
    owner_name: of("owner_name"),
    owner_phone: of("owner_phone"),
    retention_days: of("retention_days"),
    questions: of("questions"),
  };
}

async function showForm(
  parts: FormParts,
  reply: FastifyReply,
  typed: Readonly<Record<string, string>>,
  faults: readonly Fault[],
  remark: string | null = null,
): Promise<FastifyReply> {
  const communes = await parts.communes();
  const content = registrationContent({ raw: rawPlaceOf(typed), faults, communes, remark });
  const title = reply.statusCode === 200 ? "Đăng ký cơ sở" : "Chưa gửi được: Đăng ký cơ sở";
  return showPage(parts, reply, title, content);
}

async function showPage(
  { provinceName }: FormParts,
  reply: FastifyReply,
  title: string,
  content: Html,
): Promise<FastifyReply> {
  const frame = { provinceName: await provinceName(), placeCode: null };
  return reply
    .headers(PAGE_HEADERS)
    .type("text/html; charset=utf-8")
    .send(page(frame, title, content));
}

/** Asked when first needed: only a migration changes them. */
function communesOf(pool: Pool): () => Promise<readonly Commune[]> {
  let known: readonly Commune[] | null = null;
  return async () => (known ??= await listCommunes(pool));
}
