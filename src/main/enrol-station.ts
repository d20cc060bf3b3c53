import { join } from "node:path";
import type { Clock, Network } from "#core/ports.ts";
import { readEnrolment, signingKeyOf, writeEnrolment, writeRules } from "#main/enrolment-record.ts";
import type { EnrolmentRecord } from "#main/enrolment-record.ts";
import type { Log } from "#main/log.ts";
import type { StationStore } from "#main/station-store.ts";
import { tellWiped } from "#main/tell-wiped.ts";
import { UsageError } from "#main/usage-error.ts";
import { readWipeNote, removeWipeNote } from "#main/wipe-note.ts";
import { sealEscrow } from "#sealing/escrow.ts";
import { fromBase64url, generateKeyPair } from "#sealing/keys.ts";
import { writeFileDurably } from "#storage/durable-file.ts";
import { enrol } from "#sync/enrol.ts";
import type { EnrolmentRefusal } from "#sync/enrol.ts";
import { createNetwork } from "#sync/network.ts";

export type EnrolStationParts = {
  readonly store: StationStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly builtAtMs: number;
  readonly bootId: string;
  readonly serverUrl: string;
  /** Gives the code: from the command line, or a fresh one from the embedded server. */
  readonly code: () => Promise<string | null>;
  readonly signal: AbortSignal;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** How long a start waits for the province to hear that the station before was wiped. */
const TELL_AT_MOST_MS = 10_000;

/**
 * The enrolment that is on disk, or a new one: waits for the server as long as it takes. Throws {@link UsageError} when
 * the code is refused, or when there is neither an enrolment nor a code. Null when `signal` aborts.
 */
export async function enrolStation(parts: EnrolStationParts): Promise<EnrolmentRecord | null> {
  const kept = readEnrolment(parts.store.settings);
  if (kept !== null) return { ...kept, serverUrl: parts.serverUrl };
  const { folder } = parts.store;
  await tellWiped({ ...parts, folder, network: networkOf(parts) }, tellingSignal(parts.signal));
  const code = await parts.code();
  if (code === null) throw needsCode(readWipeNote(folder) !== null);
  const answer = await enrolUntilAnswered(parts, code);
  if (answer === null) return null;
  const record = { serverUrl: parts.serverUrl, answer };
  writeEscrow(parts.store, answer.keys.sealing_key);
  writeRules(parts.store.settings, answer.rules);
  writeEnrolment(parts.store.settings, record);
  if (readWipeNote(folder)?.step === "told") removeWipeNote(folder);
  parts.log.event("enrolled", { station: answer.station });
  return record;
}

async function enrolUntilAnswered(parts: EnrolStationParts, code: string) {
  const keyPair = signingKeyOf(parts.store.settings, () => generateKeyPair("ed25519"));
  const network = networkOf(parts);
  const attempt = { network, code, keyPair, appVersion: parts.version, signal: parts.signal };
  for (
    let waitMs = FIRST_WAIT_MS;
    !parts.signal.aborted;
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  ) {
    const result = await enrol(attempt);
    if (result.kind === "enrolled") return result.answer;
    if (result.kind === "refused") throw refusal(result.reason);
    parts.log.event("network", { problem: result.failure, path: "/v1/enrolments" });
    await parts.clock.sleep(waitMs, parts.signal);
  }
  return null;
}

/** What is not told now is told beside the new station's work. */
function tellingSignal(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(TELL_AT_MOST_MS)]);
}

function networkOf(parts: EnrolStationParts): Network {
  return createNetwork(parts.serverUrl, {
    nowMs: () => parts.clock.nowMs(),
    builtAtMs: parts.builtAtMs,
  });
}

function needsCode(isWiped: boolean): UsageError {
  return isWiped
    ? new UsageError(
        "Trạm này đã được xóa theo yêu cầu của tỉnh. Muốn dùng tiếp, hãy chạy lại với --enrol và mã đăng ký mới do tỉnh cấp.",
        "This station was erased by order of the province. To use it again, start it with --enrol and a new code given by the province.",
      )
    : new UsageError(
        "Trạm chưa đăng ký. Hãy chạy lại với --enrol và mã đăng ký do tỉnh cấp.",
        "This station is not enrolled. Start it again with --enrol and the code given by the province.",
      );
}

function writeEscrow(store: StationStore, sealingKey: string): void {
  const sealed = sealEscrow(store.key, fromBase64url(sealingKey), generateKeyPair("x25519"));
  writeFileDurably(join(store.folder, "book.key.escrow"), sealed);
}

const refusals: Readonly<Record<EnrolmentRefusal, readonly [string, string]>> = {
  used: [
    "Mã đăng ký này đã được dùng. Hãy xin mã mới.",
    "This enrolment code was already used. Ask for a new one.",
  ],
  expired: [
    "Mã đăng ký đã hết hạn. Hãy xin mã mới.",
    "This enrolment code has expired. Ask for a new one.",
  ],
  locked: [
    "Mã đăng ký bị khóa vì nhập sai nhiều lần. Hãy xin mã mới.",
    "This enrolment code is locked after too many wrong tries. Ask for a new one.",
  ],
  unknown: [
    "Máy chủ không biết mã đăng ký này. Hãy kiểm tra lại mã.",
    "The server does not know this enrolment code. Check it.",
  ],
  malformed: [
    "Mã đăng ký phải có đúng 20 chữ số; hãy kiểm tra lại từng số.",
    "An enrolment code has exactly 20 digits and a check digit; check each of them.",
  ],
  "wrong-server": [
    "Địa chỉ --server không phải là máy chủ của tỉnh.",
    "The address given with --server is not a provincial server.",
  ],
};

function refusal(reason: EnrolmentRefusal): UsageError {
  const [vietnamese, english] = refusals[reason];
  return new UsageError(vietnamese, english);
}
