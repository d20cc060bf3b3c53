import { isoTime } from "#core/dates.ts";
import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "#server/admin/commands.ts";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { oneWord, onlyWord } from "#server/admin/flags.ts";
import { everyRow } from "#server/admin/every-row.ts";
import type { Flags } from "#server/admin/flags.ts";
import {
  adoptCodeCommand,
  listCommunesCommand,
  unknownCodesCommand,
} from "#server/admin/place-code-commands.ts";
import { placePartsCommands } from "#server/admin/place-parts-commands.ts";
import { placePoster } from "#server/registry/place-poster.ts";
import { communeFinder, listCommunes } from "#server/registry/communes.ts";
import { readCsv } from "#server/registry/csv.ts";
import { importPlaces } from "#server/registry/import-places.ts";
import type { ImportResult } from "#server/registry/import-places.ts";
import { openingHoursText } from "#server/registry/opening-hours.ts";
import { adoptedCodes } from "#server/registry/place-codes.ts";
import { readPlaceTable } from "#server/registry/place-table.ts";
import {
  findPlace,
  listPlaces,
  placeParts,
  placeStates,
  decideAudited,
} from "#server/registry/places.ts";
import type { Decision, Place } from "#server/registry/places.ts";
import { posterFormats } from "#server/registry/poster.ts";
import { setPublicUrl } from "#server/registry/public-url.ts";
import { UnknownPlace } from "#server/stations/places.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Commands about places. */
export const placeCommands: Readonly<Record<string, Command>> = {
  "place import": { flags: { "dry-run": "switch" }, run: importCommand },
  "place list": { flags: { state: "text", commune: "text" }, run: listCommand },
  "place show": { flags: {}, run: showCommand },
  "place approve": { flags: { note: "text" }, run: (...args) => decide("approved", ...args) },
  "place reject": { flags: { note: "text" }, run: (...args) => decide("rejected", ...args) },
  "place poster": { flags: { place: "text", format: "text", out: "text" }, run: posterCommand },
  ...placePartsCommands,
  "place adopt-code": { flags: { place: "text", code: "text" }, run: adoptCodeCommand },
  "place unknown-codes": { flags: {}, run: unknownCodesCommand },
  "commune list": { flags: {}, run: listCommunesCommand },
  "province set": { flags: { "public-url": "text" }, run: provinceSetCommand },
};

const PAGE = 1_000;
/** Faults that are shown; the rest is counted. */
const MAX_FAULTS = 200;
const PLACE_ID = "The id of the place";

/** `place import FILE.csv [--dry-run]`: all rows or none. */
async function importCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const { actor, io } = caller;
  const table = readCsv(await readNamed(pathFrom(caller, onlyWord(flags, "The name of the file"))));
  const find = communeFinder(await listCommunes(parts.pool));
  const { rows, faults, ignored } = readPlaceTable(table, find);
  const nowMs = parts.clock.nowMs();
  const isDryRun = flags.isSet("dry-run") || faults.length > 0;
  const result = await importPlaces(parts.pool, parts.random, {
    rows,
    by: actor,
    nowMs,
    isDryRun,
    after: (client, { added, changed }) =>
      appendAudit(client, [
        {
          at_ms: nowMs,
          actor,
          action: "places-imported",
          target: `${added} added, ${changed} changed`,
        },
      ]),
  });
  if (ignored.length > 0) {
    await io.error(`Không dùng các cột: ${ignored.join(", ")}. / Columns that mean nothing here.`);
  }
  const all = [...faults, ...result.faults].toSorted((a, b) => a.line - b.line);
  for (const fault of all.slice(0, MAX_FAULTS)) await io.write(JSON.stringify({ fault }));
  const isImported = !isDryRun && all.length === 0;
  await io.write(
    JSON.stringify({
      imported: isImported,
      encoding: table.encoding,
      ...countsOf(result),
      faults: all.length,
    }),
  );
  if (all.length === 0) return 0;
  await io.error("Có lỗi, chưa ghi dòng nào. / There are faults; nothing was imported.");
  return 1;
}

function countsOf(result: ImportResult): object {
  const { added, changed, unchanged, gatesAdded, zonesAdded, codesAdopted } = result;
  return {
    added,
    changed,
    unchanged,
    gates_added: gatesAdded,
    zones_added: zonesAdded,
    codes_adopted: codesAdopted,
  };
}

/** `place list [--state pending|approved|rejected] [--commune ID]`: one JSON object a line. */
async function listCommand(parts: AdminParts, flags: Flags, { io }: Caller): Promise<number> {
  const named = flags.optionalText("state");
  const state = placeStates.find((one) => one === named) ?? null;
  if (named !== null && state === null) {
    throw new AdminUsage(`--state is one of ${placeStates.join(", ")}.`);
  }
  const commune = flags.optionalText("commune");
  const reach = { kind: "everywhere" } as const;
  const places = everyRow(
    PAGE,
    (after) => listPlaces(parts.pool, { reach, state, commune, after, limit: PAGE }),
    (last) => last.place,
  );
  for await (const place of places) await io.write(JSON.stringify(placeLine(place)));
  return 0;
}

/** `place show ID`: everything about one place, its owner's telephone included. */
async function showCommand(parts: AdminParts, flags: Flags, { io }: Caller): Promise<number> {
  const id = oneWord(flags, PLACE_ID);
  const place = await findPlace(parts.pool, id);
  if (place === null) throw new UnknownPlace(`There is no place ${id}.`);
  const { owner_name, owner_phone, ...rest } = place;
  const line = {
    ...placeLine(rest),
    owner_name,
    owner_phone,
    ...(await placeParts(parts.pool, id)),
    adopted_codes: await adoptedCodes(parts.pool, id),
  };
  await io.write(JSON.stringify(line));
  return 0;
}

/** `place approve ID [--note TEXT]`, `place reject ID --note TEXT`. */
async function decide(
  state: Decision["state"],
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const place = oneWord(flags, PLACE_ID);
  const note = state === "rejected" ? flags.text("note") : (flags.optionalText("note") ?? "");
  const nowMs = parts.clock.nowMs();
  const result = await decideAudited(parts.pool, place, { state, by: actor, note }, nowMs);
  if (result.kind === "unknown") throw new UnknownPlace(`There is no place ${place}.`);
  if (result.kind === "decided-before") {
    await io.error(`Place ${place} is ${result.state} already.`);
    return 1;
  }
  await io.write(JSON.stringify({ place, state }));
  return 0;
}

/** `place poster --place ID --format svg|png|pdf-a4|pdf-a3 --out FILE`. */
async function posterCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const [id, named, out] = [flags.text("place"), flags.text("format"), flags.text("out")];
  const format = posterFormats.find((one) => one === named);
  if (format === undefined) throw new AdminUsage(`--format is one of ${posterFormats.join(", ")}.`);
  const place = await findPlace(parts.pool, id);
  if (place === null) throw new UnknownPlace(`There is no place ${id}.`);
  const file = await placePoster(parts, place, format);
  const path = pathFrom(caller, out);
  await writeFile(path, file.bytes);
  const { address, bytes } = file;
  await caller.io.write(JSON.stringify({ place: id, address, file: path, bytes: bytes.length }));
  return 0;
}

/** `province set --public-url https://HOST`: where posters lead. */
async function provinceSetCommand(
  parts: AdminParts,
  flags: Flags,
  { io }: Caller,
): Promise<number> {
  const url = await setPublicUrl(parts.pool, flags.text("public-url"));
  await io.write(JSON.stringify({ public_url: url }));
  return 0;
}

function placeLine(place: Place): object {
  const { opening_hours, made_at_ms, decided_at_ms, ...rest } = place;
  return {
    ...rest,
    opening_hours: opening_hours === null ? null : openingHoursText(opening_hours),
    made_at: isoTime(made_at_ms),
    decided_at: isoTime(decided_at_ms),
  };
}

async function readNamed(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw new AdminUsage(`The file ${path} cannot be read (${code}).`, { cause });
  }
}
