import canonicalize from "canonicalize";
import type { WireEvent } from "#contract/wire.ts";

/**
 * The canonical text (RFC 8785) of a header without unknown fields, at a quarter of the general way's cost: the names
 * are known and stand in their order here, and JSON.stringify writes values as the RFC asks. Null when it cannot say.
 */
export function knownHeaderText(event: WireEvent): string | null {
  const details = sorted(event.details);
  if (details === null) return null;
  const text = JSON.stringify({
    body_hash: event.body_hash,
    boot_id: event.boot_id,
    details,
    direction: event.direction,
    direction_known: event.direction_known,
    document_kind: event.document_kind,
    event_id: event.event_id,
    flags: event.flags,
    gate: event.gate,
    instance: event.instance,
    lane: event.lane,
    mono_ms: event.mono_ms,
    offset_error_ms: event.offset_error_ms,
    offset_ms: event.offset_ms,
    place: event.place,
    policy_version: event.policy_version,
    prev_hash: event.prev_hash,
    seq: event.seq,
    station: event.station,
    type: event.type,
    wall_ms: event.wall_ms,
  });
  return text.includes(SURROGATE_ESCAPE) ? null : text;
}

/** The canonical text of any object. Null for what has none: numbers beyond IEEE 754 and broken text. */
export function canonicalText(value: Readonly<Record<string, unknown>>): string | null {
  try {
    return canonicalize(value) ?? null;
  } catch {
    return null;
  }
}

const STARTS_WITH_DIGIT = /^\d/;
/** How JSON.stringify writes half of a pair, which RFC 8785 refuses. */
const SURROGATE_ESCAPE = "\\ud";

/** Null for names that objects keep in another order than the RFC's: whole numbers. */
function sorted(details: WireEvent["details"]): WireEvent["details"] | null {
  const names = Object.keys(details);
  if (names.some((name) => STARTS_WITH_DIGIT.test(name))) return null;
  if (names.length < 2) return details;
  return Object.fromEntries(names.toSorted().map((name) => [name, details[name] ?? ""]));
}
