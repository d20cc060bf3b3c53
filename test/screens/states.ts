import type { StatusView, VerdictView } from "#contract/bridge.ts";
import type { ScannerFinding } from "#core/scanner-test.ts";
import { isFault } from "#core/scanner-test.ts";
import type { ScriptedHost } from "./scripted-host.ts";
import { MORNING_MS, goodStatus, scanner } from "./scripted-host.ts";

/** One thing that the screen can show: how the station gets there, and keys that are pressed then. */
export type ScreenState = {
  readonly name: string;
  /** Verdicts to show, in order; the last one must be on the screen. */
  readonly verdicts?: readonly Partial<VerdictView>[];
  readonly status?: Partial<StatusView>;
  readonly keys?: readonly string[];
  readonly isRecentEmpty?: boolean;
};

const MINUTE = 60_000;
const notice = { kind: "notice", name: "Nguyễn T. N. Ẩn" } as const;
const unread = { kind: "unknown", recorded: false, name: null, maskedNumber: null } as const;
const stop: Partial<VerdictView> = { kind: "stop", reason: "watch-list", caseNumber: "07" };
const certificate = {
  standing: "valid",
  holder: "same",
  about: "vaccination",
  on: "2021-12-10",
  dose: 2,
  doses: 2,
} as const;
const checkedChip = { kind: "checked", standing: "valid", holder: "same" } as const;
const repeat: Partial<VerdictView> = {
  ...notice,
  reason: "repeat",
  recorded: false,
  direction: null,
  earlierAtMs: MORNING_MS - 40_000,
  earlierDirection: "in",
};
const network = goodStatus.network;
const lost = {
  ...scanner,
  state: "lost",
  trouble: "unplugged",
  sinceMs: MORNING_MS - 5 * MINUTE,
} as const;
const second = { ...scanner, lane: "lane-2", direction: "out" } as const;
const busyCounts = {
  scans: 1204,
  repeated: 37,
  torn: 3,
  oversize: 1,
  noise: 12,
  ignored: 5,
  commands: 0,
  lost: 2,
} as const;
const used = { ...scanner, lastScanAtMs: MORNING_MS - 3 * MINUTE, counts: busyCounts } as const;
const labelled = [
  { ...used, label: "Cửa trái" },
  { ...second, label: "Cửa phải", sound: "low", lastScanAtMs: MORNING_MS - 20_000 },
] as const;
const allTroubles = (["unplugged", "not-found", "failed", "busy", "no-permission"] as const).map(
  (trouble, index) => ({
    ...lost,
    trouble,
    lane: `lane-${index + 2}`,
    holder: trouble === "busy" ? "ModemManager" : null,
    counts: { ...busyCounts, scans: index },
  }),
);

const damage = [
  "too-short",
  "fields-missing",
  "bad-number",
  "bad-check-digit",
  "bad-signature",
  "not-hex",
  "input-method-on",
  "wrong-layout",
  "two-cards",
  "newer-format",
  "corrupt",
  "place-code",
  "payment",
  "link",
  "contact",
  "product",
  "health-certificate",
  "noise",
  "not-saved",
] as const;

const scannerTests: readonly {
  readonly name: string;
  readonly findings: readonly ScannerFinding[];
  readonly passed: number;
}[] = [
  { name: "right", findings: [], passed: 1 },
  { name: "ready", findings: [], passed: 3 },
  { name: "layout", findings: [{ kind: "layout", layout: "vietnamese" }], passed: 0 },
  {
    name: "charset-and-wire",
    findings: [
      { kind: "charset", charset: "windows-1258" },
      { kind: "slow", tookMs: 2_100, byteCount: 300 },
    ],
    passed: 1,
  },
  { name: "no-terminator", findings: [{ kind: "no-terminator" }], passed: 2 },
];

const troubles = ["not-found", "failed", "busy", "no-permission"] as const;

/** Every screen that exists, one by one. */
export const screenStates: readonly ScreenState[] = [
  { name: "idle-in" },
  { name: "idle-out", status: { scanners: [{ ...scanner, direction: "out" }] } },
  { name: "idle-auto", status: { scanners: [{ ...scanner, direction: "auto" }] } },
  { name: "idle-two-scanners", status: { scanners: [scanner, second] } },
  { name: "idle-two-labelled", status: { scanners: labelled } },
  {
    name: "idle-four-scanners",
    status: {
      scanners: [
        used,
        { ...second, lastScanAtMs: MORNING_MS - 95 * MINUTE },
        { ...lost, lane: "lane-3" },
        { ...scanner, lane: "lane-4", direction: "auto", state: "waiting" },
      ],
    },
  },
  { name: "lane-of-two", status: { scanners: labelled }, verdicts: [{}] },
  {
    name: "lanes-split",
    status: { scanners: [scanner, second] },
    verdicts: [{}, { kind: "out", direction: "out", lane: "lane-2" }],
  },
  { name: "scanners-two", status: { scanners: labelled }, keys: ["F10"] },
  { name: "scanners-six", status: { scanners: [used, ...allTroubles] }, keys: ["F10"] },
  { name: "scanners-none", status: { scanners: [] }, keys: ["F10"] },
  { name: "idle-no-scanner", status: { scanners: [] }, isRecentEmpty: true },
  { name: "in", verdicts: [{}] },
  { name: "in-name-doubtful", verdicts: [{ nameNeedsChecking: true }] },
  { name: "in-no-name", verdicts: [{ name: null }] },
  {
    name: "out",
    verdicts: [
      {
        kind: "out",
        direction: "out",
        earlierAtMs: MORNING_MS - 82 * MINUTE,
        earlierDirection: "in",
      },
    ],
  },
  { name: "out-no-entry", verdicts: [{ kind: "out", direction: "out", noEntrySeen: true }] },
  { name: "notice-repeat", verdicts: [repeat] },
  {
    name: "notice-already-inside",
    verdicts: [
      {
        ...notice,
        reason: "already-inside",
        earlierAtMs: MORNING_MS - 82 * MINUTE,
        earlierDirection: "in",
      },
    ],
  },
  { name: "notice-expired", verdicts: [{ ...notice, reason: "expired", validTo: "2025-12-31" }] },
  { name: "notice-not-yet-valid", verdicts: [{ ...notice, reason: "not-yet-valid" }] },
  { name: "notice-over-capacity", verdicts: [{ ...notice, reason: "over-capacity" }] },
  {
    name: "notice-opaque-code",
    verdicts: [{ ...notice, reason: "opaque-code", name: null, maskedNumber: null }],
  },
  {
    name: "in-certificate",
    verdicts: [{ certificate }],
  },
  {
    name: "in-certificate-no-name",
    verdicts: [{ certificate: { ...certificate, holder: "unknown", about: "test", dose: null } }],
  },
  {
    name: "notice-certificate-other-person",
    verdicts: [
      {
        ...notice,
        reason: "certificate-other-person",
        certificate: { ...certificate, holder: "other" },
      },
    ],
  },
  ...(["invalid", "unknown-signer", "out-of-date"] as const).map((standing) => ({
    name: `notice-certificate-${standing}`,
    verdicts: [
      {
        ...notice,
        reason: `certificate-${standing}` as const,
        certificate: { ...certificate, standing },
      },
    ],
  })),
  { name: "chip-checked", verdicts: [{ reason: "chip", chip: checkedChip }] },
  {
    name: "chip-unknown-signer",
    verdicts: [{ reason: "chip", chip: { ...checkedChip, standing: "unknown-signer" } }],
  },
  {
    name: "chip-other-person",
    verdicts: [{ ...notice, reason: "chip", chip: { ...checkedChip, holder: "other" } }],
  },
  {
    name: "chip-not-genuine",
    verdicts: [
      {
        ...notice,
        reason: "chip",
        chip: { ...checkedChip, standing: "invalid", holder: "unknown" },
      },
    ],
  },
  { name: "chip-alone", verdicts: [{ ...unread, reason: "chip", chip: { kind: "alone" } }] },
  ...(["not-a-document", "refused", "wrong-password", "torn"] as const).map((reason) => ({
    name: `chip-${reason}`,
    verdicts: [{ ...unread, reason: "chip" as const, chip: { kind: "unread" as const, reason } }],
  })),
  {
    name: "notice-refused-expired",
    verdicts: [{ ...notice, reason: "refused-expired", recorded: false, validTo: "2025-12" }],
  },
  ...damage.map((reason) => ({ name: `unknown-${reason}`, verdicts: [{ ...unread, reason }] })),
  ...scannerTests.map(({ name, findings, passed }) => ({
    name: `scanner-test-${name}`,
    verdicts: [
      {
        ...unread,
        kind: findings.some(isFault) ? ("unknown" as const) : ("notice" as const),
        reason: "scanner-test" as const,
        scannerTest: { code: "keys" as const, findings, passed, total: 3 },
      },
    ],
  })),
  { name: "split", verdicts: [{ ...notice, reason: "expired", validTo: "2025-12-31" }, {}] },
  { name: "split-unknown", verdicts: [repeat, { ...unread, reason: "too-short" }] },
  { name: "stop", verdicts: [stop] },
  { name: "stop-and-later", verdicts: [stop, { kind: "out", direction: "out" }] },
  { name: "stop-and-unknown", verdicts: [stop, { ...unread, reason: "wrong-layout" }] },
  { name: "stop-asked", verdicts: [stop], keys: ["F9"] },
  { name: "stop-two-asked", verdicts: [stop, { ...stop, caseNumber: "12" }], keys: ["F9"] },
  { name: "choose-direction", keys: ["F6"] },
  { name: "choose-direction-of-two", status: { scanners: [scanner, second] }, keys: ["F6"] },
  { name: "note-undone", keys: ["F4"] },
  { name: "banner-commit", status: { commitFailing: true } },
  { name: "scanner-lost", status: { scanners: [lost] } },
  ...troubles.map((trouble) => ({
    name: `scanner-lost-${trouble}`,
    status: { scanners: [{ ...lost, trouble }] },
  })),
  { name: "scanner-lost-one-of-two", status: { scanners: [scanner, { ...lost, lane: "lane-2" }] } },
  {
    name: "scanner-lost-all-of-two",
    status: { scanners: [lost, { ...lost, lane: "lane-2", trouble: "busy" }] },
  },
  {
    name: "scanner-lost-held",
    status: { scanners: [{ ...lost, trouble: "busy", holder: "ModemManager" }] },
  },
  {
    name: "scanner-silent",
    status: {
      nowMs: MORNING_MS + 30 * MINUTE,
      scanners: [{ ...scanner, driver: "wedge", lastScanAtMs: MORNING_MS - MINUTE }],
    },
  },
  ...(["upload-only", "wipe", "wiped"] as const).map((order) => ({
    name: `order-${order}`,
    status: {
      order,
      ...(order === "wiped" ? { insideCount: 0 } : {}),
      network: { ...network, pending: order === "wipe" ? 1204 : 0 },
    },
    isRecentEmpty: order === "wiped",
  })),
  {
    name: "order-offline",
    status: {
      order: "wipe",
      network: { ...network, state: "offline", sinceMs: MORNING_MS - 15 * MINUTE, pending: 37 },
    },
  },
  { name: "order-stop-open", status: { order: "upload-only" }, verdicts: [stop] },
  { name: "banner-clock", status: { clockOffsetMs: (2 * 60 + 14) * MINUTE } },
  { name: "banner-disk", status: { diskFreeBytes: 480 * 1_048_576 } },
  { name: "banner-disk-critical", status: { diskFreeBytes: 90 * 1_048_576 } },
  {
    name: "banner-revoked",
    status: { network: { ...network, state: "refused", code: "station-revoked", pending: 12 } },
  },
  {
    name: "banner-not-enrolled",
    status: { network: { ...network, state: "not-enrolled", pending: 12 } },
  },
  {
    name: "banner-offline",
    status: {
      network: { ...network, state: "offline", sinceMs: MORNING_MS - 15 * MINUTE, pending: 37 },
    },
    verdicts: [{}],
  },
  {
    name: "banner-offline-long",
    status: {
      network: {
        ...network,
        state: "offline",
        sinceMs: MORNING_MS - 3000 * MINUTE,
        pending: 23_456,
        oldestPendingMs: MORNING_MS - 3000 * MINUTE,
      },
    },
    verdicts: [{ ...unread, reason: "fields-missing" }],
  },
  {
    name: "banner-backlog",
    status: {
      network: { ...network, pending: 1204, oldestPendingMs: MORNING_MS - 90 * MINUTE },
    },
  },
];

/** Plays a state on an open screen's station; the number of the last verdict, or null. */
export function playState(station: ScriptedHost, state: ScreenState): number | null {
  station.setStatus(state.status ?? {});
  if (state.isRecentEmpty) station.setRecent([]);
  let last: number | null = null;
  for (const view of state.verdicts ?? []) last = station.show(view).number;
  return last;
}
