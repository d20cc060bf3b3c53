import type { KeyObject } from "node:crypto";
import { localDay } from "#core/dates.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { subjectOfDocument } from "#server/tracing/document.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import { reportFormats } from "#server/tracing/report.ts";
import type { ReportFormat } from "#server/tracing/report.ts";
import type { DayWindow } from "#server/tracing/permit.ts";

/** A local day or a local minute: `2026-11-24`, `2026-11-24T09:30`. */
const TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?$/u;
const SUBJECT = /^[0-9a-f]{32}$/u;
const MOST_INDEX_PERSONS = 15;
const MOST_LINGERING_MINUTES = 240;
const DAY_MS = 86_400_000;

/** `--from` and `--to`, both inclusive: a day lasts until its end, a minute until it begins. Throws {@link AdminUsage}. */
export function periodOf(flags: Flags): Period {
  const from = timeOf(flags, "from");
  const to = timeOf(flags, "to");
  const toMs = to.isDay ? to.atMs + DAY_MS : to.atMs;
  if (toMs <= from.atMs) throw new AdminUsage("--to is not after --from.");
  return { fromMs: from.atMs, toMs };
}

/** The local days that a period touches. */
export function windowOf({ fromMs, toMs }: Period): DayWindow {
  return { firstDay: localDay(fromMs), lastDay: localDay(toMs - 1) };
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

function timeOf(flags: Flags, name: string): { readonly atMs: number; readonly isDay: boolean } {
  const text = flags.text(name);
  const [, day, minute] = TIME.exec(text) ?? [];
  const atMs = Date.parse(`${day}T${minute ?? "00:00"}:00+07:00`);
  if (day === undefined || Number.isNaN(atMs) || localDay(atMs) !== day) {
    throw new AdminUsage(
      `--${name} is a local day or minute, such as 2026-11-24 or 2026-11-24T09:30.`,
    );
  }
  return { atMs, isDay: minute === undefined };
}
