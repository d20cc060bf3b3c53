/**
 * Station ↔ screen. The screen is told; it never decides. One typed bridge for both shells: Electron's IPC and the
 * browser shell's WebSocket carry the same text frames.
 */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";
import { TypedBurst } from "#contract/typed-burst.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { ChipFault } from "#core/chip/read-chip.ts";
import type { PartialDate } from "#core/credential.ts";
import type { CertificateStanding, HealthEvent, HolderMatch } from "#core/health-certificate.ts";
import type { DamageReason, ForeignReason } from "#core/recognize.ts";
import type { Direction, LaneDirection } from "#core/entry.ts";
import type { ScannerFinding } from "#core/scanner-test.ts";
import type { TestCodeName } from "#core/scanner-test-codes.ts";

/** The five classes that a guard must tell apart without reading. */
export type VerdictKind = "in" | "out" | "notice" | "unknown" | "stop";

/** Why a notice is a notice. */
export type NoticeReason =
  | "repeat"
  | "already-inside"
  | "expired"
  | "not-yet-valid"
  | "over-capacity"
  | "opaque-code"
  | "refused-expired"
  | "certificate-invalid"
  | "certificate-unknown-signer"
  | "certificate-out-of-date"
  | "certificate-other-person";

/** A health certificate beside the person who passed last. */
export type CertificateView = {
  readonly standing: CertificateStanding;
  readonly holder: HolderMatch;
  readonly about: HealthEvent["kind"];
  /** Day of the vaccination, test or recovery. */
  readonly on: PartialDate | null;
  readonly dose: number | null;
  readonly doses: number | null;
};

/** What a code of the test sheet says about the scanner that read it. */
export type ScannerTestView = {
  readonly code: TestCodeName;
  /** What has to be set right first; empty: this code arrived as it was printed. */
  readonly findings: readonly ScannerFinding[];
  /** Codes of the sheet that this lane has lately read without a fault, this one included. */
  readonly passed: number;
  readonly total: number;
};

/** What the chip of a card has shown. */
export type ChipView =
  /** Nobody passed just before. */
  | { readonly kind: "alone" }
  | { readonly kind: "unread"; readonly reason: ChipFault }
  | {
      readonly kind: "checked";
      /** Whether the issuer signed it: `unknown-signer` where the trust list does not say. */
      readonly standing: "valid" | "unknown-signer" | "invalid";
      /** Whether it is the person whose code was read. */
      readonly holder: HolderMatch;
    };

/** What the screen shows for one scan. Names are short, numbers masked; never a raw code. */
export type VerdictView = {
  /** Grows by one with every verdict of this run; the screen ignores what is older than what it shows. */
  readonly number: number;
  readonly kind: VerdictKind;
  readonly reason:
    | NoticeReason
    | DamageReason
    | ForeignReason
    | "not-saved"
    | "watch-list"
    | "scanner-test"
    | "chip"
    | null;
  /** True only after the entry is durable. */
  readonly recorded: boolean;
  readonly direction: Direction | null;
  readonly name: string | null;
  readonly maskedNumber: string | null;
  readonly atMs: number;
  /** Since when the person was inside (out verdicts), or the earlier passage (repeat, already-inside). */
  readonly earlierAtMs: number | null;
  readonly earlierDirection: Direction | null;
  /** Last day of validity as printed in words by the screen, for `expired`. */
  readonly validTo: string | null;
  /** True when an exit has no entry before it. */
  readonly noEntrySeen: boolean;
  readonly nameNeedsChecking: boolean;
  /** Number of the case behind a stop, without its reason. */
  readonly caseNumber: string | null;
  readonly lane: string;
  /** Only where the scan was a health certificate of the person named here, whose passage `direction` tells. */
  readonly certificate?: CertificateView;
  /** Only where a chip was laid on a reader. */
  readonly chip?: ChipView;
  /** Only with the reason `scanner-test`: nobody came, nothing is recorded. */
  readonly scannerTest?: ScannerTestView;
};

/** A line of "Vừa quét". */
export type RecentView = {
  readonly eventId: string;
  readonly kind: VerdictKind;
  readonly name: string | null;
  readonly direction: Direction | null;
  readonly atMs: number;
  readonly undone: boolean;
};

/** The sounds of a lane: two lanes at one gate can be told apart by ear. */
export type LaneSound = "normal" | "low" | "high";

/** What a scanner has done since the program started. */
export type ScannerCounts = {
  /** Codes that were read, also those that nobody can use. */
  readonly scans: number;
  /** The same code again within seconds, and reports that came twice. */
  readonly repeated: number;
  /** Pulled, or lost on the way, in the middle of a code. */
  readonly torn: number;
  /** Longer than any code can be. */
  readonly oversize: number;
  /** Bytes that are no code: a wrong line speed, a bad cable. */
  readonly noise: number;
  /** Reports that are no scan. */
  readonly ignored: number;
  /** Codes with control chords or function keys in them, typed by a keyboard wedge. */
  readonly commands: number;
  /** How often it went away. */
  readonly lost: number;
};

export type ScannerView = {
  readonly lane: string;
  /** What people at this gate call it; null: it is numbered. */
  readonly label: string | null;
  readonly sound: LaneSound;
  readonly direction: LaneDirection;
  /** As configured, or maker and model of a scanner that was found. */
  readonly driver: string;
  readonly state: "waiting" | "alive" | "lost";
  readonly sinceMs: number;
  readonly lastScanAtMs: number | null;
  /** True when an input method wrote into the last scan of a keyboard wedge; absent elsewhere. */
  readonly isDisturbed?: boolean;
  /** For `lost`: what the guard can do about it. */
  readonly trouble: "unplugged" | "busy" | "no-permission" | "not-found" | "failed" | null;
  /** For `busy`: the program that holds it, where the system tells. */
  readonly holder: string | null;
  /** For `lost`: the guard has heard of it, and the alarm is quiet. */
  readonly isSilenced: boolean;
  readonly counts: ScannerCounts;
};

export type NetworkView = {
  readonly state: "online" | "offline" | "connecting" | "not-enrolled" | "refused";
  readonly sinceMs: number;
  /** For `refused`: the code to read out to the province, such as `station-revoked`. */
  readonly code: string | null;
  readonly pending: number;
  readonly oldestPendingMs: number | null;
};

/** Everything a screen shows besides verdicts. Sent whole at every change, at most five times a second. */
export type StatusView = {
  readonly nowMs: number;
  readonly placeName: string;
  readonly gateName: string;
  readonly insideCount: number;
  readonly scanners: readonly ScannerView[];
  readonly network: NetworkView;
  /** True from a failed commit until the next one that succeeds. */
  readonly commitFailing: boolean;
  /** Server minus wall clock; null until the server was met. */
  readonly clockOffsetMs: number | null;
  readonly diskFreeBytes: number | null;
  /** What the station obeys: only an `active` one takes scans. */
  readonly order: ObeyedOrder;
};

/** What main pushes. */
export type ScreenEvents = {
  verdict(view: VerdictView): void;
  status(view: StatusView): void;
  recent(views: readonly RecentView[]): void;
  /** The same code again within seconds: nothing to show, a soft tick. */
  swallowed(lane: string): void;
};

export type HelloScreen = {
  readonly status: StatusView;
  readonly recent: readonly RecentView[];
  readonly version: string;
  readonly shell: "electron" | "browser";
  /** Stops that nobody has acknowledged yet, oldest first, for a screen that was reloaded; absent: unknown. */
  readonly openStops?: readonly VerdictView[];
};

/** What became of an action at the screen; the reason is shown in words. */
export type ActionAnswer =
  { readonly kind: "done" } | { readonly kind: "refused"; readonly reason: RefusalReason };

/**
 * `not-read`: the station reads no keyboard scanner, or has too many scans waiting. `held`: the province lets it record
 * nothing new.
 */
export type RefusalReason = "nothing-to-undo" | "too-late" | "not-saved" | "not-read" | "held";

/** One key can end two scans, and each may have left out command keys. */
const MAX_TYPED_BURSTS = 4;

/** What the screen may ask. Arguments are checked against {@link stationCallSchemas} before anybody acts. */
export type StationCalls = {
  /** First call of a screen: everything needed to paint. */
  hello(): HelloScreen;
  /** F4: takes back the newest entry of this station that is at most two minutes old, by a new event. */
  undoLast(): ActionAnswer;
  /** F6: what the guard wants the lane to do from now on. */
  setDirection(lane: string, direction: LaneDirection): ActionAnswer;
  /** F6 while a repeat is shown: the person insists on leaving; records an exit. */
  recordRepeatAsExit(verdictNumber: number): ActionAnswer;
  /** F9: what was done about a stop. */
  acknowledgeStop(
    verdictNumber: number,
    outcome: "let-in" | "turned-away" | "mistaken",
  ): ActionAnswer;
  /** F9 without a stop: the guard knows of the scanners that are lost now. */
  silenceAlarm(): ActionAnswer;
  /** What a keyboard-wedge scanner typed into a page whose shell does not see the keys itself. */
  takeTyped(bursts: readonly TypedBurst[]): ActionAnswer;
};

/** One TypeBox schema of the argument tuple for each call; also the allow-list of names. */
export const stationCallSchemas = {
  hello: Type.Tuple([]),
  undoLast: Type.Tuple([]),
  setDirection: Type.Tuple([
    Type.String({ maxLength: 64 }),
    Type.Union([Type.Literal("in"), Type.Literal("out"), Type.Literal("auto")]),
  ]),
  recordRepeatAsExit: Type.Tuple([Type.Integer({ minimum: 0 })]),
  acknowledgeStop: Type.Tuple([
    Type.Integer({ minimum: 0 }),
    Type.Union([Type.Literal("let-in"), Type.Literal("turned-away"), Type.Literal("mistaken")]),
  ]),
  silenceAlarm: Type.Tuple([]),
  takeTyped: Type.Tuple([Type.Array(TypedBurst, { minItems: 1, maxItems: MAX_TYPED_BURSTS })]),
} as const satisfies Record<keyof StationCalls, TSchema>;
export type StationCallArguments<Name extends keyof StationCalls> = Static<
  (typeof stationCallSchemas)[Name]
>;

/** Names of the events, for the transport. */
export const screenEventNames = [
  "verdict",
  "status",
  "recent",
  "swallowed",
] as const satisfies readonly (keyof ScreenEvents)[];

/** A duplex channel of text frames: the only thing that a shell has to offer. */
export type TextChannel = {
  send(frame: string): void;
  onFrame(listener: (frame: string) => void): void;
};

/** Why the station did not answer a call. Nothing else crosses the bridge: no text, no stack, no SQL. */
export type BridgeErrorCode = "unknown-call" | "bad-argument" | "internal";
