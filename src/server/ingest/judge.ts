import canonicalize from "canonicalize";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { EventHeader, WireEvent } from "#contract/wire.ts";
import { bodyHash, eventHash } from "#sealing/chain.ts";
import { isKnownEventType } from "#server/ingest/event-types.ts";

/** Why a line is kept in quarantine instead of being stored. */
export type QuarantineReason =
  | "not-json"
  | "schema"
  | "another-station"
  | "hash-mismatch"
  | "body-mismatch"
  | "unknown-type"
  | "unstorable-text"
  | "not-storable"
  | "station-revoked"
  | "conflict"
  | "fork";

/** Which event a line says it is, as far as that can be read; null where it cannot. */
export type Claim = {
  readonly eventId: string | null;
  readonly instance: string | null;
  readonly seq: number | null;
};

/** A line that is a whole, true event of its station. */
export type ValidEvent = {
  readonly header: EventHeader;
  /** SHA-256 of the canonical header, hex. */
  readonly hash: string;
  readonly sealedBody: Uint8Array | null;
  /** Fields that this program does not know; null when there are none. */
  readonly extra: Readonly<Record<string, unknown>> | null;
  readonly raw: Uint8Array;
};

export type QuarantinedLine = {
  readonly reason: QuarantineReason;
  readonly claim: Claim;
  /** The hash, when it holds for the header as it came; null: nothing proves the line. */
  readonly provenHash: string | null;
  readonly raw: Uint8Array;
};

export type Judged =
  | { readonly kind: "valid"; readonly event: ValidEvent }
  | { readonly kind: "quarantined"; readonly line: QuarantinedLine };

const wireEvent = Compile(WireEvent);
const headerFields = Object.keys(EventHeader.properties);
const uuid = Compile(WireEvent.allOf[0].properties.event_id);
const hashText = Compile(Type.String({ pattern: "^[0-9a-f]{64}$" }));
/** Zero characters are valid JSON, but no text in PostgreSQL. Halves of surrogate pairs have no canonical form at all. */
const ZERO_ESCAPE = "\\u0000";

/** Judges one line of a batch that `station` has signed. Pure; never throws, whatever the bytes are. */
export function judgeLine(raw: Uint8Array, station: string): Judged {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString("utf8");
  const fields = parseObject(text);
  if (fields === null) return quarantined("not-json", raw, salvagedClaim(text));
  const { hash, sealed_body: sealedText, ...rest } = fields;
  const provenHash = provenHashOf(rest, hash);
  const refuse = (reason: QuarantineReason) =>
    quarantined(reason, raw, claimOf(fields), provenHash);

  if (!wireEvent.Check(fields) || !areStorable(fields)) return refuse("schema");
  if (fields.station !== station) return refuse("another-station");
  if (provenHash === null) return refuse("hash-mismatch");
  if (text.includes(ZERO_ESCAPE) && !isStorableText(rest)) return refuse("unstorable-text");
  const sealedBody = bodyOf(sealedText);
  if (sealedBody !== null && bodyHash(sealedBody) !== fields.body_hash) {
    return refuse("body-mismatch");
  }
  if (!isKnownEventType(fields.type)) return refuse("unknown-type");
  const event = { header: fields, hash: provenHash, sealedBody, extra: extraOf(rest), raw };
  return { kind: "valid", event };
}

/** The same line, kept for review. */
export function heldBack(event: ValidEvent, reason: QuarantineReason): QuarantinedLine {
  const { event_id: eventId, instance, seq } = event.header;
  return { reason, claim: { eventId, instance, seq }, provenHash: event.hash, raw: event.raw };
}

function quarantined(
  reason: QuarantineReason,
  raw: Uint8Array,
  claim: Claim,
  provenHash: string | null = null,
): Judged {
  return { kind: "quarantined", line: { reason, claim, provenHash, raw } };
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function provenHashOf(header: Fields, hash: unknown): string | null {
  if (!hashText.Check(hash)) return null;
  const text = canonicalText(header);
  return text !== null && eventHash(text) === hash ? hash : null;
}

/** Null for what has no canonical form: numbers beyond IEEE 754 and broken text. */
function canonicalText(header: Fields): string | null {
  try {
    return canonicalize(header) ?? null;
  } catch {
    return null;
  }
}

/** Whole numbers of the schema may still be larger than any column. */
function areStorable(event: { readonly seq: number; readonly policy_version: number }): boolean {
  return Number.isSafeInteger(event.seq) && Number.isSafeInteger(event.policy_version);
}

function isStorableText(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("\0");
  if (Array.isArray(value)) return value.every(isStorableText);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, item]) => isStorableText(key) && isStorableText(item));
}

function bodyOf(sealedText: unknown): Buffer | null {
  return typeof sealedText === "string" ? Buffer.from(sealedText, "base64") : null;
}

function extraOf(header: Fields): Fields | null {
  if (Object.keys(header).length === headerFields.length) return null;
  const unknown = Object.entries(header).filter(([key]) => !headerFields.includes(key));
  return Object.fromEntries(unknown);
}

function claimOf(fields: Fields): Claim {
  const { event_id: eventId, instance, seq } = fields;
  return {
    eventId: uuid.Check(eventId) ? eventId : null,
    instance: uuid.Check(instance) ? instance : null,
    seq: typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 1 ? seq : null,
  };
}

/** A torn line still names its event in most cases, and only a named event can be answered. */
function salvagedClaim(text: string): Claim {
  const read = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null;
  const seq = read(/"seq":\s*([1-9]\d{0,14})\b/);
  const id = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";
  return {
    eventId: read(new RegExp(`"event_id":\\s*"${id}"`)),
    instance: read(new RegExp(`"instance":\\s*"${id}"`)),
    seq: seq === null ? null : Number(seq),
  };
}
