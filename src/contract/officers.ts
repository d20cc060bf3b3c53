/**
 * What officers' and other systems' programs ask of the province about itself, `/v1/officers`: users, places, the fleet,
 * the feed, the inbox. Questions about persons are in tracing.ts.
 */
import { Type } from "typebox";
import type { TSchema } from "typebox";

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Texts = Type.Array(Text);
const Millis = Type.Integer();
const Next = Nullable(Text);

const Role = Type.Object({
  role: Text,
  scope: Type.Union([Type.Literal("province"), Type.Literal("commune"), Type.Literal("place")]),
  commune: Type.Optional(Text),
  place: Type.Optional(Text),
});
const User = Type.Object({ user: Text, name: Text, roles: Type.Array(Role) });

/** `GET me`. */
export const SelfAnswer = Type.Object({ ...User.properties, rights: Texts });

/** `GET users`. */
export const UserList = Type.Object({
  users: Type.Array(Type.Object({ ...User.properties, kind: Text, is_revoked: Type.Boolean() })),
});

/** `GET communes`: those of today, and what each was made of. */
export const CommuneList = Type.Object({
  communes: Type.Array(
    Type.Object({
      commune: Text,
      name: Text,
      former: Type.Array(Type.Object({ name: Text, district: Text, province: Text })),
    }),
  ),
});

const Place = Type.Object({
  place: Text,
  name: Text,
  type: Nullable(Text),
  address: Nullable(Text),
  commune: Nullable(Text),
  commune_name: Nullable(Text),
  state: Type.Union([Type.Literal("pending"), Type.Literal("approved"), Type.Literal("rejected")]),
  short_code: Nullable(Text),
  /** Minutes of the day; days 1 (Monday) to 7; `to` beyond 1440 is the next day's. */
  opening_hours: Nullable(
    Type.Array(
      Type.Object({ days: Type.Array(Type.Integer()), from: Type.Integer(), to: Type.Integer() }),
    ),
  ),
  retention_days: Nullable(Type.Integer()),
  questions: Texts,
  made_at_ms: Millis,
  decided_by: Nullable(Text),
  decided_at_ms: Nullable(Millis),
  decision_note: Nullable(Text),
});

/** `GET places`, by id. */
export const PlaceList = Type.Object({ places: Type.Array(Place), next: Next });

/** `GET places/:place`; whom to call only for those who may change it. */
export const PlaceView = Type.Object({
  ...Place.properties,
  owner_name: Type.Optional(Nullable(Text)),
  owner_phone: Type.Optional(Nullable(Text)),
  zones: Texts,
  gates: Type.Array(
    Type.Object({
      gate: Text,
      name: Text,
      zone: Nullable(Text),
      lanes: Type.Array(Type.Object({ lane: Text, direction: Text })),
      stations: Texts,
    }),
  ),
  adopted_codes: Texts,
});

/** `POST places/:place/approve` and `/reject`. */
export const PlaceDecision = Type.Object({
  place: Text,
  state: Type.Union([Type.Literal("approved"), Type.Literal("rejected")]),
});

/** `POST places/:place/approve`: a word for the owner may be left out. */
export const PlaceApproval = Type.Object({ note: Type.Optional(Type.String({ maxLength: 500 })) });

/** Whatever is rejected, closed, granted or refused: why. */
export const NoteRequest = Type.Object({ note: Type.String({ minLength: 1, maxLength: 500 }) });

/** `POST places/:place/codes`: the code of an earlier site's poster, sign by sign. */
export const CodeAdoption = Type.Object({ code: Type.String({ minLength: 1, maxLength: 4_296 }) });
export const CodeAdopted = Type.Object({ place: Text, code: Text, new: Type.Boolean() });

/** `GET unknown-codes`: seen, and nobody's. */
export const UnknownCodes = Type.Object({
  codes: Type.Array(
    Type.Object({
      code: Text,
      times: Type.Integer(),
      first_seen_at_ms: Millis,
      last_seen_at_ms: Millis,
    }),
  ),
});

/** `GET feedback`, oldest first; name and telephone for the whole province alone. */
export const FeedbackList = Type.Object({
  messages: Type.Array(
    Type.Object({
      ticket: Text,
      category: Text,
      place: Nullable(Text),
      received_at_ms: Millis,
      closed_at_ms: Nullable(Millis),
      closed_by: Nullable(Text),
      closing_note: Nullable(Text),
      text: Nullable(Text),
      name: Type.Optional(Nullable(Text)),
      phone: Type.Optional(Nullable(Text)),
    }),
  ),
  next: Next,
});
export const FeedbackClosed = Type.Object({ ticket: Text, state: Type.Literal("closed") });

/** `GET fleet`. */
export const FleetAnswer = Type.Object({
  at: Text,
  stations: Type.Array(
    Type.Object({
      station: Text,
      place: Text,
      place_name: Text,
      gate: Text,
      gate_name: Text,
      state: Text,
      app_version: Text,
      last_hello_at: Nullable(Text),
      pending: Nullable(Type.Integer()),
      oldest_pending_at: Nullable(Text),
      clock_offset_ms: Nullable(Type.Integer()),
      disk_free_bytes: Nullable(Type.Integer()),
      scanners: Type.Array(Type.Object({ lane: Text, state: Text })),
      policy_version: Nullable(Type.Integer()),
      findings: Texts,
    }),
  ),
  gates: Type.Array(
    Type.Object({
      place: Text,
      place_name: Text,
      gate: Text,
      gate_name: Text,
      silence: Type.Union([Type.Literal("normal"), Type.Literal("closed"), Type.Literal("silent")]),
      last_entry_at: Nullable(Text),
      quiet_minutes: Type.Number(),
      expected: Nullable(Type.Number()),
    }),
  ),
});

/** `GET feed`: one line of NDJSON. */
export const FeedLine = Type.Object({
  cursor: Text,
  event_id: Text,
  place: Text,
  gate: Text,
  direction: Nullable(Text),
  document_kind: Nullable(Text),
  flags: Texts,
  corrected_at: Text,
  received_at: Text,
});
