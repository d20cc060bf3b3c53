import type { SettingsTable } from "#storage/settings-table.ts";

const SETTING = "readable-hours";
const HOUR_MS = 3_600_000;
/** Design: 12 hours unless the place wishes otherwise, never more than 72. */
const USUAL_HOURS = 12;
const MOST_HOURS = 72;

/** How long the guard's readable copy of a person lives, as the province said last. Milliseconds. */
export function readableMs(settings: SettingsTable): number {
  const kept = Number(settings.get(SETTING) ?? USUAL_HOURS);
  const isAllowed = Number.isInteger(kept) && kept >= USUAL_HOURS && kept <= MOST_HOURS;
  return (isAllowed ? kept : USUAL_HOURS) * HOUR_MS;
}

/** Durable on return; null: as usual. Writes only what is new. */
export function setReadableHours(settings: SettingsTable, hours: number | null): void {
  const text = String(hours ?? USUAL_HOURS);
  if (settings.get(SETTING) !== text) settings.set(SETTING, text);
}
