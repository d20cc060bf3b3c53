import { homedir } from "node:os";
import { join } from "node:path";

/** Shown to stations until an administrator names the province. */
export const DEFAULT_PROVINCE_NAME = "Tỉnh (chưa đặt tên)";

/** Where data is when nobody says; the same folder as the station's, so that one machine can be both. */
export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === "win32") return join(environment["LOCALAPPDATA"] ?? homedir(), "TramQR");
  // Root has no home that PostgreSQL's unprivileged user may enter.
  if (process.getuid?.() === 0) return "/var/lib/tramqr";
  return join(environment["XDG_DATA_HOME"] ?? join(homedir(), ".local/share"), "tramqr");
}
