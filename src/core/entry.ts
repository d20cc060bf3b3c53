import type { DocumentKind } from "#core/credential.ts";

export type Direction = "in" | "out";

/** How a lane decides the direction: fixed, or toggled by presence. */
export type LaneDirection = Direction | "auto";

/** What an event in the entry book is about. Unknown types are kept by the server in quarantine. */
export type EventType =
  | "entry"
  | "unread"
  | "stop"
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

/** An event as the book keeps it: numbered, chained, durable. */
export type BookEvent = EventDraft & {
  readonly station: string;
  readonly instance: string;
  readonly place: string;
  readonly gate: string;
  /** 1, 2, 3 … without a gap within the instance. */
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
};
