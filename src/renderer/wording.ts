import { chipWording } from "#renderer/chip-wording.ts";
import { scannerTestWording } from "#renderer/scanner-test-wording.ts";
import type { CertificateView, VerdictView } from "#contract/bridge.ts";
import { assertNever } from "#core/assert.ts";
import type { Direction } from "#core/entry.ts";
import { cardDate, clockSeconds, clockTime } from "#ui/format.ts";
import type { StationTexts, UnknownReason } from "#ui/texts/texts.ts";

/** A verdict in words, largest first. */
export type Wording = {
  readonly word: string;
  /** The person, or what to do; null when the word says it all. */
  readonly headline: string | null;
  /** At most three short lines. */
  readonly lines: readonly string[];
};

/** What a verdict says in a language. A stop names neither the person nor the reason: visitors read the screen too. */
export function wordingOf(view: VerdictView, texts: StationTexts): Wording {
  if (view.certificate !== undefined && view.kind !== "stop" && view.kind !== "unknown") {
    return certificateWording(view, view.certificate, texts);
  }
  if (view.chip !== undefined) return chipWording(view, view.chip, texts);
  if (view.scannerTest !== undefined) {
    return scannerTestWording(view.scannerTest, texts.scannerTest);
  }
  switch (view.kind) {
    case "in":
      return { word: texts.verdict.in, headline: personOf(view), lines: passageLines(view, texts) };
    case "out":
      return { word: texts.verdict.out, headline: personOf(view), lines: exitLines(view, texts) };
    case "notice":
      return noticeWording(view, texts);
    case "unknown": {
      const { word, action, cause } = texts.unknown[unknownReason(view, texts)];
      return { word, headline: action, lines: [cause] };
    }
    case "stop":
      return {
        word: texts.stop.word,
        headline: texts.stop.callSupervisor(view.caseNumber),
        lines: [texts.stop.howToEnd],
      };
    default:
      return assertNever(view.kind);
  }
}

/** The person's own word stays when the certificate is good; a doubtful one has its own. */
function certificateWording(
  view: VerdictView,
  certificate: CertificateView,
  texts: StationTexts,
): Wording {
  const { verdict } = texts;
  const { about, on, dose, doses, standing, holder } = certificate;
  const facts = [
    verdict.certificate.about[about],
    dose === null ? null : verdict.certificate.doses(dose, doses),
    on === null ? null : cardDate(on),
  ];
  return {
    word:
      view.kind === "notice"
        ? verdict.notice[noticeReason(view, texts)]
        : verdict[directionOf(view)],
    headline: personOf(view),
    lines: [
      facts.filter((fact) => fact !== null).join(" · "),
      verdict.certificate.standing[standing],
      verdict.certificate.holder[holder],
    ],
  };
}

function directionOf(view: VerdictView): Direction {
  return view.kind === "out" ? "out" : "in";
}

function personOf(view: VerdictView): string | null {
  return view.name ?? view.maskedNumber;
}

function passageLines(view: VerdictView, texts: StationTexts): readonly string[] {
  const at = texts.verdict.at(view.direction ?? "in", clockSeconds(view.atMs));
  return [withNumber(at, view), ...nameLine(view, texts)];
}

function exitLines(view: VerdictView, texts: StationTexts): readonly string[] {
  const { earlierAtMs, noEntrySeen } = view;
  const stayed = earlierAtMs === null ? null : texts.verdict.stayed(view.atMs - earlierAtMs);
  const at = texts.verdict.at("out", clockSeconds(view.atMs));
  const lines = [
    withNumber(at, view),
    stayed,
    noEntrySeen ? texts.verdict.noEntrySeen : null,
    ...nameLine(view, texts),
  ];
  return lines.filter((line) => line !== null);
}

function withNumber(line: string, view: VerdictView): string {
  return view.name === null || view.maskedNumber === null ? line : `${line} · ${view.maskedNumber}`;
}

function nameLine(view: VerdictView, texts: StationTexts): readonly string[] {
  return view.nameNeedsChecking ? [texts.verdict.nameNeedsChecking] : [];
}

function noticeWording(view: VerdictView, texts: StationTexts): Wording {
  const { verdict } = texts;
  const reason = noticeReason(view, texts);
  const fate = fateOf(view, texts);
  const lines = ((): readonly string[] => {
    switch (reason) {
      case "repeat":
        return repeatLines(view, texts);
      case "already-inside":
        return [verdict.alreadyInside(timeOf(view.earlierAtMs)), fate];
      case "expired":
        return [verdict.expired(view.validTo === null ? null : cardDate(view.validTo)), fate];
      case "not-yet-valid":
        return [verdict.notYetValid, fate];
      case "over-capacity":
        return [verdict.overCapacity, fate];
      case "opaque-code":
        return [verdict.opaqueCode, fate];
      case "refused-expired":
        return [
          verdict.expired(view.validTo === null ? null : cardDate(view.validTo)),
          verdict.refusedExpired,
          fate,
        ];
      case "certificate-invalid":
      case "certificate-unknown-signer":
      case "certificate-out-of-date":
      case "certificate-other-person":
        return [fate];
      default:
        return assertNever(reason);
    }
  })();
  return {
    word: verdict.notice[reason],
    headline: personOf(view),
    lines: [...lines, ...nameLine(view, texts)],
  };
}

function repeatLines(view: VerdictView, texts: StationTexts): readonly string[] {
  const { verdict } = texts;
  const direction: Direction = view.earlierDirection ?? "in";
  const earlierAtMs = view.earlierAtMs ?? view.atMs;
  const said = verdict.repeat(direction, clockTime(earlierAtMs), view.atMs - earlierAtMs);
  return direction === "in" ? [said, verdict.repeatAsExit] : [said];
}

/** Whether it was recorded is always said: nobody should have to guess. */
function fateOf(view: VerdictView, { verdict }: StationTexts): string {
  return view.recorded ? verdict.recorded(view.direction ?? "in") : verdict.notRecorded;
}

function timeOf(utcMs: number | null): string | null {
  return utcMs === null ? null : clockTime(utcMs);
}

type NoticeWordingReason = keyof StationTexts["verdict"]["notice"];

/** The contract lets any reason stand with any kind; a notice with a strange one still says that it is a notice. */
function noticeReason({ reason }: VerdictView, { verdict }: StationTexts): NoticeWordingReason {
  return reason !== null && hasKey(verdict.notice, reason) ? reason : "opaque-code";
}

function unknownReason({ reason }: VerdictView, { unknown }: StationTexts): UnknownReason {
  return reason !== null && hasKey(unknown, reason) ? reason : "corrupt";
}

function hasKey<Key extends string>(
  words: Readonly<Record<Key, unknown>>,
  key: string,
): key is Key {
  return Object.hasOwn(words, key);
}
