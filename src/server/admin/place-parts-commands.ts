import type { Command } from "#server/admin/commands.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { oneWord } from "#server/admin/flags.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { addZone, laneDirections, putGateInZone, setLane } from "#server/registry/parts.ts";
import { OWNER_PATH } from "#server/registry/registration-page.ts";
import { renewOwnerToken } from "#server/registry/registration.ts";
import { UnknownPlace } from "#server/stations/places.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Commands about what a place consists of, and about its owner's link. */
export const placePartsCommands: Readonly<Record<string, Command>> = {
  "place owner-link": { flags: {}, run: ownerLinkCommand },
  "zone add": { flags: { place: "text", name: "text" }, run: zoneCommand },
  "gate zone": { flags: { gate: "text", zone: "text" }, run: gateZoneCommand },
  "lane set": { flags: { gate: "text", lane: "text", direction: "text" }, run: laneCommand },
};

/** `place owner-link ID`: a new secret link for the owner; the one before opens nothing any more. */
async function ownerLinkCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const place = oneWord(flags, "The id of the place");
  const token = await changed(parts, caller, place, async (client) => {
    const renewed = await renewOwnerToken(client, place, parts.random);
    if (renewed === null) throw new UnknownPlace(`There is no place ${place}.`);
    return renewed;
  });
  await caller.io.write(JSON.stringify({ place, owner_path: `${OWNER_PATH}/${token}` }));
  return 0;
}

/** `zone add --place ID --name TEXT`: a part of a place where people meet. */
async function zoneCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const added = { place: flags.text("place"), name: flags.text("name") };
  const zone = await changed(parts, caller, added.place, (client) =>
    addZone(client, added, parts.random),
  );
  await caller.io.write(JSON.stringify({ zone, ...added }));
  return 0;
}

/** `gate zone --gate ID --zone ID`: the zone that a gate leads into. */
async function gateZoneCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const [gate, zone] = [flags.text("gate"), flags.text("zone")];
  await changed(parts, caller, gate, (client) => putGateInZone(client, gate, zone));
  await caller.io.write(JSON.stringify({ gate, zone }));
  return 0;
}

/** `lane set --gate ID --lane NAME --direction in|out|auto`. */
async function laneCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const named = flags.text("direction");
  const direction = laneDirections.find((one) => one === named);
  if (direction === undefined) {
    throw new AdminUsage(`--direction is one of ${laneDirections.join(", ")}.`);
  }
  const lane = { gate: flags.text("gate"), lane: flags.text("lane"), direction };
  await changed(parts, caller, lane.gate, (client) => setLane(client, lane));
  await caller.io.write(JSON.stringify(lane));
  return 0;
}

async function changed<T>(
  parts: AdminParts,
  { actor }: Caller,
  target: string,
  work: (client: Queryable) => Promise<T>,
): Promise<T> {
  return inTransaction(parts.pool, async (client) => {
    const result = await work(client);
    const record = { at_ms: parts.clock.nowMs(), actor, action: "place-changed", target } as const;
    await appendAudit(client, [record]);
    return result;
  });
}
