import type { NoticeReason, VerdictKind, VerdictView } from "#contract/bridge.ts";
import type { Credential } from "#core/credential.ts";
import type { AttachedCertificate } from "#core/decide.ts";
import type { DecidedScan, TakenScan } from "#main/decided-scan.ts";
import { maskNumber, shortName } from "#core/vietnamese.ts";

/** What the screen may know about a decided scan: a short name, a masked number, never a code. */
export function verdictView(facts: DecidedScan): VerdictView {
  const { decision } = facts;
  const base = baseView(facts);
  switch (decision.kind) {
    case "unread":
      return { ...base, kind: "unknown", reason: decision.reason };
    case "refused":
      return { ...base, kind: "notice", reason: decision.reason };
    case "stop":
      return {
        ...base,
        kind: "stop",
        reason: "watch-list",
        recorded: true,
        caseNumber: decision.caseNumber,
      };
    case "repeat":
      return {
        ...base,
        kind: "notice",
        reason: "repeat",
        earlierAtMs: decision.earlier.atMs,
        earlierDirection: decision.earlier.direction,
      };
    case "attached":
      return facts.shown === null ? base : attachedView(base, facts.shown, decision);
    case "entry":
      return {
        ...base,
        kind: entryKind(decision.notice, decision.direction),
        reason: decision.notice,
        recorded: true,
        direction: decision.direction,
        earlierAtMs: earlierOf(facts),
        earlierDirection: earlierOf(facts) === null ? null : "in",
        noEntrySeen: decision.flags.includes("no-entry-seen"),
        nameNeedsChecking: decision.flags.includes("name-needs-checking"),
      };
  }
}

/** The person's verdict stays, with the certificate beside it; a doubtful certificate makes it a notice. */
function attachedView(
  { number, atMs }: VerdictView,
  shown: VerdictView,
  { certificate, standing, holder }: AttachedCertificate,
): VerdictView {
  const doubt = doubtOf(standing, holder);
  const { kind: about, on } = certificate.event;
  const counts =
    certificate.event.kind === "vaccination" ? certificate.event : { dose: null, doses: null };
  return {
    ...shown,
    number,
    atMs,
    kind: doubt === null ? shown.kind : "notice",
    reason: doubt ?? shown.reason,
    certificate: { standing, holder, about, on, dose: counts.dose, doses: counts.doses },
  };
}

function doubtOf(
  standing: AttachedCertificate["standing"],
  holder: AttachedCertificate["holder"],
): NoticeReason | null {
  if (standing !== "valid") return `certificate-${standing}`;
  return holder === "other" ? "certificate-other-person" : null;
}

/** The disk refused: never a green, and the guard writes on paper. */
export function notSavedView(facts: TakenScan): VerdictView {
  return { ...baseView(facts), kind: "unknown", reason: "not-saved" };
}

function entryKind(notice: NoticeReason | null, direction: "in" | "out"): VerdictKind {
  return notice === null ? direction : "notice";
}

/** Since when the person has been inside: for "Ở trong 1 giờ 22 phút" and for "already inside". */
function earlierOf(facts: DecidedScan): number | null {
  const { isInside, lastEntry } = facts.situation;
  return isInside && lastEntry?.direction === "in" ? lastEntry.atMs : null;
}

/** A verdict about nobody, of no kind yet: what every view begins with. */
export function emptyView(number: number, atMs: number, lane: string): VerdictView {
  return {
    number,
    kind: "unknown",
    reason: null,
    recorded: false,
    direction: null,
    name: null,
    maskedNumber: null,
    atMs,
    earlierAtMs: null,
    earlierDirection: null,
    validTo: null,
    noEntrySeen: false,
    nameNeedsChecking: false,
    caseNumber: null,
    lane,
  };
}

function baseView(facts: TakenScan): VerdictView {
  const credential = credentialOf(facts);
  return {
    ...emptyView(facts.verdictNumber, facts.scan.atMs, facts.lane.name),
    name: credential?.name ? shortName(credential.name) : null,
    maskedNumber: credential?.number ? maskNumber(credential.number) : null,
    validTo: credential?.validTo ?? null,
  };
}

function credentialOf(facts: TakenScan): Credential | null {
  return facts.recognized.kind === "recognized" ? facts.recognized.credential : null;
}
