import { onTestFinished } from "vitest";
import type { ScreenEvents, VerdictView } from "#contract/bridge.ts";
import type { EnrolmentAnswer } from "#contract/wire.ts";
import type { Clock } from "#core/ports.ts";
import type { Outcome } from "#main/outcome.ts";
import { rulesFromWire } from "#main/enrolment-record.ts";
import { createLog } from "#main/log.ts";
import { createStation } from "#main/station.ts";
import type { Station, StationLane, StationParts } from "#main/station.ts";
import { openStationStore } from "#main/station-store.ts";
import type { StationStore } from "#main/station-store.ts";
import { systemRandom } from "#main/system-ports.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { generateKeyPair, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import { createFakeClock } from "../sync/fake-clock.ts";
import type { FakeClock } from "../sync/fake-clock.ts";
import { testFolder } from "../storage/test-book.ts";

/** Keys of a made-up province, with the halves that a station never sees. */
export type TestProvince = { readonly sealing: KeyPair; readonly enrolment: EnrolmentAnswer };

export function testProvince(rules: Partial<EnrolmentAnswer["rules"]> = {}): TestProvince {
  const sealing = generateKeyPair("x25519");
  return {
    sealing,
    enrolment: {
      station: "station-1",
      place: "place-1",
      place_name: "Tòa nhà A",
      gate: "gate-1",
      gate_name: "Cổng chính",
      province_name: "Tỉnh Thử",
      keys: {
        sealing_key: toBase64url(sealing.publicKey),
        answer_key: toBase64url(generateKeyPair("ed25519").publicKey),
        personal_code_keys: [],
        opaque_key: toBase64url(new Uint8Array(32).fill(5)),
      },
      rules: {
        version: 1,
        swallow_ms: 3_000,
        repeat_window_ms: 120_000,
        expired_card: "admit",
        capacity: null,
        keep_extras: false,
        watch_list: [],
        ...rules,
      },
      server_time_ms: 0,
    },
  };
}

export type TestStation = {
  readonly station: Station;
  readonly store: StationStore;
  readonly clock: FakeClock;
  readonly province: TestProvince;
  readonly verdicts: VerdictView[];
  /** Lanes of swallowed scans. */
  readonly ticks: string[];
  readonly outcomes: Outcome[];
  readonly logLines: string[];
  /** A scan of this text at lane-1, now. */
  scan(text: string): Outcome;
};

export type TestStationOptions = {
  readonly dataDir?: string;
  readonly province?: TestProvince;
  readonly direction?: "in" | "out" | "auto";
  readonly clock?: FakeClock;
  /** Signers of health certificates that are trusted; none. */
  readonly signers?: readonly TrustedSigner[];
  /** Instead of one serial lane. */
  readonly lanes?: readonly StationLane[];
  readonly takeTyped?: StationParts["takeTyped"];
};

/** A real station over a real encrypted book; only time is fake. */
export async function startTestStation(options: TestStationOptions = {}): Promise<TestStation> {
  const clock = options.clock ?? createFakeClock();
  const province = options.province ?? testProvince();
  const store = await openTestStore(options.dataDir ?? testFolder(), clock);
  const verdicts: VerdictView[] = [];
  const outcomes: Outcome[] = [];
  const logLines: string[] = [];
  const station = createStation({
    store,
    enrolment: { serverUrl: "http://127.0.0.1", answer: province.enrolment },
    lanes: options.lanes ?? [
      {
        name: "lane-1",
        driver: "serial:/dev/ttyS9",
        direction: options.direction ?? "auto",
        label: null,
        sound: "normal",
        isShown: true,
      },
    ],
    clock,
    random: systemRandom,
    bootId: "boot-1",
    log: createLog((line) => logLines.push(line)),
    offset: () => null,
    version: "0",
    shell: "browser",
    readHealthCertificate: createHealthCertificateReader(options.signers ?? []),
    onOutcome: (outcome) => outcomes.push(outcome),
    ...(options.takeTyped === undefined ? {} : { takeTyped: options.takeTyped }),
  });
  station.setRules(rulesOf(province));
  const ticks: string[] = [];
  const screen: ScreenEvents = {
    verdict: (view) => verdicts.push(view),
    status() {},
    recent() {},
    swallowed: (lane) => ticks.push(lane),
  };
  station.host.subscribe(screen);
  onTestFinished(() => station.close());
  const scan = (text: string) =>
    station.take(
      { bytes: Buffer.from(text, "utf8"), atMs: clock.nowMs(), device: "test" },
      "lane-1",
    );
  return { station, store, clock, province, verdicts, ticks, outcomes, logLines, scan };
}

function openTestStore(dataDir: string, clock: Clock): Promise<StationStore> {
  return openStationStore({
    dataDir,
    wrapping: plainKeyWrapping,
    clock,
    random: systemRandom,
    onBallastReleased() {},
  });
}

function rulesOf(province: TestProvince) {
  return rulesFromWire(province.enrolment.rules);
}
