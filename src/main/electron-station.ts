import type { SafeStorage } from "electron";
import { createBaudMemory } from "#main/baud-memory.ts";
import { createLanes } from "#main/lane-drivers.ts";
import type { ElectronStation } from "#main/electron-shell.ts";
import type { Log } from "#main/log.ts";
import { programVersion } from "#main/program-version.ts";
import { parseStartOptions } from "#main/start-options.ts";
import { startStation } from "#main/start-station.ts";
import { openStationStore } from "#main/station-store.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { UsageError } from "#main/usage-error.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import type { KeyWrapping } from "#storage/key-files.ts";

export type ElectronStationParts = {
  /** The flags after the program's own name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly safeStorage: SafeStorage;
  readonly log: Log;
};

/**
 * The station inside Electron's main process. It has no embedded server: `npm start` brings one up beside it, an installed
 * station names the province's. Throws what the store throws, and UsageError.
 */
export async function startElectronStation(parts: ElectronStationParts): Promise<ElectronStation> {
  const { log } = parts;
  const options = parseStartOptions(parts.args, parts.environment);
  if (options.serverUrl === null) {
    throw new UsageError(
      'Chưa có địa chỉ máy chủ của tỉnh: hãy ghi server = "https://…" trong tramqr.toml, hoặc chạy với --server.',
      'No provincial server is named: set server = "https://…" in tramqr.toml, or start with --server.',
    );
  }
  const store = await openStationStore({
    dataDir: options.dataDir,
    wrapping: await osKeyWrapping(parts.safeStorage),
    clock: systemClock,
    random: systemRandom,
    onBallastReleased: () => log.event("ballast-released"),
  });
  const ending = new AbortController();
  const { lanes, hotPlug, wedge } = createLanes(options, createBaudMemory(store.settings));
  const station = await startStation({
    ...programVersion(),
    store,
    serverUrl: options.serverUrl,
    enrolmentCode: () => Promise.resolve(options.enrolmentCode),
    lanes,
    hotPlug,
    shell: "electron",
    trustFile: options.trustFile,
    chipTrustFile: options.chipTrustFile,
    log,
    onOutcome() {},
    signal: ending.signal,
  });
  if (station === null) throw new Error("nobody ended the wait for the enrolment");
  return {
    host: station.host,
    takeKey: (key) => wedge.pressKey(key).isSwallowed,
    async stop() {
      ending.abort();
      await station.stop();
      store.close();
    },
  };
}

/** The operating system's key store; a Linux without one ("basic_text" hides nothing) keeps the key in its 0600 files. */
export async function osKeyWrapping(safeStorage: SafeStorage): Promise<KeyWrapping> {
  const isPlain =
    process.platform === "linux" && safeStorage.getSelectedStorageBackend() === "basic_text";
  if (isPlain || !(await safeStorage.isAsyncEncryptionAvailable())) return plainKeyWrapping;
  return {
    name: `safe-storage-${process.platform}`,
    wrap: async (key) =>
      new Uint8Array(await safeStorage.encryptStringAsync(Buffer.from(key).toString("base64"))),
    async unwrap(wrapped) {
      const { result } = await safeStorage.decryptStringAsync(Buffer.from(wrapped));
      return new Uint8Array(Buffer.from(result, "base64"));
    },
  };
}
