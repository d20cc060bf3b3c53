import type { Credential, PartialDate } from "#core/credential.ts";
import type { Direction, EntryFlag, LaneDirection } from "#core/entry.ts";
import { matchHolder, standingOf } from "#core/health-certificate.ts";
import type {
  CertificateStanding,
  HealthCertificate,
  HolderMatch,
} from "#core/health-certificate.ts";
import type { DamageReason, ForeignReason, Recognized } from "#core/recognize.ts";
import type { Rules } from "#core/rules.ts";

/** An earlier passage of the same person at this station. */
export type EarlierPassage = {
  readonly direction: Direction;
  readonly atMs: number;
  /** Time since then; by the monotonic clock within one boot, so that a wall clock that jumps changes nothing. */
  readonly agoMs: number;
};

/** Whoever passed this lane last: to whom a health certificate belongs that is shown next. */
export type PersonHere = {
  /** Event of the passage. */
  readonly entryId: string;
  readonly name: string | null;
  readonly birthDate: PartialDate | null;
  /** By the monotonic clock. */
  readonly agoMs: number;
};

/** The facts gathered before a decision. */
export type Situation = {
  readonly laneDirection: LaneDirection;
  /** Local day at the station, `2026-11-24`, for cards with a last day. */
  readonly today: string;
  /** Time since this lane read the very same code; null: not lately. */
  readonly sameCodeAgoMs: number | null;
  /** The person's last entry that was not undone; null: none known here. */
  readonly lastEntry: EarlierPassage | null;
  /** True when the person is inside by this station's presence. */
  readonly isInside: boolean;
  readonly insideCount: number;
  /** Number of the case that watches this person; null: nobody does. */
  readonly watchedCase: string | null;
  /** Gathered for an attachment only; null: nobody passed this lane since the start. */
  readonly personHere: PersonHere | null;
};

/** Why an accepted entry is shown as a notice instead of plain in or out. */
export type EntryNotice =
  "expired" | "not-yet-valid" | "already-inside" | "over-capacity" | "opaque-code";

/** What to do about one scan. Everything but `swallowed` and `repeat` leaves an event in the book. */
export type Decision =
  | { readonly kind: "unread"; readonly reason: DamageReason | ForeignReason }
  | { readonly kind: "stop"; readonly caseNumber: string }
  | { readonly kind: "swallowed" }
  | { readonly kind: "repeat"; readonly earlier: EarlierPassage }
  | { readonly kind: "refused"; readonly reason: "refused-expired" }
  | AttachedCertificate
  | AcceptedEntry;

export type AcceptedEntry = {
  readonly kind: "entry";
  readonly direction: Direction;
  /** `assumed` when an `auto` lane toggled on presence. */
  readonly directionKnown: "seen" | "assumed";
  readonly flags: readonly EntryFlag[];
  readonly notice: EntryNotice | null;
};

/** A health certificate laid beside the person who passed last: no entry, and no judgement about the entry. */
export type AttachedCertificate = {
  readonly kind: "attached";
  readonly entryId: string;
  readonly certificate: HealthCertificate;
  readonly standing: CertificateStanding;
  readonly holder: HolderMatch;
};

/** A certificate is shown right after the card; later it may be the next person's. */
const ATTACH_WITHIN_MS = 60_000;

/**
 * The rules of the door, in the order of design/03: unreadable, watch list, the same code again, the same person
 * again, the lane's direction, notices of policy. Pure: facts in, decision out.
 */
export function decide(recognized: Recognized, situation: Situation, rules: Rules): Decision {
  if (recognized.kind === "attachment") return decideAttachment(recognized, situation, rules);
  if (recognized.kind !== "recognized") return { kind: "unread", reason: recognized.reason };
  if (situation.watchedCase !== null) return { kind: "stop", caseNumber: situation.watchedCase };
  if (isWithin(situation.sameCodeAgoMs, rules.swallowMs)) return { kind: "swallowed" };
  const earlier = repeatedPassage(situation, rules);
  if (earlier !== null) return { kind: "repeat", earlier };
  return decideEntry(recognized.credential, situation, rules);
}

/** The entry itself, when the person insists after a repeat: an exit, marked as forced. */
export function forcedExit(credential: Credential, situation: Situation): AcceptedEntry {
  const flags: EntryFlag[] = ["repeat-forced", ...cardFlags(credential, situation.today)];
  if (!situation.isInside) flags.push("no-entry-seen");
  return { kind: "entry", direction: "out", directionKnown: "seen", flags, notice: null };
}

function decideAttachment(
  { certificate, reason }: Extract<Recognized, { kind: "attachment" }>,
  { personHere, sameCodeAgoMs }: Situation,
  rules: Rules,
): Decision {
  if (isWithin(sameCodeAgoMs, rules.swallowMs)) return { kind: "swallowed" };
  if (personHere === null || !isWithin(personHere.agoMs, ATTACH_WITHIN_MS)) {
    return { kind: "unread", reason };
  }
  return {
    kind: "attached",
    entryId: personHere.entryId,
    certificate,
    standing: standingOf(certificate),
    holder: matchHolder(certificate, personHere),
  };
}

function decideEntry(credential: Credential, situation: Situation, rules: Rules): Decision {
  const direction = directionFor(situation);
  const card = cardFlags(credential, situation.today);
  if (direction === "in" && card.includes("expired") && rules.expiredCard === "refuse") {
    return { kind: "refused", reason: "refused-expired" };
  }
  const flags = [...card, ...passageFlags(direction, situation, rules)];
  return {
    kind: "entry",
    direction,
    directionKnown: situation.laneDirection === "auto" ? "assumed" : "seen",
    flags,
    notice: noticeFor(direction, flags),
  };
}

function repeatedPassage(situation: Situation, rules: Rules): EarlierPassage | null {
  const last = situation.lastEntry;
  if (last === null || !isWithin(last.agoMs, rules.repeatWindowMs)) return null;
  const lane = situation.laneDirection;
  return lane === "auto" || lane === last.direction ? last : null;
}

/** Negative times come from a wall clock set back between two boots: not "just now", so not within. */
function isWithin(agoMs: number | null, windowMs: number): boolean {
  return agoMs !== null && agoMs >= 0 && agoMs < windowMs;
}

function directionFor(situation: Situation): Direction {
  if (situation.laneDirection !== "auto") return situation.laneDirection;
  return situation.isInside ? "out" : "in";
}

function cardFlags(credential: Credential, today: string): readonly EntryFlag[] {
  const flags: EntryFlag[] = [];
  if (credential.documentKind === "opaque") flags.push("opaque-code");
  if (isAfter(today, credential.validTo)) flags.push("expired");
  if (isBefore(today, credential.validFrom)) flags.push("not-yet-valid");
  const warnings = credential.warnings;
  if (warnings.includes("name-needs-checking")) flags.push("name-needs-checking");
  if (warnings.includes("unverified-signature")) flags.push("unverified-signature");
  if (warnings.includes("number-masked")) flags.push("number-masked");
  return flags;
}

/** A date that stops early covers all its days: a card valid to `2026` is good on 31 December. */
function isAfter(today: string, lastDay: string | null): boolean {
  return lastDay !== null && today.slice(0, lastDay.length) > lastDay;
}

function isBefore(today: string, firstDay: string | null): boolean {
  return firstDay !== null && today.slice(0, firstDay.length) < firstDay;
}

function passageFlags(
  direction: Direction,
  situation: Situation,
  rules: Rules,
): readonly EntryFlag[] {
  if (direction === "out") return situation.isInside ? [] : ["no-entry-seen"];
  const flags: EntryFlag[] = [];
  if (situation.isInside) flags.push("no-exit-seen");
  const isFull = rules.capacity !== null && situation.insideCount >= rules.capacity;
  if (isFull && !situation.isInside) flags.push("over-capacity");
  return flags;
}

/** The one notice that is said aloud, most important first. An exit is never held up by a notice about the card. */
function noticeFor(direction: Direction, flags: readonly EntryFlag[]): EntryNotice | null {
  if (direction === "in") {
    if (flags.includes("expired")) return "expired";
    if (flags.includes("not-yet-valid")) return "not-yet-valid";
    if (flags.includes("no-exit-seen")) return "already-inside";
    if (flags.includes("over-capacity")) return "over-capacity";
  }
  return flags.includes("opaque-code") ? "opaque-code" : null;
}
