import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { randomUUID } from "node:crypto";
import type { EnrolmentAnswer } from "#contract/wire.ts";
import { createLog } from "#main/log.ts";
import { createStation } from "#main/station.ts";
import type { Station } from "#main/station.ts";
import { openStationStore } from "#main/station-store.ts";
import type { StationStore } from "#main/station-store.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { generateKeyPair, toBase64url } from "#sealing/keys.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import type { ClockOffset } from "#sync/clock-offset.ts";

/** A real station over a real folder, on the machine's own clock. */
export type BenchStation = {
  readonly station: Station;
  readonly store: StationStore;
  readonly bootId: string;
  close(): void;
};

export async function openBenchStation(
  dataDir: string,
  enrolment: EnrolmentAnswer,
  offset?: ClockOffset,
): Promise<BenchStation> {
  const store = await openBenchStore(dataDir);
  const bootId = randomUUID();
  const station = createStation({
    store,
    enrolment: { serverUrl: "http://127.0.0.1", answer: enrolment },
    lanes: [
      {
        name: "lane-1",
        driver: "bench",
        direction: "in",
        label: null,
        sound: "normal",
        isShown: true,
      },
    ],
    clock: systemClock,
    random: systemRandom,
    bootId,
    log: createLog(() => {}),
    offset: () => offset?.current() ?? null,
    version: "0",
    shell: "browser",
    readHealthCertificate: createHealthCertificateReader([]),
    onOutcome() {},
  });
  return {
    station,
    store,
    bootId,
    close() {
      station.close();
      store.close();
    },
  };
}

export function openBenchStore(dataDir: string): Promise<StationStore> {
  return openStationStore({
    dataDir,
    wrapping: plainKeyWrapping,
    clock: systemClock,
    random: systemRandom,
    onBallastReleased() {},
  });
}

/** An enrolment with a province that nobody plays. */
export function benchEnrolment(): EnrolmentAnswer {
  return {
    station: "station-1",
    place: "place-1",
    place_name: "Nơi đo",
    gate: "gate-1",
    gate_name: "Cổng đo",
    province_name: "Tỉnh đo",
    keys: {
      sealing_key: toBase64url(generateKeyPair("x25519").publicKey),
      answer_key: toBase64url(generateKeyPair("ed25519").publicKey),
      personal_code_keys: [],
      opaque_key: toBase64url(new Uint8Array(32)),
    },
    rules: {
      version: 1,
      swallow_ms: 3_000,
      repeat_window_ms: 120_000,
      expired_card: "admit",
      capacity: null,
      keep_extras: false,
      watch_list: [],
    },
    server_time_ms: 0,
  };
}
