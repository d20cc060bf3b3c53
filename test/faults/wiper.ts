/**
 * A station that obeys an order to wipe, as a process of its own, to be killed. Arguments: data folder, file to which
 * the last hello is appended, secret answer key of its province in base64url. The province answers in this process.
 */
import { randomBytes } from "node:crypto";
import { readEnrolment } from "#main/enrolment-record.ts";
import { createLog } from "#main/log.ts";
import { openSigningKeys } from "#main/signing-keys.ts";
import { createStation } from "#main/station.ts";
import { openStationStore } from "#main/station-store.ts";
import { startStationSync } from "#main/station-sync.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { tellWiped } from "#main/tell-wiped.ts";
import { createWipe } from "#main/wipe-station.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { fromBase64url, keyPairFromSecret } from "#sealing/keys.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import { obedientProvince } from "./obedient-province.ts";

const [dataDir = "", heardFile = "", answerSecret = ""] = process.argv.slice(2);
const answerKey = keyPairFromSecret("ed25519", fromBase64url(answerSecret));
const log = createLog(() => {});

const network = obedientProvince(answerKey, heardFile);

const store = await openStationStore({
  dataDir,
  wrapping: plainKeyWrapping,
  clock: systemClock,
  random: systemRandom,
  onBallastReleased() {},
});
const common = {
  network,
  clock: systemClock,
  bootId: randomBytes(8).toString("hex"),
  version: "0",
  log,
};
const never = new AbortController().signal;
const enrolment = readEnrolment(store.settings);
if (enrolment === null) await tellWiped({ ...common, folder: store.folder }, never);
else await wipeWhole(enrolment);
store.close();

async function wipeWhole(record: NonNullable<typeof enrolment>): Promise<void> {
  const offset = createClockOffset(systemClock);
  const station = createStation({
    ...common,
    store,
    enrolment: record,
    lanes: [],
    random: systemRandom,
    offset: () => offset.current(),
    shell: "browser",
    readHealthCertificate: createHealthCertificateReader([]),
    onOutcome() {},
  });
  const syncing = new AbortController();
  const signingKeys = openSigningKeys(store.settings, record.answer.station);
  const parts = { ...common, store, station, enrolment: record };
  const release = async () => {
    syncing.abort();
    await sync.ended;
  };
  const wipe = createWipe({ ...parts, signingKeys, release, signal: never });
  const sync = startStationSync({
    ...parts,
    settings: store.settings,
    signingKeys,
    random: systemRandom,
    offset,
    onOrder: (heard) => wipe.onOrder(heard),
    signal: syncing.signal,
  });
  await sync.ended;
  await wipe.done();
  station.close();
}
