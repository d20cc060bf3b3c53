import type { Outcome } from "#main/outcome.ts";
import { readEnrolment, serverOfBefore } from "#main/enrolment-record.ts";
import { startEmbeddedServer } from "#main/embedded-server.ts";
import type { EmbeddedServer } from "#main/embedded-server.ts";
import { createBaudMemory } from "#main/baud-memory.ts";
import { createLanes } from "#main/lane-drivers.ts";
import { createLog } from "#main/log.ts";
import type { Log } from "#main/log.ts";
import { openLogFile } from "#main/log-file.ts";
import type { LogFile } from "#main/log-file.ts";
import { describeFault } from "#main/start-faults.ts";
import { parseStartOptions } from "#main/start-options.ts";
import type { StartOptions } from "#main/start-options.ts";
import { startStation } from "#main/start-station.ts";
import type { StartedStation } from "#main/start-station.ts";
import { stopOnSignals } from "#main/stop-signals.ts";
import { findElectron, openWindow } from "#main/open-window.ts";
import { programVersion } from "#main/program-version.ts";
import { runElectronProcess } from "#main/run-electron.ts";
import { typedScansTo } from "#main/typed-scans.ts";
import { UsageError } from "#main/usage-error.ts";
import type { StationWindow } from "#main/open-window.ts";
import { openStationStore } from "#main/station-store.ts";
import type { StationStore } from "#main/station-store.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";

/** What is open, to be closed in the reverse order. */
type Open = {
  store?: StationStore;
  server?: EmbeddedServer;
  station?: StartedStation;
  window?: StationWindow;
};

/** `tramqr start`: embedded server, station, window. Resolves to the exit code once everything has stopped in order. */
export async function runStart(args: readonly string[]): Promise<number> {
  const options = parseStartOptions(args, process.env);
  const stopping = stopOnSignals();
  const open: Open = {};
  let logFile: LogFile | null = null;
  try {
    logFile = await openLogFile(options.dataDir);
    await runAll(options, createLog(logFile.write), stopping.signal, open);
    return 0;
  } catch (cause) {
    throw describeFault(cause, options);
  } finally {
    await closeAll(open);
    await logFile?.close();
    stopping.release();
    if (open.station !== undefined) say("TramQR stopped");
  }
}

async function closeAll(open: Open): Promise<void> {
  await open.window?.close();
  await open.station?.stop();
  open.store?.close();
  await open.server?.stop();
}

async function runAll(
  options: StartOptions,
  log: Log,
  signal: AbortSignal,
  open: Open,
): Promise<void> {
  const program = programVersion();
  const store = await openStore(options, log);
  open.store = store;
  const bauds = createBaudMemory(store.settings);
  const { lanes, hotPlug, remarks, wedge } = createLanes(options, bauds);
  const province = options.serverUrl ?? serverOfBefore(store.settings, options.dataDir);
  if (province === null) {
    open.server = await startEmbeddedServer({
      dataDir: options.dataDir,
      port: options.serverPort,
      onDeath: () => log.event("server", { problem: "died" }),
    });
  }
  const { server } = open;
  const electron = electronFor(options);
  const serverUrl = province ?? server?.url ?? "";
  const enrolmentCode = async () =>
    options.enrolmentCode ?? (await server?.enrolmentCode()) ?? null;
  if (electron !== null) {
    const isEnrolled = readEnrolment(store.settings) !== null;
    store.close();
    const code = isEnrolled ? null : await enrolmentCode();
    say(`Cửa sổ: Electron (${electron}). Máy chủ tỉnh: ${serverUrl}`);
    await runElectronProcess({ binary: electron, options, serverUrl, enrolmentCode: code, signal });
    return;
  }
  const station = await startStation({
    ...program,
    store,
    serverUrl,
    enrolmentCode,
    lanes,
    hotPlug,
    takeTyped: typedScansTo(wedge),
    shell: "browser",
    trustFile: options.trustFile,
    chipTrustFile: options.chipTrustFile,
    log,
    onOutcome: (outcome, lane) => printOutcome(options, outcome, lane),
    signal,
  });
  if (station === null) return;
  open.station = station;
  open.window = await openWindow({ options, host: station.host, log });
  for (const remark of await remarks()) say(remark);
  const { place_name: place, gate_name: gate } = station.enrolment.answer;
  say(`Trạm: ${place} – ${gate}. Máy chủ tỉnh: ${serverUrl}. ${open.window.description}`);
  await station.scannersTried();
  const devices = station.devices.join(" ");
  say(`TramQR ready ${open.window.url ?? "headless"} ${serverUrl} ${devices}`);
  log.event("started", { version: program.version });
  await untilDone({ options, station, window: open.window, signal });
  log.event("stopped");
}

/** Electron's binary when it is to be used; null: the browser shell, or no window. */
function electronFor(options: StartOptions): string | null {
  if (options.isHeadless || options.shell === "browser") return null;
  const binary = findElectron(process.env);
  if (binary !== null || options.shell === null) return binary;
  throw new UsageError(
    "Chưa có Electron trên máy này: hãy chạy npm run electron:install, hoặc dùng --shell browser.",
    "There is no Electron here: run npm run electron:install, or use --shell browser.",
  );
}

function openStore(options: StartOptions, log: Log): Promise<StationStore> {
  return openStationStore({
    dataDir: options.dataDir,
    wrapping: plainKeyWrapping,
    clock: systemClock,
    random: systemRandom,
    onBallastReleased: () => log.event("ballast-released"),
  });
}

type Lasting = {
  readonly options: StartOptions;
  readonly station: StartedStation;
  readonly window: StationWindow;
  readonly signal: AbortSignal;
};

/**
 * Until a signal, or until a person closes the window; or, when every scanner named is a source that ends by itself,
 * until its end is uploaded.
 */
async function untilDone({ options, station, window, signal }: Lasting): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ended = station.sourcesEnded.then(() =>
    options.findsScanners ? aborted : station.drained(),
  );
  await Promise.race([aborted, ended, window.closed]);
}

/** One line per scan: JSON when asked, else a short one without personal data. */
function printOutcome(options: StartOptions, outcome: Outcome, lane: string): void {
  const verdict = outcome.verdict?.kind ?? "swallowed";
  if (options.printsJson) {
    const line = {
      verdict,
      document_kind: outcome.documentKind,
      direction: outcome.direction,
      reason: outcome.reason,
      event_id: outcome.eventId,
      durable_ms: outcome.durableMs === null ? null : Number(outcome.durableMs.toFixed(3)),
    };
    return say(JSON.stringify(line));
  }
  const words = [lane, verdict, outcome.documentKind, outcome.reason].filter(
    (word) => word !== null,
  );
  say(`  ${words.join(" · ")}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
