import type { NetworkView, ScannerView, StatusView } from "#contract/bridge.ts";
import { silentSinceMs, troubleAdvice } from "#renderer/scanner-words.ts";
import { diskSize, timeSince, wholeNumber } from "#ui/format.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** The one line above the verdict: red wants action now, amber wants to be known. */
export type Banner = { readonly tone: "red" | "amber"; readonly text: string };

/** The clock is called wrong from here on (design: fixed values). */
const CLOCK_MS = 60_000;
/** A network that is away for less is not worth a line. */
const OFFLINE_MS = 60_000;
const DISK_LOW_BYTES = 1_073_741_824;
const DISK_CRITICAL_BYTES = 209_715_200;
/** Online and still this old: the queue is being caught up with. */
const BACKLOG_MS = 60_000;
/** From here on a supervisor should know. */
const BACKLOG_LONG_MS = 86_400_000;
const BACKLOG_MANY = 20_000;

type Facts = { readonly status: StatusView; readonly nowMs: number; readonly texts: StationTexts };

/**
 * The most important trouble of a station, by this priority: commit failing, scanner lost, input method, clock, disk,
 * refused by the province, offline, backlog, a scanner that types and has been silent for long. Null: all is well.
 */
export function bannerFor(status: StatusView, nowMs: number, texts: StationTexts): Banner | null {
  const facts: Facts = { status, nowMs, texts };
  for (const look of status.order === "active" ? inOrder : whileHeld) {
    const banner = look(facts);
    if (banner !== null) return banner;
  }
  return null;
}

/** Whether a queue is being caught up with, for banner and lamp. */
export function hasBacklog(network: NetworkView, nowMs: number): boolean {
  const { oldestPendingMs } = network;
  return oldestPendingMs !== null && nowMs - oldestPendingMs >= BACKLOG_MS;
}

/** The name of a scanner as the guard knows it: its label, or its number when there are several. */
export function scannerName(status: StatusView, scanner: ScannerView, texts: StationTexts): string {
  if (scanner.label !== null) return scanner.label;
  if (status.scanners.length === 1) return texts.lamps.scanner;
  return texts.idle.scannerNumber(status.scanners.indexOf(scanner) + 1);
}

const inOrder: readonly ((facts: Facts) => Banner | null)[] = [
  commitBanner,
  scannerBanner,
  inputMethodBanner,
  clockBanner,
  diskBanner,
  refusedBanner,
  offlineBanner,
  backlogBanner,
  silentBanner,
];

/** What still matters where nothing is scanned. */
const whileHeld: typeof inOrder = [clockBanner, diskBanner, heldOfflineBanner];

function commitBanner({ status, texts }: Facts): Banner | null {
  return status.commitFailing ? { tone: "red", text: texts.banner.commitFailing } : null;
}

function scannerBanner({ status, nowMs, texts }: Facts): Banner | null {
  const lost = status.scanners.filter((scanner) => scanner.state === "lost");
  const [first] = lost;
  if (first === undefined) return null;
  const works = status.scanners.length > lost.length;
  const name =
    works || lost.length === 1 ? scannerName(status, first, texts) : texts.banner.allScanners;
  const what = troubleAdvice(first, texts);
  const meanwhile = works ? texts.banner.othersWork : texts.banner.onPaper;
  return {
    tone: "red",
    text: texts.banner.scannerLost(name, timeSince(first.sinceMs, nowMs), `${what} ${meanwhile}`),
  };
}

function inputMethodBanner({ status, texts }: Facts): Banner | null {
  const isOn = status.scanners.some((scanner) => scanner.isDisturbed === true);
  return isOn ? { tone: "amber", text: texts.banner.inputMethod } : null;
}

/** Of a scanner that types nobody can tell whether it is plugged in. */
function silentBanner({ status, nowMs, texts }: Facts): Banner | null {
  for (const scanner of status.scanners) {
    const sinceMs = scanner.driver === "wedge" ? silentSinceMs(scanner, nowMs) : null;
    if (sinceMs === null) continue;
    const name = scannerName(status, scanner, texts);
    return { tone: "amber", text: texts.banner.scannerSilent(name, timeSince(sinceMs, nowMs)) };
  }
  return null;
}

function clockBanner({ status, texts }: Facts): Banner | null {
  const offsetMs = status.clockOffsetMs ?? 0;
  if (Math.abs(offsetMs) < CLOCK_MS) return null;
  return { tone: "amber", text: texts.banner.clock(offsetMs) };
}

function diskBanner({ status, texts }: Facts): Banner | null {
  const free = status.diskFreeBytes;
  if (free === null || free >= DISK_LOW_BYTES) return null;
  const size = diskSize(free);
  return free < DISK_CRITICAL_BYTES
    ? { tone: "red", text: texts.banner.diskCritical(size) }
    : { tone: "amber", text: texts.banner.disk(size) };
}

function refusedBanner({ status, texts }: Facts): Banner | null {
  const { state, code, pending } = status.network;
  if (state === "refused") return { tone: "amber", text: texts.banner.refused(code ?? "–") };
  if (state !== "not-enrolled") return null;
  return { tone: "amber", text: texts.banner.notEnrolled(wholeNumber(pending)) };
}

function offlineBanner(facts: Facts): Banner | null {
  const { network } = facts.status;
  const isAway = network.state === "offline" || network.state === "connecting";
  if (!isAway || facts.nowMs - network.sinceMs < OFFLINE_MS) return null;
  const since = timeSince(network.sinceMs, facts.nowMs);
  const text = facts.texts.banner.offline(since, wholeNumber(network.pending));
  return { tone: "amber", text: withSupervisor(text, facts) };
}

/** Nobody scans, so nothing is said about scanning. */
function heldOfflineBanner({ status, nowMs, texts }: Facts): Banner | null {
  const { state, sinceMs, pending } = status.network;
  if (state !== "offline" || status.order === "wiped") return null;
  const text = texts.order.offline(timeSince(sinceMs, nowMs), wholeNumber(pending));
  return { tone: "amber", text };
}

function backlogBanner(facts: Facts): Banner | null {
  const { network } = facts.status;
  if (network.state !== "online" || !hasBacklog(network, facts.nowMs)) return null;
  const text = facts.texts.banner.backlog(wholeNumber(network.pending));
  return { tone: "amber", text: withSupervisor(text, facts) };
}

function withSupervisor(text: string, { status, nowMs, texts }: Facts): string {
  const { pending, oldestPendingMs } = status.network;
  const isLong = oldestPendingMs !== null && nowMs - oldestPendingMs > BACKLOG_LONG_MS;
  return isLong || pending > BACKLOG_MANY ? `${text} ${texts.banner.tellSupervisor}` : text;
}
