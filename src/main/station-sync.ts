import type { Clock, Network, Random } from "#core/ports.ts";
import type { EnrolmentRecord } from "#main/enrolment-record.ts";
import { rulesFromWire, writeRules } from "#main/enrolment-record.ts";
import type { Log } from "#main/log.ts";
import { setReadableHours } from "#main/readable-copy.ts";
import type { SigningKeys } from "#main/signing-keys.ts";
import type { Station } from "#main/station.ts";
import { fromBase64url } from "#sealing/keys.ts";
import { NotSaved } from "#storage/entry-book.ts";
import type { SettingsTable } from "#storage/settings-table.ts";
import type { ClockJump, ClockOffset } from "#sync/clock-offset.ts";
import { createSyncBell } from "#sync/control.ts";
import type { SyncControl } from "#sync/control.ts";
import type { HeardOrder } from "#sync/hello.ts";
import { runSync } from "#sync/run.ts";
import type { SyncReport } from "#sync/session.ts";
import type { SyncIdentity } from "#sync/signed-exchange.ts";

export type StationSyncParts = {
  readonly station: Station;
  readonly settings: SettingsTable;
  readonly enrolment: EnrolmentRecord;
  readonly signingKeys: SigningKeys;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly offset: ClockOffset;
  readonly bootId: string;
  readonly version: string;
  readonly log: Log;
  /** The order is obeyed already; `hasEverything`: the province holds the whole book. */
  readonly onOrder: (heard: HeardOrder) => void;
  readonly signal: AbortSignal;
};

/** A running sync: poke it after an entry, drain it before an orderly end. `ended` resolves after the abort. */
export type StationSync = { readonly control: SyncControl; readonly ended: Promise<void> };

/** Joins the station to the province: what the sync asks, and what it tells the book, the board and the log. */
export function startStationSync(parts: StationSyncParts): StationSync {
  const { station, log } = parts;
  const bell = createSyncBell();
  const ended = runSync({
    clock: parts.clock,
    random: parts.random,
    network: parts.network,
    outbox: station.book,
    identity: identityOf(parts),
    offset: parts.offset,
    bell,
    facts: () => helloFacts(parts),
    applyRules(rules) {
      writeRules(parts.settings, rules);
      station.setRules(rulesFromWire(rules));
      log.event("rules", { version: rules.version });
    },
    setReadableHours: (hours) => setReadableHours(parts.settings, hours),
    heardOfKeys: ({ wants_new_key, accepted_key }) =>
      parts.signingKeys.heard({
        wantsNewKey: wants_new_key === true,
        acceptedKey: accepted_key ?? null,
      }),
    obey(heard) {
      station.setOrder(heard.order);
      parts.onOrder(heard);
    },
    onClockJump: (jump) => recordClockJump(parts, jump),
    publish(view) {
      station.board.setNetwork(view);
      station.board.setClockOffset(parts.offset.current()?.offsetMs ?? null);
    },
    report(report) {
      if (report.kind === "refused" && report.code === "signature-invalid") {
        parts.signingKeys.notKnown();
      }
      logReport(log, report);
    },
    signal: parts.signal,
  });
  return { control: bell, ended };
}

/** The key may change between two requests. */
function identityOf({ enrolment, signingKeys }: StationSyncParts): SyncIdentity {
  const { station, keys } = enrolment.answer;
  return {
    station,
    get privateKey() {
      return signingKeys.current().privateKey;
    },
    answerKey: fromBase64url(keys.answer_key),
  };
}

function helloFacts(parts: StationSyncParts) {
  const { scanners, diskFreeBytes } = parts.station.board.now();
  const newKey = parts.signingKeys.proposal();
  return {
    app_version: parts.version,
    boot_id: parts.bootId,
    policy_version: parts.station.rules().version,
    disk_free_bytes: diskFreeBytes,
    state: parts.station.order(),
    ...(newKey === null ? {} : { new_key: newKey }),
    scanners: scanners.map((scanner) => ({
      lane: scanner.lane,
      state: scanner.state,
      since_ms: scanner.sinceMs,
      trouble: scanner.trouble,
      last_scan_ms: scanner.lastScanAtMs,
      counts: scanner.counts,
    })),
  };
}

/** A full disk may refuse even this; the jump is in the log then, and the next entry carries both times anyway. */
function recordClockJump(parts: StationSyncParts, jump: ClockJump): void {
  parts.log.event("clock-jump", { byMs: jump.byMs });
  try {
    parts.station.recorder.note("clock-jump", "", { by_ms: Math.round(jump.byMs) });
  } catch (cause) {
    if (!(cause instanceof NotSaved)) throw cause;
    parts.log.fault("not-saved", cause);
  }
}

function logReport(log: Log, report: SyncReport): void {
  switch (report.kind) {
    case "exchange-failed":
      return log.event("network", { problem: report.failure.kind, path: report.path });
    case "refused":
      return log.event("network", { problem: "refused", code: report.code });
    case "new-instance":
      return log.event("new-instance", { reason: report.reason, instance: report.instance });
    case "resend":
      return log.event("network", { problem: "resend", events: report.events });
    case "set-aside":
      return log.event("network", { problem: "set-aside", event: report.eventId });
    case "odd-answer":
      return log.event("network", { problem: report.answer.result, event: report.answer.event_id });
    case "clock-jump":
      return;
    case "step-failed":
      return log.fault("network", report.cause);
  }
}
