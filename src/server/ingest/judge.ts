import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { EventHeader, WireEvent } from "#contract/wire.ts";
import { bodyHash, eventHash } from "#sealing/chain.ts";
import { canonicalText, knownHeaderText } from "#server/ingest/canonical.ts";
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
const knownFields = new Set(Object.keys(EventHeader.properties).concat("hash", "sealed_body"));
const uuid = Compile(WireEvent.allOf[0].properties.event_id);
const hashText = Compile(Type.String({ pattern: "^[0-9a-f]{64}$" }));
/** Zero characters are valid JSON, but no text in PostgreSQL. Halves of surrogate pairs have no canonical form at all. */
const ZERO_ESCAPE = "\\u0000";

/** Judges one line of a batch that `station` has signed. Pure; never throws, whatever the bytes are. */
export function judgeLine(raw: Uint8Array, station: string): Judged {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString("utf8");
  const fields = parseObject(text);
  if (fields === null) return quarantined("not-json", raw, salvagedClaim(text));
  if (!wireEvent.Check(fields) || !areStorable(fields)) {
    return quarantined("schema", raw, claimOf(fields), provenHashOf(fields));
  }
  const extra = extraOf(fields);
  const isProven = (extra === null && isKnownProven(fields)) || provenHashOf(fields) !== null;
  const provenHash = isProven ? fields.hash : null;
  const refuse = (reason: QuarantineReason) =>
    quarantined(reason, raw, claimOf(fields), provenHash);

  if (fields.station !== station) return refuse("another-station");
  if (provenHash === null) return refuse("hash-mismatch");
  if (text.includes(ZERO_ESCAPE) && !isStorableText(fields)) return refuse("unstorable-text");
  const sealedBody = bodyOf(fields.sealed_body);
  if (sealedBody !== null && bodyHash(sealedBody) !== fields.body_hash) {
    return refuse("body-mismatch");
  }
  if (!isKnownEventType(fields.type)) return refuse("unknown-type");
  return { kind: "valid", event: { header: fields, hash: provenHash, sealedBody, extra, raw } };
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

function isKnownProven(event: WireEvent): boolean {
  const text = knownHeaderText(event);
  return text !== null && eventHash(text) === event.hash;
}

/** The general way, for lines with unknown fields or without the shape of an event. */
function provenHashOf(fields: Fields): string | null {
  const { hash, sealed_body: _, ...header } = fields;
  if (!hashText.Check(hash)) return null;
  const text = canonicalText(header);
  return text !== null && eventHash(text) === hash ? hash : null;
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

function bodyOf(sealedText: string | null): Buffer | null {
  return sealedText === null ? null : Buffer.from(sealedText, "base64");
}

function extraOf(fields: Fields): Fields | null {
  const names = Object.keys(fields);
  if (names.length === knownFields.size) return null;
  return Object.fromEntries(
    names.filter((name) => !knownFields.has(name)).map((name) => [name, fields[name]]),
  );
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
