/** Electron's entry: the built `out/main/electron.js`. */
import * as electron from "electron";
import { fileURLToPath } from "node:url";
import { startElectronStation } from "#main/electron-station.ts";
import { runElectron } from "#main/electron-shell.ts";
import { createLog } from "#main/log.ts";
import { UsageError } from "#main/usage-error.ts";

const { app, safeStorage } = electron;
const log = createLog((line) => process.stderr.write(line));
// An unpacked run has the app's folder between the program and the flags.
const args = process.argv.slice(app.isPackaged ? 1 : 2);

// Not awaited: Electron becomes ready only after this module has been evaluated, and would wait for itself for ever.
void run();

async function run(): Promise<void> {
  try {
    await runElectron({
      electron,
      startStation: () =>
        startElectronStation({ args, environment: process.env, safeStorage, log }),
      outDir: fileURLToPath(new URL("..", import.meta.url)),
      log,
    });
    app.exit(0);
  } catch (cause) {
    log.fault("stopped", cause);
    const isForPeople = cause instanceof UsageError;
    process.stderr.write(
      isForPeople ? `${cause.vietnamese}\n${cause.english}\n` : `${String(cause)}\n`,
    );
    app.exit(1);
  }
}
