import { isoTime } from "#core/dates.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { oneWord } from "#server/admin/flags.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import { addGate, addPlace } from "#server/stations/places.ts";
import { listStations, revokeStation } from "#server/stations/registry.ts";
import { openCase } from "#server/tracing/cases.ts";
import { periodOf } from "#server/tracing/flag-values.ts";
import { windowOf } from "#server/tracing/period.ts";
import { appendAudit, audited } from "#server/vault/audit.ts";

/** `case open ID --basis TEXT --reason TEXT [--from DAY --to DAY]`: the legal reason of openings, and what it may ask about. */
export async function openCaseCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const caseNumber = oneWord(flags, "The number of the case");
  const [basis, reason] = [flags.text("basis"), flags.text("reason")];
  const window = flags.optionalText("from") === null ? null : windowOf(periodOf(flags));
  const opened = { case: caseNumber, basis, reason, window };
  const isNew = await openCase(parts.pool, opened, actor, parts.clock.nowMs());
  if (!isNew) {
    await io.error(`Case ${caseNumber} is open already.`);
    return 1;
  }
  await io.write(JSON.stringify({ case: caseNumber, basis, reason }));
  return 0;
}

/** `place add --name TEXT [--type TEXT] [--address TEXT]`. */
export async function addPlaceCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const place = {
    name: flags.text("name"),
    type: flags.optionalText("type"),
    address: flags.optionalText("address"),
  };
  const id = await inTransaction(parts.pool, async (client) => {
    const nowMs = parts.clock.nowMs();
    const added = await addPlace(client, place, parts.random, nowMs);
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "place-added", target: added }]);
    return added;
  });
  await io.write(JSON.stringify({ place: id, ...place }));
  return 0;
}

/** `gate add --place ID --name TEXT`. */
export async function addGateCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const gate = { place: flags.text("place"), name: flags.text("name") };
  const id = await inTransaction(parts.pool, async (client) => {
    const nowMs = parts.clock.nowMs();
    const added = await addGate(client, gate, parts.random, nowMs);
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "gate-added", target: added }]);
    return added;
  });
  await io.write(JSON.stringify({ gate: id, ...gate }));
  return 0;
}

/** `station list`: one JSON object a line. */
export async function listStationsCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const station of await listStations(parts.pool)) {
    const { enrolled_at_ms, last_hello_at_ms, key_asked_at_ms, key_changed_at_ms, ...rest } =
      station;
    const line = {
      ...rest,
      enrolled_at: isoTime(enrolled_at_ms),
      last_hello_at: isoTime(last_hello_at_ms),
      key_asked_at: isoTime(key_asked_at_ms),
      key_changed_at: isoTime(key_changed_at_ms),
    };
    await io.write(JSON.stringify(line));
  }
  return 0;
}

/** `station revoke ID`: from now on its uploads are held for review. */
export async function revokeStationCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const station = oneWord(flags, "The id of the station");
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, action: "station-revoked", target: station } as const;
  const isKnown = await audited(parts.pool, record, (client) =>
    revokeStation(client, station, nowMs),
  );
  if (!isKnown) {
    await io.error(`There is no station ${station}.`);
    return 1;
  }
  await io.write(JSON.stringify({ station, state: "revoked" }));
  return 0;
}
