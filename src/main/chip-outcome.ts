import type { ChipView, VerdictView } from "#contract/bridge.ts";
import type { ChipFault } from "#core/chip/read-chip.ts";
import type { HolderMatch } from "#core/health-certificate.ts";
import type { LastHere } from "#main/last-here.ts";
import { nothingRecorded } from "#main/outcome.ts";
import type { Outcome } from "#main/outcome.ts";
import type { Recorder } from "#main/recorder.ts";
import { emptyView } from "#main/verdict-view.ts";
import { NotSaved } from "#storage/entry-book.ts";

/** What a chip that was laid on the reader has shown. */
export type ChipFinding =
  /** Nobody passed in the last minute: without the card's code nothing opens its chip. */
  | { readonly kind: "alone" }
  | { readonly kind: "unread"; readonly here: LastHere; readonly reason: ChipFault }
  | {
      readonly kind: "checked";
      readonly here: LastHere;
      readonly standing: ChipStanding;
      readonly holder: HolderMatch;
    };

export type ChipStanding = Extract<ChipView, { kind: "checked" }>["standing"];

/** The verdict of a finding; a checked chip is durable in the book before it is shown. */
export function chipOutcome(
  finding: ChipFinding,
  recorder: Recorder,
  now: { readonly verdictNumber: number; readonly atMs: number },
): Outcome {
  const view = chipVerdict(finding, now);
  if (finding.kind !== "checked") {
    return { ...nothingRecorded, verdict: view, reason: "chip-unread" };
  }
  const { here, standing, holder } = finding;
  const entry = here.person.entryId;
  try {
    const details = { entry, format: "chip", standing, holder };
    const { eventId } = recorder.note("attachment", here.shown.lane, details);
    return { ...nothingRecorded, verdict: view, reason: "chip", eventId };
  } catch (cause) {
    if (!(cause instanceof NotSaved)) throw cause;
    const verdict: VerdictView = {
      ...here.shown,
      number: view.number,
      atMs: view.atMs,
      kind: "unknown",
      reason: "not-saved",
      recorded: false,
    };
    return { ...nothingRecorded, verdict, reason: "not-saved", fault: cause };
  }
}

function chipVerdict(
  finding: ChipFinding,
  { verdictNumber: number, atMs }: { readonly verdictNumber: number; readonly atMs: number },
): VerdictView {
  if (finding.kind === "alone") {
    return { ...emptyView(number, atMs, ""), reason: "chip", chip: { kind: "alone" } };
  }
  const { shown } = finding.here;
  if (finding.kind === "unread") {
    const chip = { kind: "unread", reason: finding.reason } as const;
    return { ...shown, number, atMs, kind: "unknown", reason: "chip", recorded: false, chip };
  }
  const { standing, holder } = finding;
  const isGood = standing !== "invalid" && holder === "same";
  const chip = { kind: "checked", standing, holder } as const;
  return { ...shown, number, atMs, kind: isGood ? shown.kind : "notice", reason: "chip", chip };
}
