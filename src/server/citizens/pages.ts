import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkedQr } from "#print/decode-back.ts";
import { qrSvg } from "#print/qr-image.ts";
import type { Desk, Outcome, Receipt } from "#server/citizens/desk.ts";
import { formContent } from "#server/citizens/form-page.ts";
import type { FormState } from "#server/citizens/form-page.ts";
import type { FormTokens } from "#server/citizens/form-token.ts";
import { forms } from "#server/citizens/forms.ts";
import type { Form } from "#server/citizens/forms.ts";
import { MAX_FORM_BYTES } from "#server/citizens/limits.ts";
import { PAGE_HEADERS, STYLE_PATH, page } from "#server/citizens/page.ts";
import { isPlaceCode } from "#server/citizens/place-codes.ts";
import { receiptContent } from "#server/citizens/receipt-page.ts";
import { styleSheet } from "#server/citizens/style.ts";
import { remarks } from "#server/citizens/words.ts";
import { bytesOf, openBody } from "#server/http/json.ts";
import { refuse } from "#server/http/refuse.ts";

export type PageParts = {
  readonly desk: Desk;
  readonly tokens: FormTokens;
  provinceName(): Promise<string>;
};

const FORM_CONTENT_TYPE = "application/x-www-form-urlencoded";
/** On paper: three tenths of a millimetre and more for each module, which the cheapest scanner reads. */
const CARD_QR_MM = 45;
const STYLE_LIFE_S = 3_600;

const pageRoute = { config: { isPage: true }, bodyLimit: MAX_FORM_BYTES };

/** Registers the pages: each form by its path, self check-in by a place's code. They need neither JavaScript nor cookies. */
export function registerPages(app: FastifyInstance, parts: PageParts): void {
  app.get(STYLE_PATH, (_request, reply) =>
    reply
      .type("text/css; charset=utf-8")
      .header("cache-control", `public, max-age=${STYLE_LIFE_S}`)
      .send(styleSheet),
  );
  app.get<{ Params: { code: string } }>("/c/:code", pageRoute, async (request, reply) => {
    const { code } = request.params;
    if (!isPlaceCode(code)) return refuse(request, reply, "not-found");
    return show(parts, reply, { form: forms["check-in"], action: `/c/${code}`, placeCode: code });
  });
  app.post<{ Params: { code: string } }>("/c/:code", pageRoute, async (request, reply) => {
    const { code } = request.params;
    if (!isPlaceCode(code)) return refuse(request, reply, "not-found");
    const target = { form: forms["check-in"], action: `/c/${code}`, placeCode: code };
    return receive(parts, request, reply, () => target);
  });
  for (const form of Object.values(forms)) {
    if (form.path !== null) registerForm(app, parts, form, form.path);
  }
}

/** A form, where it is sent, and for which place. */
type Target = {
  readonly form: Form;
  readonly action: string;
  readonly placeCode: string | null;
};

function registerForm(app: FastifyInstance, parts: PageParts, form: Form, path: string): void {
  app.get<{ Querystring: Record<string, unknown> }>(path, pageRoute, async (request, reply) => {
    const placeCode = placeCodeOf(request.query["dia-diem"]);
    return show(parts, reply, { form, action: path, placeCode });
  });
  app.post(path, pageRoute, async (request, reply) =>
    receive(parts, request, reply, (typed) => ({
      form,
      action: path,
      placeCode: placeCodeOf(typed["place_code"]),
    })),
  );
}

function placeCodeOf(value: unknown): string | null {
  return typeof value === "string" && isPlaceCode(value) ? value : null;
}

async function receive(
  parts: PageParts,
  request: FastifyRequest,
  reply: FastifyReply,
  targetOf: (typed: Readonly<Record<string, string>>) => Target,
): Promise<FastifyReply> {
  const opened = openBody(request, bytesOf(request.body), FORM_CONTENT_TYPE);
  if (opened.kind === "refused") return refuse(request, reply, opened.code);
  const text = Buffer.from(opened.bytes).toString("utf8");
  const typed = Object.fromEntries(new URLSearchParams(text));
  const target = targetOf(typed);
  if (isCrossSite(request)) {
    return show(parts, reply.code(403), target, { typed, remark: remarks.foreign });
  }
  const { form, placeCode } = target;
  const submission = { form: form.id, token: typed["token"] ?? "", typed, placeCode };
  const outcome = await parts.desk.take({ ...submission, address: request.ip });
  return answer(parts, reply, target, typed, outcome);
}

async function answer(
  parts: PageParts,
  reply: FastifyReply,
  target: Target,
  typed: Readonly<Record<string, string>>,
  outcome: Outcome,
): Promise<FastifyReply> {
  switch (outcome.kind) {
    case "done":
      return showReceipt(parts, reply, target, outcome.receipt);
    case "faulty":
      return show(parts, reply.code(422), target, { typed, faults: outcome.faults });
    case "token-expired":
    case "token-unknown":
      return show(parts, reply.code(422), target, { typed, remark: remarks.expired });
    case "limited": {
      const remark = `Quá nhiều yêu cầu từ nơi này. Xin chờ ${outcome.retryAfterS} giây rồi bấm gửi lại; thông tin quý vị điền vẫn còn.`;
      reply.code(429).header("retry-after", String(outcome.retryAfterS));
      return show(parts, reply, target, { typed, remark });
    }
  }
}

async function show(
  parts: PageParts,
  reply: FastifyReply,
  { form, action, placeCode }: Target,
  state: Partial<FormState> = {},
): Promise<FastifyReply> {
  const { token } = parts.tokens.issue();
  const place = placeCode === null ? null : await placeOf(parts.desk, placeCode);
  const fresh = { action, token, place, typed: {}, faults: [], remark: null };
  const content = formContent(form, { ...fresh, ...state });
  const hasFaults = reply.statusCode !== 200;
  const title = hasFaults ? `Chưa gửi được: ${form.vi}` : form.vi;
  return send(reply, page({ provinceName: await parts.provinceName(), placeCode }, title, content));
}

async function placeOf(desk: Desk, code: string) {
  const place = await desk.findPlace(code);
  return { code, name: place.kind === "known" ? place.name : null };
}

async function showReceipt(
  parts: PageParts,
  reply: FastifyReply,
  { placeCode }: Target,
  receipt: Receipt,
): Promise<FastifyReply> {
  const image = receipt.kind === "personal-code" ? await codeImage(receipt.code) : null;
  const { title, content } = receiptContent(receipt, image);
  return send(reply, page({ provinceName: await parts.provinceName(), placeCode }, title, content));
}

async function codeImage(code: string): Promise<string> {
  return qrSvg(await checkedQr(code, "wallet-card"), CARD_QR_MM, "Mã QR cá nhân");
}

function send(reply: FastifyReply, text: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).type("text/html; charset=utf-8").send(text);
}

/** Browsers say where a form was sent from; older ones by `Origin` alone. */
export function isCrossSite(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string") return site === "cross-site" || site === "same-site";
  const { origin } = request.headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.host;
}
