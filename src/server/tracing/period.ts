import { localDay } from "#core/dates.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import type { DayWindow } from "#server/tracing/permit.ts";

/** A local day or a local minute: `2026-11-24`, `2026-11-24T09:30`. */
const TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?$/u;
const DAY_MS = 86_400_000;

/** A moment that somebody wrote down; null for what is no local day or minute. */
export function localMoment(
  text: string,
): { readonly atMs: number; readonly isDay: boolean } | null {
  const [, day, minute] = TIME.exec(text) ?? [];
  const atMs = Date.parse(`${day}T${minute ?? "00:00"}:00+07:00`);
  if (day === undefined || Number.isNaN(atMs) || localDay(atMs) !== day) return null;
  return { atMs, isDay: minute === undefined };
}

/**
 * From one local day or minute to another, both inclusive: a day lasts until its end, a minute until it begins. Null when
 * one of them is none, or the end is not after the beginning.
 */
export function periodBetween(fromText: string, toText: string): Period | null {
  const from = localMoment(fromText);
  const to = localMoment(toText);
  if (from === null || to === null) return null;
  const toMs = to.isDay ? to.atMs + DAY_MS : to.atMs;
  return toMs > from.atMs ? { fromMs: from.atMs, toMs } : null;
}

/** The local days that a period touches. */
export function windowOf({ fromMs, toMs }: Period): DayWindow {
  return { firstDay: localDay(fromMs), lastDay: localDay(toMs - 1) };
}
