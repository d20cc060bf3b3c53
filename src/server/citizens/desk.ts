import { assertNever } from "#core/assert.ts";
import type { Direction } from "#core/entry.ts";
import type { Clock, Random } from "#core/ports.ts";
import { keyPairFromSecret } from "#sealing/keys.ts";
import { createSealer } from "#sealing/sealed-body.ts";
import type { Sealer } from "#sealing/sealed-body.ts";
import { answersOf, citizenOf } from "#server/citizens/citizen.ts";
import type { CitizenBody } from "#server/citizens/citizen.ts";
import { keepDeclaration } from "#server/citizens/declarations.ts";
import { keepFeedback } from "#server/citizens/feedback.ts";
import type { FormTokens } from "#server/citizens/form-token.ts";
import { forms } from "#server/citizens/forms.ts";
import type { Form, FormId } from "#server/citizens/forms.ts";
import type { CitizenGuard } from "#server/citizens/limits.ts";
import { issuePersonalCode } from "#server/citizens/personal-codes.ts";
import { findPlaceByCode, placeForRecord } from "#server/citizens/place-codes.ts";
import type { CodedPlace } from "#server/citizens/place-codes.ts";
import { readForm } from "#server/citizens/read-form.ts";
import type { Answers, FaultyField, Typed } from "#server/citizens/read-form.ts";
import { createSelfStream } from "#server/citizens/self-stream.ts";
import type { SelfStream } from "#server/citizens/self-stream.ts";
import type { Pool } from "#server/database/pool.ts";
import type { Pseudonyms } from "#server/vault/pseudonyms.ts";

/** A form as it came in, through either door. */
export type Submission = {
  readonly form: FormId;
  readonly token: string;
  readonly typed: Typed;
  /** Checked to be digits; null when no place was named. */
  readonly placeCode: string | null;
  /** Network address, for the limits alone: it is neither stored nor logged. */
  readonly address: string;
};

/** What a citizen gets in return. */
export type Receipt =
  | {
      readonly kind: "check-in";
      readonly atMs: number;
      readonly direction: Direction;
      readonly placeName: string | null;
      readonly placeCode: string;
      /** The same form had been sent before: nothing was counted twice. */
      readonly isRepeat: boolean;
    }
  | {
      readonly kind: "declaration";
      readonly form: "health" | "movement";
      readonly declaredAtMs: number;
      readonly expiresAtMs: number;
    }
  | {
      readonly kind: "personal-code";
      /** 183 digits. */
      readonly code: string;
      readonly name: string;
      readonly issuedAtMs: number;
    }
  | { readonly kind: "feedback"; readonly ticket: string };

export type Outcome =
  | { readonly kind: "done"; readonly receipt: Receipt }
  | { readonly kind: "faulty"; readonly faults: readonly FaultyField[] }
  | { readonly kind: "token-expired" }
  | { readonly kind: "token-unknown" }
  | { readonly kind: "limited"; readonly retryAfterS: number };

/** Where citizens' forms are taken in. */
export type Desk = {
  take(submission: Submission): Promise<Outcome>;
  findPlace(code: string): Promise<CodedPlace>;
};

export type DeskParts = {
  readonly pool: Pool;
  readonly pseudonyms: Pseudonyms;
  /** The province's public key, to which everything personal is sealed. */
  readonly sealingKey: Uint8Array;
  readonly tokens: FormTokens;
  readonly guard: CitizenGuard;
  readonly clock: Clock;
  readonly random: Random;
  /** A new entry is stored. */
  readonly onStored?: () => void;
};

type Work = DeskParts & { readonly sealer: Sealer; readonly stream: SelfStream };

export function createDesk(parts: DeskParts): Desk {
  const { pool, clock, random } = parts;
  const newEphemeral = () => keyPairFromSecret("x25519", random.bytes(32));
  const sealer = createSealer(parts.sealingKey, newEphemeral);
  const work = { ...parts, sealer, stream: createSelfStream({ pool, sealer, clock, random }) };
  return {
    take: (submission) => take(work, submission),
    findPlace: (code) => findPlaceByCode(pool, code),
  };
}

/** Limits first, so that abuse costs as little as possible; then everything is checked before anything is stored. */
async function take(work: Work, submission: Submission): Promise<Outcome> {
  const { guard, tokens, clock } = work;
  const form = forms[submission.form];
  const waitS = guard.address(form.id, submission.address);
  if (waitS !== null) return { kind: "limited", retryAfterS: waitS };
  const token = tokens.read(submission.token);
  if (token.kind !== "good") return { kind: `token-${token.kind}` };
  const read = readForm(form, submission.typed, clock.nowMs());
  if (read.kind === "faulty") return read;
  const { placeCode } = submission;
  const busyS = placeCode === null ? null : guard.place(placeCode);
  if (busyS !== null) return { kind: "limited", retryAfterS: busyS };
  const nowMs = clock.nowMs();
  const place = placeCode === null ? null : await placeForRecord(work.pool, placeCode, nowMs);
  return act(work, { form, id: token.id, answers: read.answers, place, placeCode });
}

type Checked = {
  readonly form: Form;
  readonly id: string;
  readonly answers: Answers;
  readonly place: CodedPlace | null;
  readonly placeCode: string | null;
};

async function act(work: Work, checked: Checked): Promise<Outcome> {
  const { form } = checked;
  if (form.id === "feedback") return { kind: "done", receipt: await takeFeedback(work, checked) };
  const citizen = citizenOf(checked.answers, questionsOf(form), work.clock.nowMs());
  const waitS = work.guard.document(citizen.identity);
  if (waitS !== null) return { kind: "limited", retryAfterS: waitS };
  switch (form.id) {
    case "check-in":
      return { kind: "done", receipt: await checkIn(work, checked, citizen) };
    case "health":
    case "movement":
      return { kind: "done", receipt: await declare(work, { ...checked, kind: form.id }, citizen) };
    case "personal-code":
      return { kind: "done", receipt: await issueCode(work, citizen) };
    default:
      return assertNever(form.id);
  }
}

/** Fields beside the person's own. */
function questionsOf(form: Form): readonly string[] {
  const own = ["name", "document", "birth_date", "phone", "direction", "consent"];
  return form.fields.map((field) => field.name).filter((name) => !own.includes(name));
}

async function checkIn(work: Work, checked: Checked, citizen: CitizenBody): Promise<Receipt> {
  const { place } = checked;
  const placeCode = checked.placeCode ?? "";
  const direction = checked.answers.of("direction") === "out" ? "out" : "in";
  const stored = await work.stream.store({
    eventId: checked.id,
    place: place?.kind === "known" ? place.place : null,
    placeCode,
    direction,
    citizen,
  });
  if (stored.kind === "stored") work.onStored?.();
  const placeName = place?.kind === "known" ? place.name : null;
  const isRepeat = stored.kind === "duplicate";
  return { kind: "check-in", atMs: stored.atMs, direction, placeName, placeCode, isRepeat };
}

async function declare(
  work: Work,
  checked: Checked & { readonly kind: "health" | "movement" },
  citizen: CitizenBody,
): Promise<Receipt> {
  const [subject] = await work.pseudonyms.subjectsOf([citizen.identity]);
  const declaration = {
    id: checked.id,
    kind: checked.kind,
    place: placeOf(checked),
    subject: subject ?? Buffer.alloc(0),
    citizen,
  };
  const nowMs = work.clock.nowMs();
  const kept = await keepDeclaration(work.pool, work.sealer, declaration, nowMs);
  return { kind: "declaration", form: checked.kind, ...kept };
}

async function issueCode(work: Work, citizen: CitizenBody): Promise<Receipt> {
  const issuedAtMs = work.clock.nowMs();
  const code = await issuePersonalCode(work, citizen, issuedAtMs);
  return { kind: "personal-code", code, name: citizen.name ?? "", issuedAtMs };
}

async function takeFeedback(work: Work, checked: Checked): Promise<Receipt> {
  const { id, answers } = checked;
  const body: CitizenBody = {
    identity: `feedback:${id}`,
    document: null,
    name: answers.find("name"),
    birth_date: null,
    sex: null,
    valid_to: null,
    phone: answers.find("phone"),
    answers: answersOf(answers, ["text"]),
  };
  const message = { id, category: answers.of("category"), place: placeOf(checked), body };
  const nowMs = work.clock.nowMs();
  return { kind: "feedback", ticket: await keepFeedback(work.pool, work.sealer, message, nowMs) };
}

function placeOf({ place, placeCode }: Checked): string | null {
  if (placeCode === null) return null;
  return place?.kind === "known" ? place.place : `code-${placeCode}`;
}
