import { isoTime } from "#core/dates.ts";
import { onlyWord } from "#server/admin/flags.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { fleetTable } from "#server/fleet/fleet-table.ts";
import { parseGateHours, setGateHours } from "#server/fleet/gate-hours.ts";
import { policyCommands } from "#server/fleet/policy-commands.ts";
import { readGates } from "#server/fleet/read-gates.ts";
import { readStations } from "#server/fleet/read-stations.ts";
import { isStationState, setStationState, stationStates } from "#server/fleet/station-state.ts";
import { askForNewKey } from "#server/stations/new-key.ts";
import { audited } from "#server/vault/audit.ts";

/** Commands about stations and gates as a fleet. */
export const fleetCommands: Readonly<Record<string, Command>> = {
  fleet: { flags: { json: "switch", trouble: "switch" }, run: fleetCommand },
  "station state": { flags: { to: "text" }, run: stationStateCommand },
  "station rotate-key": { flags: {}, run: rotateKeyCommand },
  "gate hours": { flags: { hours: "text" }, run: gateHoursCommand },
  ...policyCommands,
};

/** `fleet [--json] [--trouble]`: every station and gate with what is to be looked after; with `--trouble` only those. */
async function fleetCommand(parts: AdminParts, flags: Flags, { io }: Caller): Promise<number> {
  const nowMs = parts.clock.nowMs();
  const isWanted = (hasTrouble: boolean) => hasTrouble || !flags.isSet("trouble");
  const stations = (await readStations(parts.pool, nowMs)).filter((station) =>
    isWanted(station.findings.length > 0),
  );
  const gates = (await readGates(parts.pool, nowMs)).filter((gate) =>
    isWanted(gate.silence === "silent"),
  );
  const lines = flags.isSet("json")
    ? [
        ...stations.map((station) => JSON.stringify({ kind: "station", ...station })),
        ...gates.map((gate) => JSON.stringify({ kind: "gate", ...gate })),
      ]
    : fleetTable(stations, gates, nowMs);
  for (const line of lines) await io.write(line);
  return 0;
}

/** `station state ID --to active|upload-only|wipe|revoked`: the station learns of it with its next hello. */
async function stationStateCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const station = onlyWord(flags, "The id of the station");
  const state = flags.text("to");
  if (!isStationState(state)) throw new AdminUsage(`--to is one of ${stationStates.join(", ")}.`);
  const nowMs = parts.clock.nowMs();
  const target = `${station} ${state}`;
  const record = { at_ms: nowMs, actor, action: "station-state-set", target } as const;
  const isKnown = await audited(parts.pool, record, (client) =>
    setStationState(client, station, state, nowMs),
  );
  if (isKnown) await io.write(JSON.stringify({ station, state }));
  else await io.error(`There is no station ${station}.`);
  return isKnown ? 0 : 1;
}

/** `station rotate-key ID`: the station makes a new key with its next hello; both count until the new one was used. */
async function rotateKeyCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const station = onlyWord(flags, "The id of the station");
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, action: "station-key-asked", target: station } as const;
  const isKnown = await audited(parts.pool, record, (client) =>
    askForNewKey(client, station, nowMs),
  );
  if (isKnown) await io.write(JSON.stringify({ station, asked_at: isoTime(nowMs) }));
  else await io.error(`There is no station ${station}.`);
  return isKnown ? 0 : 1;
}

/** `gate hours GATE --hours "1-5 07:00-17:00; 6 07:00-11:30"`: when it is open (1 is Monday); days not named are closed; `place`: as its place. */
async function gateHoursCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const gate = onlyWord(flags, "The id of the gate");
  const text = flags.text("hours");
  const hours = text === "place" ? [] : parseGateHours(text);
  if (hours === null) {
    throw new AdminUsage(
      '--hours is such as "1-5 07:00-17:00; 6 07:00-11:30" (1 is Monday), or "place".',
    );
  }
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, action: "gate-hours-set", target: gate } as const;
  const isKnown = await audited(parts.pool, record, (client) => setGateHours(client, gate, hours));
  if (isKnown) await io.write(JSON.stringify({ gate, hours }));
  else await io.error(`There is no gate ${gate}.`);
  return isKnown ? 0 : 1;
}
