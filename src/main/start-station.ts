import { randomUUID } from "node:crypto";
import type { X509Certificate } from "node:crypto";
import { statfs } from "node:fs/promises";
import type { StationCalls } from "#contract/bridge.ts";
import type { HotPlug } from "#drivers/hot-plug.ts";
import { enrolStation } from "#main/enrol-station.ts";
import type { EnrolmentRecord } from "#main/enrolment-record.ts";
import { watchChips } from "#main/watch-chips.ts";
import { createFirstTries } from "#main/first-tries.ts";
import { createLaneNames } from "#main/lane-names.ts";
import type { LaneNames } from "#main/lane-names.ts";
import type { Log } from "#main/log.ts";
import { startHousekeeping } from "#main/housekeeping.ts";
import { laneOfNewcomer, readLanes } from "#main/read-lanes.ts";
import type { LaneDriver } from "#main/read-lanes.ts";
import { readableMs } from "#main/readable-copy.ts";
import { openSigningKeys } from "#main/signing-keys.ts";
import { createStation } from "#main/station.ts";
import type { Station } from "#main/station.ts";
import type { StationHost } from "#main/station-host.ts";
import type { StationStore } from "#main/station-store.ts";
import { startStationSync } from "#main/station-sync.ts";
import type { StationSync } from "#main/station-sync.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { tellWiped } from "#main/tell-wiped.ts";
import { createWipe } from "#main/wipe-station.ts";
import { readCountrySigners, readTrustFile } from "#main/trust-file.ts";
import type { Outcome } from "#main/outcome.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import type { ClockOffset } from "#sync/clock-offset.ts";
import { createNetwork } from "#sync/network.ts";

/** A port that takes longer to open is a broken one; the station is of use without it. */
const FIRST_TRY_LIMIT_MS = 2_000;

export type StartStationOptions = {
  /** Open, for this process alone. */
  readonly store: StationStore;
  readonly serverUrl: string;
  readonly enrolmentCode: () => Promise<string | null>;
  readonly lanes: readonly LaneDriver[];
  /** Scanners that are found now or plugged in later become lanes too; null: none do. */
  readonly hotPlug: HotPlug | null;
  /** Takes what pages read from the keyboard; absent where the shell sees the keys itself. */
  readonly takeTyped?: StationCalls["takeTyped"];
  readonly shell: "electron" | "browser";
  /** PEM file with the signers of health certificates that are trusted. */
  readonly trustFile: string;
  /** PEM file with the country signers of card chips that are trusted; null: none are. */
  readonly chipTrustFile: string | null;
  readonly version: string;
  /** A wall clock before this is certainly wrong. UTC milliseconds. */
  readonly builtAtMs: number;
  readonly log: Log;
  readonly onOutcome: (outcome: Outcome, lane: string) => void;
  /** Ends the wait for an enrolment, and the station. */
  readonly signal: AbortSignal;
};

/** A station that takes scans. */
export type StartedStation = {
  readonly host: StationHost;
  readonly enrolment: EnrolmentRecord;
  /** What is read, as its drivers name it, from the start on. */
  readonly devices: readonly string[];
  /** Resolves when every scanner was opened or found missing; late or aborted, it gives up waiting for a slow one. */
  scannersTried(): Promise<void>;
  /** Resolves when every source has ended by itself; never while a real scanner is configured. */
  readonly sourcesEnded: Promise<void>;
  /** Resolves when everything recorded is at the province, or only poison is left. */
  drained(): Promise<void>;
  /** In order: scanners, upload, screens. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Enrols if needed, and begins to read. The store stays the caller's to close, after {@link StartedStation.stop}.
 * Null when the signal aborted first. Throws UsageError when the enrolment is refused, or the trust file is none.
 */
export async function startStation(options: StartStationOptions): Promise<StartedStation | null> {
  const { store } = options;
  // First: a file that is none ends the start before anything runs.
  const healthSigners = readTrustFile(options.trustFile);
  const countrySigners = readCountrySigners(options.chipTrustFile);
  const code = options.enrolmentCode;
  const bootId = randomUUID();
  const enrolment = await enrolStation({ ...options, clock: systemClock, bootId, code });
  if (enrolment === null) return null;
  const names = createLaneNames(store.settings);
  const found = (await options.hotPlug?.look()) ?? [];
  const lanes = [...found.map((one) => laneOfNewcomer(one, names)), ...options.lanes];
  return run({ ...options, lanes, names, bootId, enrolment, healthSigners, countrySigners });
}

type RunOptions = StartStationOptions & {
  readonly bootId: string;
  readonly enrolment: EnrolmentRecord;
  readonly names: LaneNames;
  readonly healthSigners: readonly TrustedSigner[];
  readonly countrySigners: readonly X509Certificate[];
};

function run(options: RunOptions): StartedStation {
  const { log, store, enrolment, bootId, version } = options;
  const ports = { clock: systemClock, random: systemRandom, bootId, log };
  const offset = createClockOffset(systemClock);
  const station = stationOf(options, offset, () => sync.control.poke());
  const [syncing, reading, telling] = [
    new AbortController(),
    new AbortController(),
    new AbortController(),
  ];
  const signingKeys = openSigningKeys(store.settings, enrolment.answer.station);
  const network = createNetwork(enrolment.serverUrl, {
    nowMs: () => systemClock.nowMs(),
    builtAtMs: options.builtAtMs,
  });
  const release = once(() =>
    releaseStore({ reading, scanning, chips, syncing, sync, housekeeping }),
  );
  const common = { ...ports, store, station, enrolment, network, version };
  const wipe = createWipe({ ...common, signingKeys, release, signal: telling.signal });
  const sync = startStationSync({
    ...common,
    settings: store.settings,
    signingKeys,
    offset,
    onOrder: (heard) => wipe.onOrder(heard),
    signal: syncing.signal,
  });
  // Of a station that stood here before, while the province could not be reached.
  const toldOfLast = tellWiped({ ...common, folder: store.folder }, telling.signal);
  const housekeeping = startHousekeeping({
    ...ports,
    book: station.book,
    ballast: store.ballast,
    board: station.board,
    offset: () => offset.current(),
    freeBytes: () => freeBytes(store.folder),
    readableMs: () => readableMs(store.settings),
  });
  const tries = createFirstTries(options.lanes, systemClock);
  const chips = watchChips(options, station, reading.signal);
  const scanning = readLanes({ ...options, station, onState: tries.tell }, reading.signal);
  return {
    host: station.host,
    enrolment,
    devices: options.lanes.map((lane) => lane.source.device),
    scannersTried: () => tries.done(FIRST_TRY_LIMIT_MS, options.signal),
    sourcesEnded: scanning.then(() => (wipe.hasBegun() ? never : undefined)),
    drained: async () => void (await sync.control.drain(options.signal)),
    stop: once(async () => {
      await release();
      telling.abort();
      await Promise.all([wipe.done(), toldOfLast]);
      station.close();
    }),
  };
}

/** A wiped station stays, to say that it is one. */
const never = new Promise<void>(() => {});

function stationOf(options: RunOptions, offset: ClockOffset, poke: () => void): Station {
  return createStation({
    store: options.store,
    enrolment: options.enrolment,
    bootId: options.bootId,
    log: options.log,
    clock: systemClock,
    random: systemRandom,
    lanes: options.lanes,
    offset: () => offset.current(),
    version: options.version,
    shell: options.shell,
    readHealthCertificate: createHealthCertificateReader(options.healthSigners),
    ...(options.takeTyped === undefined ? {} : { takeTyped: options.takeTyped }),
    onOutcome(outcome, lane) {
      options.onOutcome(outcome, lane);
      if (outcome.eventId !== null) poke();
    },
  });
}

type Running = {
  readonly reading: AbortController;
  readonly scanning: Promise<void>;
  readonly chips: Promise<void>;
  readonly syncing: AbortController;
  readonly sync: StationSync;
  readonly housekeeping: { stop(): void };
};

/** Nothing uses the store any more on return. */
async function releaseStore(running: Running): Promise<void> {
  running.reading.abort();
  await running.scanning;
  await running.chips;
  running.syncing.abort();
  await running.sync.ended;
  running.housekeeping.stop();
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function once(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= act());
}
