import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { LaneSound } from "#contract/bridge.ts";
import type { LaneSettings, StationSettings } from "#contract/settings.ts";
import type { LaneDirection } from "#core/entry.ts";
import { laneName, soundOfLane } from "#main/lane-names.ts";
import { readSettingsFile } from "#main/settings-file.ts";
import { SHIPPED_TRUST_FILE } from "#main/trust-file.ts";
import { UsageError } from "#main/usage-error.ts";

/** One configured scanner: a lane of this gate. */
export type LaneOptions = {
  readonly name: string;
  /** As given: `serial:/dev/ttyUSB0`; null: whatever is found, see `findsScanners`. */
  readonly scanner: string;
  readonly direction: LaneDirection;
  readonly label: string | null;
  readonly sound: LaneSound;
};

/** What `npm start` was asked to do: flags over `TRAMQR_…` variables over the settings file over defaults. */
export type StartOptions = {
  readonly dataDir: string;
  readonly lanes: readonly LaneOptions[];
  /** Scanners that were named on the command line, as given there; they are why `lanes` may differ from the file. */
  readonly scannerFlags: readonly string[];
  /** True when no scanner was named: every scanner that is found is read, and lines typed on the terminal. */
  readonly findsScanners: boolean;
  readonly isHeadless: boolean;
  /** Null: Electron when its binary is there, else the browser. */
  readonly shell: "electron" | "browser" | null;
  /** Null: start the embedded provincial server. */
  readonly serverUrl: string | null;
  readonly enrolmentCode: string | null;
  /** 0: any free port. */
  readonly port: number;
  readonly serverPort: number;
  /** PEM file with the signers of health certificates that are trusted; absolute. */
  readonly trustFile: string;
  /** PEM file with the country signers of card chips that are trusted; null: none are. Absolute. */
  readonly chipTrustFile: string | null;
  /** One JSON line per scan on standard output. */
  readonly printsJson: boolean;
};

const flags = {
  data: { type: "string" },
  scanner: { type: "string", multiple: true },
  headless: { type: "boolean" },
  shell: { type: "string" },
  server: { type: "string" },
  enrol: { type: "string" },
  port: { type: "string" },
  "server-port": { type: "string" },
  trust: { type: "string" },
  "chip-trust": { type: "string" },
  json: { type: "boolean" },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws {@link UsageError} in words for the person at the terminal. */
export function parseStartOptions(args: readonly string[], environment: Environment): StartOptions {
  const given = parseFlags(args);
  const from = (name: string, flag: string | undefined) =>
    flag ?? environment[`TRAMQR_${name.toUpperCase().replaceAll("-", "_")}`];
  const dataDir = resolve(from("data", given.data) ?? defaultDataDir(environment));
  const file = readSettingsFile(join(dataDir, "tramqr.toml"));
  const lanes = lanesOf(given.scanner ?? environment["TRAMQR_SCANNER"]?.split(","), file);
  return {
    dataDir,
    lanes,
    scannerFlags: given.scanner ?? [],
    findsScanners: lanes.length === 0,
    isHeadless:
      given.headless ?? (environment["TRAMQR_HEADLESS"] === "1" || file.headless === true),
    shell: shellOf(from("shell", given.shell) ?? file.shell),
    serverUrl: urlOf(from("server", given.server) ?? file.server),
    enrolmentCode: from("enrol", given.enrol) ?? null,
    port: portOf("port", from("port", given.port) ?? file.port),
    serverPort: portOf(
      "server-port",
      from("server-port", given["server-port"]) ?? file.server_port,
    ),
    chipTrustFile: pathOf(from("chip-trust", given["chip-trust"]) ?? file.chip_trust),
    trustFile: resolve(from("trust", given.trust) ?? file.trust ?? SHIPPED_TRUST_FILE),
    printsJson: given.json ?? environment["TRAMQR_JSON"] === "1",
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
      .values;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : "";
    const known = Object.keys(flags)
      .map((name) => `--${name}`)
      .join(" ");
    throw new UsageError(
      `Không hiểu tham số (${reason}). Có thể dùng: ${known}`,
      `${reason}. Known flags: ${known}`,
    );
  }
}

/**
 * Records go where the machine keeps data of programs: `%ProgramData%`-like folders are for installed stations; a
 * user's own run stays in the user's folder. Root has no home that PostgreSQL's unprivileged user may enter.
 */
function defaultDataDir(environment: Environment): string {
  if (process.platform === "win32") return join(environment["LOCALAPPDATA"] ?? homedir(), "TramQR");
  if (process.getuid?.() === 0) return "/var/lib/tramqr";
  return join(environment["XDG_DATA_HOME"] ?? join(homedir(), ".local/share"), "tramqr");
}

function lanesOf(
  scanners: readonly string[] | undefined,
  file: StationSettings,
): readonly LaneOptions[] {
  const named = scanners?.map((scanner) => ({ scanner })) ?? file.lanes ?? [];
  const lanes = named.map((lane: LaneSettings, index) => ({
    name: lane.name ?? laneName(index),
    scanner: lane.scanner,
    direction: lane.direction ?? "auto",
    label: lane.label ?? null,
    sound: lane.sound ?? soundOfLane(index),
  }));
  const names = lanes.map((lane) => lane.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return lanes;
  throw new UsageError(
    `tramqr.toml: hai làn cùng có tên "${twice}", mỗi làn phải có tên riêng`,
    `tramqr.toml: two lanes are named "${twice}", each needs its own name`,
  );
}

function pathOf(value: string | undefined): string | null {
  return value === undefined ? null : resolve(value);
}

function shellOf(value: string | undefined): "electron" | "browser" | null {
  if (value === undefined) return null;
  if (value === "electron" || value === "browser") return value;
  throw new UsageError(
    `--shell phải là electron hoặc browser, không phải "${value}"`,
    `--shell is electron or browser, not "${value}"`,
  );
}

function urlOf(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (URL.canParse(value) && /^https?:/.test(value)) return value.replace(/\/+$/, "");
  throw new UsageError(
    `--server phải là một địa chỉ như https://tram.example.vn, không phải "${value}"`,
    `--server is an URL such as https://tram.example.vn, not "${value}"`,
  );
}

function portOf(flag: string, value: string | number | undefined): number {
  if (value === undefined) return 0;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(
    `--${flag} phải là số từ 0 đến 65535, không phải "${value}"`,
    `--${flag} is a number from 0 to 65535, not "${value}"`,
  );
}
