/**
 * Station ↔ province, protocol v1: what both sides must agree on. The rules in words: docs/formats/wire.md.
 * Unknown fields are allowed everywhere, so that an old server keeps what a new station says.
 */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

/** Limits of one batch (design/04): whichever is reached first. */
export const MAX_BATCH_EVENTS = 200;
export const MAX_BATCH_BYTES = 256 * 1024;
/** Content type of a batch: one event header per line. */
export const BATCH_CONTENT_TYPE = "application/x-ndjson";

/** HTTP headers of a signed request and of its signed answer; values are base64url. */
export const STATION_HEADER = "tramqr-station";
export const SIGNATURE_HEADER = "tramqr-signature";

const Uuid = Type.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" });
const Hash = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Id = Type.String({ minLength: 1, maxLength: 64 });
const Millis = Type.Integer({ minimum: -8.64e15, maximum: 8.64e15 });
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/**
 * The header of one event: everything about an entry but the person. `hash` is SHA-256 over the domain string and the
 * canonical JSON (RFC 8785) of all other fields except `sealed_body`.
 */
export const EventHeader = Type.Object({
  event_id: Uuid,
  station: Id,
  instance: Uuid,
  seq: Type.Integer({ minimum: 1 }),
  boot_id: Id,
  mono_ms: Millis,
  wall_ms: Millis,
  offset_ms: Nullable(Millis),
  offset_error_ms: Nullable(Millis),
  type: Id,
  place: Id,
  gate: Id,
  lane: Id,
  direction: Nullable(Type.String({ maxLength: 16 })),
  direction_known: Nullable(Type.String({ maxLength: 16 })),
  document_kind: Nullable(Type.String({ maxLength: 32 })),
  flags: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }),
  policy_version: Type.Integer({ minimum: 0 }),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  body_hash: Nullable(Hash),
  prev_hash: Hash,
});
export type EventHeader = Static<typeof EventHeader>;

/** One line of a batch: header, its hash, and the sealed body in base64 (null once erased or when there is none). */
export const WireEvent = Type.Intersect([
  EventHeader,
  Type.Object({ hash: Hash, sealed_body: Nullable(Type.String({ maxLength: 16_384 })) }),
]);
export type WireEvent = Static<typeof WireEvent>;

/** Plaintext of a sealed body, opened only in the province's vault. */
export const PersonalBody = Type.Object({
  identity: Type.String({ minLength: 1, maxLength: 200 }),
  document: Nullable(Type.String({ maxLength: 64 })),
  name: Nullable(Type.String({ maxLength: 200 })),
  birth_date: Nullable(Type.String({ maxLength: 10 })),
  sex: Nullable(Type.String({ maxLength: 16 })),
  valid_to: Nullable(Type.String({ maxLength: 10 })),
});
export type PersonalBody = Static<typeof PersonalBody>;

export const EnrolmentRequest = Type.Object({
  code: Type.String({ pattern: "^[0-9]{20}$" }),
  /** Raw Ed25519 public key, base64url. */
  public_key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
  app_version: Type.String({ maxLength: 64 }),
});
export type EnrolmentRequest = Static<typeof EnrolmentRequest>;

export const WireRules = Type.Object({
  version: Type.Integer({ minimum: 0 }),
  swallow_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
  repeat_window_ms: Type.Integer({ minimum: 0, maximum: 86_400_000 }),
  expired_card: Type.Union([Type.Literal("admit"), Type.Literal("refuse")]),
  capacity: Nullable(Type.Integer({ minimum: 1 })),
  keep_extras: Type.Boolean(),
  watch_list: Type.Array(Type.Object({ identity_hash: Hash, case_number: Id }), {
    maxItems: 10_000,
  }),
});
export type WireRules = Static<typeof WireRules>;

/** The province's public keys as a station needs them. All base64url, raw. */
export const ProvinceKeys = Type.Object({
  /** X25519: bodies are sealed to it. */
  sealing_key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
  /** Ed25519: every answer is signed by it. */
  answer_key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
  /** Ed25519 keys of personal codes by key number. */
  personal_code_keys: Type.Array(
    Type.Object({ number: Type.Integer({ minimum: 0, maximum: 999 }), key: Type.String() }),
  ),
  /** HMAC key (base64url, 32 bytes) by which stations hash opaque codes and watched identities alike. */
  opaque_key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
});
export type ProvinceKeys = Static<typeof ProvinceKeys>;

export const EnrolmentAnswer = Type.Object({
  station: Id,
  place: Id,
  place_name: Type.String({ maxLength: 200 }),
  gate: Id,
  gate_name: Type.String({ maxLength: 200 }),
  province_name: Type.String({ maxLength: 200 }),
  keys: ProvinceKeys,
  rules: WireRules,
  server_time_ms: Millis,
});
export type EnrolmentAnswer = Static<typeof EnrolmentAnswer>;

/** What the province wants of a station: to work as always, to record nothing new, or also to forget everything. */
export const ProvinceOrder = Type.Union([
  Type.Literal("active"),
  Type.Literal("upload-only"),
  Type.Literal("wipe"),
]);
export type ProvinceOrder = Static<typeof ProvinceOrder>;

/** What a station does: an order that it obeys, or `wiped`, said once by a station that has forgotten everything. */
export const ObeyedOrder = Type.Union([ProvinceOrder, Type.Literal("wiped")]);
export type ObeyedOrder = Static<typeof ObeyedOrder>;

/** `POST /v1/hello`: compare heads, report health. Doubles as the heartbeat. */
export const HelloRequest = Type.Object({
  instance: Uuid,
  /** Last event in the book, 0 and 64 zeros when empty. */
  seq: Type.Integer({ minimum: 0 }),
  hash: Hash,
  /** Largest N such that the station has valid answers for all of 1 … N. */
  acknowledged_upto: Type.Integer({ minimum: 0 }),
  pending: Type.Integer({ minimum: 0 }),
  /** Wall time of the oldest event not yet acknowledged. */
  oldest_pending_ms: Nullable(Millis),
  app_version: Type.String({ maxLength: 64 }),
  boot_id: Id,
  wall_ms: Millis,
  /** Monotonic clock at the same moment: dates this boot's events from before its first hello. */
  mono_ms: Type.Optional(Millis),
  policy_version: Type.Integer({ minimum: 0 }),
  disk_free_bytes: Nullable(Type.Integer({ minimum: 0 })),
  scanners: Type.Array(
    Type.Object({
      lane: Id,
      state: Type.String({ maxLength: 16 }),
      since_ms: Millis,
      /** Why it is lost, such as `unplugged`. */
      trouble: Type.Optional(Nullable(Type.String({ maxLength: 16 }))),
      last_scan_ms: Type.Optional(Nullable(Millis)),
      /** Since the program started, such as `torn`: see docs/formats/wire.md. */
      counts: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
    }),
    { maxItems: 16 },
  ),
  /** Absent: a station of an earlier release, which obeys no order. */
  state: Type.Optional(ObeyedOrder),
  /** A new key of the station's own, proven by itself: see docs/formats/wire.md "New keys". */
  new_key: Type.Optional(
    Type.Object({
      key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
      proof: Type.String({ pattern: "^[A-Za-z0-9_-]{86}$" }),
    }),
  ),
});
export type HelloRequest = Static<typeof HelloRequest>;

/**
 * How the two heads compare. `server-ahead` and `fork` make the station begin a new instance; after `server-behind`
 * it sends again from `contiguous_upto + 1`.
 */
export const HeadComparison = Type.Union([
  Type.Literal("equal"),
  Type.Literal("station-ahead"),
  Type.Literal("server-ahead"),
  Type.Literal("server-behind"),
  Type.Literal("fork"),
]);
export type HeadComparison = Static<typeof HeadComparison>;

export const HelloAnswer = Type.Object({
  server_time_ms: Millis,
  comparison: HeadComparison,
  head_seq: Type.Integer({ minimum: 0 }),
  contiguous_upto: Type.Integer({ minimum: 0 }),
  /** Inclusive ranges of seq that the server lacks below its head; at most 100. */
  missing: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]), { maxItems: 100 }),
  /** Present when the station's rules are older than the province's. */
  rules: Type.Optional(WireRules),
  /** What the province orders; absent: to work as always. */
  state: Type.Optional(Type.Union([Type.Literal("upload-only"), Type.Literal("wipe")])),
  /** How long the guard may read back who came; absent: 12. */
  readable_hours: Type.Optional(Type.Integer({ minimum: 12, maximum: 72 })),
  /** The station is to propose a new key with its next hello. */
  wants_new_key: Type.Optional(Type.Literal(true)),
  /** The proposed key, once it counts beside the old one. */
  accepted_key: Type.Optional(Type.String({ maxLength: 64 })),
  interval_ms: Type.Integer({ minimum: 1_000, maximum: 3_600_000 }),
  /** Wait a random time up to this before the next upload, because everybody is coming back. */
  spread_hint_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
});
export type HelloAnswer = Static<typeof HelloAnswer>;

/**
 * What became of one event. All five mean "the server has it safely": the station marks the event as sent.
 * `conflict`: the id exists with another hash; `fork`: the seq exists with another id; both are kept in quarantine.
 */
export const EventAnswer = Type.Object({
  event_id: Uuid,
  result: Type.Union([
    Type.Literal("stored"),
    Type.Literal("duplicate"),
    Type.Literal("conflict"),
    Type.Literal("fork"),
    Type.Literal("quarantined"),
  ]),
  reason: Type.Optional(Type.String({ maxLength: 200 })),
});
export type EventAnswer = Static<typeof EventAnswer>;

export const BatchAnswer = Type.Object({
  server_time_ms: Millis,
  /** End of the gap-free prefix of this instance at the server, never the maximum. */
  contiguous_upto: Type.Integer({ minimum: 0 }),
  answers: Type.Array(EventAnswer, { maxItems: MAX_BATCH_EVENTS }),
});
export type BatchAnswer = Static<typeof BatchAnswer>;

/** RFC 9457 problem details; `code` is stable, `title` is for people. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  /** Fields of a form whose answers cannot be taken, each with a stable reason. */
  errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), reason: Type.String() }))),
});
export type Problem = Static<typeof Problem>;
