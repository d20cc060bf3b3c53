import type { ScannerCounts, ScannerView } from "#contract/bridge.ts";
import { hourOf, startOfHour, timeSince, wholeNumber } from "#ui/format.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** A scanner that read nothing for so long in working hours is worth a test card. */
const SILENT_MS = 1_800_000;

/** Working hours of offices in Vietnam; at night a silent scanner is no news. */
const OPENS_AT_HOUR = 7;
const CLOSES_AT_HOUR = 17;

/** Since when a scanner that seems well has read nothing; null: not long enough to be told, or out of hours. */
export function silentSinceMs(scanner: ScannerView, nowMs: number): number | null {
  const hour = hourOf(nowMs);
  if (scanner.state !== "alive" || hour < OPENS_AT_HOUR || hour >= CLOSES_AT_HOUR) return null;
  const openedMs = startOfHour(nowMs, OPENS_AT_HOUR);
  const sinceMs = Math.max(scanner.sinceMs, scanner.lastScanAtMs ?? 0, openedMs);
  return nowMs - sinceMs >= SILENT_MS ? sinceMs : null;
}

/** `Tốt từ 07:05 · đọc lần cuối 3 phút trước`; of a lost one since when, and who holds it. */
export function scannerLine(scanner: ScannerView, nowMs: number, texts: StationTexts): string {
  const { scanners } = texts;
  const since = timeSince(scanner.sinceMs, nowMs);
  const lastRead =
    scanner.lastScanAtMs === null
      ? scanners.neverRead
      : scanners.lastRead(Math.max(0, nowMs - scanner.lastScanAtMs));
  switch (scanner.state) {
    case "waiting":
      return scanners.waiting;
    case "alive":
      return `${scanners.aliveSince(since)} · ${lastRead}`;
    case "lost":
      return `${scanners.lostSince(scanner.trouble ?? "failed", since)} · ${lastRead}`;
  }
}

/** What to do about a scanner, one sentence a line; empty when it is well. */
export function scannerAdvice(
  scanner: ScannerView,
  nowMs: number,
  texts: StationTexts,
): readonly string[] {
  const { scanners } = texts;
  if (scanner.state !== "lost") {
    return silentSinceMs(scanner, nowMs) === null ? [] : [scanners.tryCard];
  }
  const technician = scanners.technician[scanner.trouble ?? "failed"];
  return [troubleAdvice(scanner, texts), technician].filter((line) => line !== null);
}

/** What helps a lost scanner, in one line: of a busy one who holds it. */
export function troubleAdvice(
  { trouble, holder }: ScannerView,
  { lost, scanners }: StationTexts,
): string {
  return holder === null ? lost[trouble ?? "failed"].banner : scanners.holder(holder);
}

const countsInOrder = [
  "scans",
  "repeated",
  "torn",
  "oversize",
  "noise",
  "ignored",
  "commands",
  "lost",
] as const satisfies readonly (keyof ScannerCounts)[];

/** `đã đọc 1.204 · lặp lại 3`: what it has done; of troubles only those that were. */
export function scannerCounts({ counts }: ScannerView, { scanners }: StationTexts): string {
  return countsInOrder
    .filter((what) => what === "scans" || counts[what] > 0)
    .map((what) => scanners.counts[what](wholeNumber(counts[what])))
    .join(" · ");
}
