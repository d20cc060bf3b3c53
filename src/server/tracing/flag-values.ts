import type { KeyObject } from "node:crypto";
import { AdminUsage } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { subjectOfDocument } from "#server/tracing/document.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import { localMoment, periodBetween } from "#server/tracing/period.ts";
import { MOST_INDEX_PERSONS, MOST_LINGERING_MINUTES } from "#server/tracing/question.ts";
import { reportFormats } from "#server/tracing/report.ts";
import type { ReportFormat } from "#server/tracing/report.ts";

const SUBJECT = /^[0-9a-f]{32}$/u;

/** `--from` and `--to`, both inclusive: a day lasts until its end, a minute until it begins. Throws {@link AdminUsage}. */
export function periodOf(flags: Flags): Period {
  const [from, to] = [timeOf(flags, "from"), timeOf(flags, "to")];
  const period = periodBetween(from, to);
  if (period === null) throw new AdminUsage("--to is not after --from.");
  return period;
}

/** One document from standard input, or one or several `--subject`, separated by commas. Throws {@link AdminUsage}. */
export function subjectsOf(
  flags: Flags,
  input: string | null,
  subjectKey: KeyObject,
): readonly string[] {
  const named = flags.optionalText("subject");
  if (flags.isSet("document-stdin") === (named !== null)) {
    throw new AdminUsage("Either --document-stdin or --subject says who is meant.");
  }
  if (named === null) {
    const subject = subjectOfDocument(input ?? "", subjectKey);
    if (subject === null)
      throw new AdminUsage("That is no number of a document that is known here.");
    return [subject];
  }
  const subjects = [...new Set(named.split(",").map((text) => text.trim().toLowerCase()))];
  if (subjects.length > MOST_INDEX_PERSONS || !subjects.every((text) => SUBJECT.test(text))) {
    throw new AdminUsage(`--subject takes up to ${MOST_INDEX_PERSONS} subjects of 32 hex digits.`);
  }
  return subjects;
}

/** `--format`, `json` when it is not given. Throws {@link AdminUsage}. */
export function formatOf(flags: Flags): ReportFormat {
  const named = flags.optionalText("format") ?? "json";
  const format = reportFormats.find((one) => one === named);
  if (format === undefined) throw new AdminUsage(`--format is one of ${reportFormats.join(", ")}.`);
  return format;
}

/** `--lingering` in milliseconds, 0 when it is not given. Throws {@link AdminUsage}. */
export function lingeringOf(flags: Flags): number {
  const minutes = Number(flags.optionalText("lingering") ?? "0");
  if (!(minutes >= 0 && minutes <= MOST_LINGERING_MINUTES)) {
    throw new AdminUsage(`--lingering is minutes, 0 to ${MOST_LINGERING_MINUTES}.`);
  }
  return minutes * 60_000;
}

function timeOf(flags: Flags, name: string): string {
  const text = flags.text(name);
  if (localMoment(text) !== null) return text;
  throw new AdminUsage(
    `--${name} is a local day or minute, such as 2026-11-24 or 2026-11-24T09:30.`,
  );
}
