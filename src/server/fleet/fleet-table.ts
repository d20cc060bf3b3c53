import type { FleetGate } from "#server/fleet/read-gates.ts";
import type { FleetStation } from "#server/fleet/read-stations.ts";

const MIB = 1024 * 1024;

/** The board as lines for a terminal: stations, then gates. */
export function fleetTable(
  stations: readonly FleetStation[],
  gates: readonly FleetGate[],
  nowMs: number,
): readonly string[] {
  const stationRows = stations.map((one) => [
    one.station,
    `${one.place_name} / ${one.gate_name}`,
    one.state,
    one.app_version,
    ago(one.last_hello_at, nowMs),
    one.pending === null ? "-" : String(one.pending),
    one.clock_offset_ms === null ? "-" : `${(one.clock_offset_ms / 1_000).toFixed(1)} s`,
    one.disk_free_bytes === null ? "-" : `${Math.floor(one.disk_free_bytes / MIB)} MiB`,
    one.scanners.map(({ state }) => state).join(",") || "-",
    one.findings.join(", ") || "ok",
  ]);
  const gateRows = gates.map((one) => [
    one.gate,
    `${one.place_name} / ${one.gate_name}`,
    ago(one.last_entry_at, nowMs),
    one.expected === null ? "-" : one.expected.toFixed(0),
    one.silence,
  ]);
  return [
    ...aligned([
      [
        "STATION",
        "WHERE",
        "STATE",
        "VERSION",
        "HELLO",
        "PENDING",
        "CLOCK",
        "DISK",
        "SCANNERS",
        "FINDINGS",
      ],
      ...stationRows,
    ]),
    "",
    ...aligned([["GATE", "WHERE", "LAST ENTRY", "EXPECTED", "SILENCE"], ...gateRows]),
  ];
}

function ago(at: string | null, nowMs: number): string {
  if (at === null) return "never";
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(at)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
