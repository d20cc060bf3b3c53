import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { StartOptions } from "#main/start-options.ts";

export type RunElectronParts = {
  readonly binary: string;
  readonly options: StartOptions;
  readonly serverUrl: string;
  readonly enrolmentCode: string | null;
  readonly signal: AbortSignal;
};

/** The station in Electron's own process, with this one as its keeper. Resolves to its exit code. */
export async function runElectronProcess(parts: RunElectronParts): Promise<number> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const child = spawn(parts.binary, [root, ...electronArguments(parts)], { stdio: "inherit" });
  const stop = () => child.kill("SIGTERM");
  parts.signal.addEventListener("abort", stop, { once: true });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  parts.signal.removeEventListener("abort", stop);
  return parts.signal.aborted ? 0 : code;
}

/** The same options as flags, with the server that runs beside it. What stands in the settings file the station reads there. */
export function electronArguments(
  parts: Omit<RunElectronParts, "signal" | "binary">,
): readonly string[] {
  const { options, serverUrl, enrolmentCode } = parts;
  return [
    "--data",
    options.dataDir,
    "--server",
    serverUrl,
    ...(enrolmentCode === null ? [] : ["--enrol", enrolmentCode]),
    ...options.scannerFlags.flatMap((scanner) => ["--scanner", scanner]),
    "--trust",
    options.trustFile,
    ...(options.chipTrustFile === null ? [] : ["--chip-trust", options.chipTrustFile]),
    ...(options.printsJson ? ["--json"] : []),
  ];
}
