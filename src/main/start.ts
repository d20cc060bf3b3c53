import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Outcome } from "#main/check-in.ts";
import { startEmbeddedServer } from "#main/embedded-server.ts";
import type { EmbeddedServer } from "#main/embedded-server.ts";
import { createLanes } from "#main/lane-drivers.ts";
import { createLog } from "#main/log.ts";
import type { Log } from "#main/log.ts";
import { openLogFile } from "#main/log-file.ts";
import { describeFault } from "#main/start-faults.ts";
import { parseStartOptions } from "#main/start-options.ts";
import type { StartOptions } from "#main/start-options.ts";
import { startStation } from "#main/start-station.ts";
import type { StartedStation } from "#main/start-station.ts";
import { openWindow } from "#main/open-window.ts";
import type { StationWindow } from "#main/open-window.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";

/** What the running program knows of itself. */
export type ProgramVersion = { readonly version: string; readonly builtAtMs: number };

/** `tramqr start`: embedded server, station, window. Resolves to the exit code once everything has stopped in order. */
export async function runStart(args: readonly string[]): Promise<number> {
  const options = parseStartOptions(args, process.env);
  const stopping = stopOnSignals();
  const running: { window?: StationWindow; station?: StartedStation; server?: EmbeddedServer } = {};
  const logFile = await openLogFile(options.dataDir);
  const log = createLog((line) => logFile.write(line));
  try {
    await runAll(options, log, stopping.signal, running);
    return 0;
  } catch (cause) {
    const words = describeFault(cause, options);
    log.fault("stopped", cause);
    throw words;
  } finally {
    await running.window?.close();
    await running.station?.stop();
    await running.server?.stop();
    log.event("stopped");
    await logFile.close();
    stopping.release();
    say("TramQR stopped");
  }
}

async function runAll(
  options: StartOptions,
  log: Log,
  signal: AbortSignal,
  running: { window?: StationWindow; station?: StartedStation; server?: EmbeddedServer },
): Promise<void> {
  const program = programVersion();
  if (options.serverUrl === null) {
    running.server = await startEmbeddedServer({
      dataDir: options.dataDir,
      port: options.serverPort,
      onDeath: () => log.event("server", { problem: "died" }),
    });
  }
  const { server } = running;
  const serverUrl = options.serverUrl ?? server?.url ?? "";
  const { lanes, remarks } = await createLanes(options);
  for (const remark of remarks) say(remark);
  const station = await startStation({
    ...program,
    dataDir: options.dataDir,
    serverUrl,
    enrolmentCode: async () => options.enrolmentCode ?? (await server?.enrolmentCode()) ?? null,
    lanes,
    wrapping: plainKeyWrapping,
    shell: "browser",
    log,
    onOutcome: (outcome, lane) => printOutcome(options, outcome, lane),
    signal,
  });
  if (station === null) return;
  running.station = station;
  running.window = await openWindow({ options, host: station.host, log });
  const { place_name: place, gate_name: gate } = station.enrolment.answer;
  say(`Trạm: ${place} – ${gate}. Máy chủ tỉnh: ${serverUrl}. ${running.window.description}`);
  say(
    `TramQR ready ${running.window.url ?? "headless"} ${serverUrl} ${lanes.map((lane) => lane.source.device).join(" ")}`,
  );
  log.event("started", { version: program.version });
  await untilDone(options, station, signal);
}

/** Until a signal; or, when every scanner named is a source that ends by itself, until its end is uploaded. */
async function untilDone(
  options: StartOptions,
  station: StartedStation,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ended = station.sourcesEnded.then(() =>
    options.findsScanners ? aborted : station.drained(),
  );
  await Promise.race([aborted, ended]);
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

function programVersion(): ProgramVersion {
  const path = fileURLToPath(new URL("../../package.json", import.meta.url));
  const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? String(manifest.version)
      : "0";
  return { version, builtAtMs: statSync(path).mtimeMs };
}

/** The first signal ends everything in order; later ones change nothing, and a hang-up of the terminal counts as one. */
function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, stop);
    },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
