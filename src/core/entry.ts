import type { DocumentKind } from "#core/credential.ts";

export type Direction = "in" | "out";

/** How a lane decides the direction: fixed, or toggled by presence. */
export type LaneDirection = Direction | "auto";

/** What an event in the entry book is about. Unknown types are kept by the server in quarantine. */
export type EventType =
  | "entry"
  | "unread"
  | "stop"
  | "attachment"
  | "undo"
  | "correction"
  | "clock-jump"
  | "mode"
  | "heartbeat"
  | "instance-start";

/** Facts about an entry that an officer or a statistic must know. */
export type EntryFlag =
  | "no-entry-seen"
  | "no-exit-seen"
  | "expired"
  | "not-yet-valid"
  | "name-needs-checking"
  | "opaque-code"
  | "repeat-forced"
  | "over-capacity"
  | "declaration-due"
  | "unverified-signature"
  | "number-masked"
  | "clock-doubtful";

/**
 * What goes into the entry book, before the book gives it its number. Field names are those of the wire
 * (docs/formats/wire.md), because the header is hashed and signed exactly as it is sent.
 */
export type EventDraft = {
  /** UUIDv7, made at the scan; the idempotency key for ever. */
  readonly eventId: string;
  readonly type: EventType;
  readonly wallMs: number;
  readonly monoMs: number;
  readonly bootId: string;
  /** Server minus station wall clock in milliseconds, and its error, when this boot has met the server. */
  readonly offsetMs: number | null;
  readonly offsetErrorMs: number | null;
  readonly lane: string;
  readonly direction: Direction | null;
  /** `seen`: the lane or a person decided; `assumed`: toggled on presence. */
  readonly directionKnown: "seen" | "assumed" | null;
  readonly documentKind: DocumentKind | null;
  readonly flags: readonly EntryFlag[];
  readonly policyVersion: number;
  /** Facts without personal data: reason of an unread, the event an undo is about … */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** HPKE-sealed personal fields; null when the event has none. */
  readonly sealedBody: Uint8Array | null;
  /** What the guard may still read on this station for some hours; never uploaded. */
  readonly readable: ReadablePerson | null;
};

/** The readable copy of a person at the station: encrypted at rest, deleted after hours. */
export type ReadablePerson = {
  /** Keyed hash (hex) of the identity under the station's own key; joins entries of one person on this station. */
  readonly personKey: string;
  readonly name: string | null;
  readonly foldedName: string | null;
  readonly maskedNumber: string | null;
  readonly birthYear: string | null;
};

/** Whose book it is: given at enrolment, part of every header. */
export type BookOwner = { readonly station: string; readonly place: string; readonly gate: string };

/**
 * The header of an event with the field names of the wire: everything but the sealed body and the hash. It is hashed,
 * stored and sent as one canonical text. The schema is `EventHeader` in src/contract/wire.ts.
 */
export type EventHeader = {
  event_id: string;
  station: string;
  instance: string;
  seq: number;
  boot_id: string;
  mono_ms: number;
  wall_ms: number;
  offset_ms: number | null;
  offset_error_ms: number | null;
  type: string;
  place: string;
  gate: string;
  lane: string;
  direction: string | null;
  direction_known: string | null;
  document_kind: string | null;
  flags: string[];
  policy_version: number;
  details: Record<string, string | number | boolean>;
  body_hash: string | null;
  prev_hash: string;
};

/** The hash chain as the book needs it; src/sealing/chain.ts keeps the promise on both sides of the wire. */
export type EventChain = {
  /** `prev_hash` of the first event of an instance. */
  readonly genesis: string;
  headerText(header: EventHeader): string;
  eventHash(text: string): string;
  bodyHash(sealedBody: Uint8Array): string;
};

/** Where an event stands in its instance. */
export type BookPosition = {
  readonly instance: string;
  readonly seq: number;
  readonly prevHash: string;
};

/** A draft at its place in the book, as it will be hashed and sent. */
export function headerOf(
  draft: EventDraft,
  owner: BookOwner,
  position: BookPosition,
  bodyHash: string | null,
): EventHeader {
  return {
    event_id: draft.eventId,
    station: owner.station,
    instance: position.instance,
    seq: position.seq,
    boot_id: draft.bootId,
    mono_ms: draft.monoMs,
    wall_ms: draft.wallMs,
    offset_ms: draft.offsetMs,
    offset_error_ms: draft.offsetErrorMs,
    type: draft.type,
    place: owner.place,
    gate: owner.gate,
    lane: draft.lane,
    direction: draft.direction,
    direction_known: draft.directionKnown,
    document_kind: draft.documentKind,
    flags: [...draft.flags],
    policy_version: draft.policyVersion,
    details: { ...draft.details },
    body_hash: bodyHash,
    prev_hash: position.prevHash,
  };
}
