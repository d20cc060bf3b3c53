import { assert } from "#core/assert.ts";
import type { Random } from "#core/ports.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { codeHash } from "#server/registry/place-codes.ts";
import type { PlaceRow, RowFault } from "#server/registry/place-table.ts";
import { newShortCode } from "#server/registry/short-code.ts";
import { pairPlacesAgain } from "#server/tracing/pairing-work.ts";
import { newId } from "#server/stations/ids.ts";

/** What an import did, or would do. */
export type ImportResult = {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly gatesAdded: number;
  readonly zonesAdded: number;
  readonly codesAdopted: number;
  /** Not empty: nothing was imported. */
  readonly faults: readonly RowFault[];
};

export type ImportRequest = {
  readonly rows: readonly PlaceRow[];
  readonly by: string;
  readonly nowMs: number;
  /** Everything is done and taken back again. */
  readonly isDryRun: boolean;
  /** Runs in the same transaction, if anything is to stay. */
  after(client: Queryable, result: ImportResult): Promise<void>;
};

/** Takes back what a dry run, or an import with faults, has done. */
class TakeBack extends Error {
  override readonly name = "TakeBack";
  readonly result: ImportResult;
  constructor(result: ImportResult) {
    super("an import is taken back");
    this.result = result;
  }
}

/** Rows for one statement. */
const CHUNK = 2_000;

/**
 * Imports places in one transaction: all rows or none. A row whose key is known changes that place and adds what it
 * lacks; nothing is ever taken away, so reading the same file again changes nothing.
 */
export async function importPlaces(
  pool: Pool,
  random: Random,
  request: ImportRequest,
): Promise<ImportResult> {
  try {
    return await inTransaction(pool, async (client) => {
      const result = await importAll(client, random, request);
      if (request.isDryRun || result.faults.length > 0) throw new TakeBack(result);
      await request.after(client, result);
      return result;
    });
  } catch (cause) {
    if (cause instanceof TakeBack) return cause.result;
    throw cause;
  }
}

async function importAll(
  client: Queryable,
  random: Random,
  request: ImportRequest,
): Promise<ImportResult> {
  const counts = { added: 0, changed: 0, unchanged: 0, gates: 0, zones: 0, codes: 0 };
  const faults: RowFault[] = [];
  for (let start = 0; start < request.rows.length; start += CHUNK) {
    const rows = request.rows.slice(start, start + CHUNK);
    const before = await pairingFacts(client, rows);
    const written = await writePlaces(client, random, rows, request.nowMs);
    await pairPlacesAgain(client, changedPlaces(before, await pairingFacts(client, rows)));
    counts.added += written.added;
    counts.changed += written.changed;
    counts.unchanged += rows.length - written.added - written.changed;
    const ids = await idsOf(client, rows);
    counts.zones += await addZones(client, random, rows, ids);
    counts.gates += await addGates(client, random, rows, ids, request.nowMs);
    const codes = await adoptCodes(client, rows, ids, request);
    counts.codes += codes.adopted;
    faults.push(...codes.faults);
  }
  return {
    added: counts.added,
    changed: counts.changed,
    unchanged: counts.unchanged,
    gatesAdded: counts.gates,
    zonesAdded: counts.zones,
    codesAdopted: counts.codes,
    faults,
  };
}

/** Columns that a row sets, in the order of the statement below. */
const WRITTEN = `name, type, address, commune, opening_hours, owner_name, owner_phone, retention_days, questions`;

async function writePlaces(
  client: Queryable,
  random: Random,
  rows: readonly PlaceRow[],
  nowMs: number,
): Promise<{ readonly added: number; readonly changed: number }> {
  const shortCodes = await freeShortCodes(client, random, rows.length);
  const given = rows.map(({ importKey, fields }, index) => ({
    place: newId("p", random),
    short_code: shortCodes[index],
    import_key: importKey,
    name: fields.name,
    type: fields.type,
    address: fields.address,
    commune: fields.commune,
    opening_hours: fields.openingHours,
    owner_name: fields.ownerName,
    owner_phone: fields.ownerPhone,
    retention_days: fields.retentionDays,
    questions: fields.questions,
  }));
  const written = await client.query<{ is_new: boolean }>(
    `INSERT INTO places AS p (place, short_code, import_key, made_at_ms, ${WRITTEN})
     SELECT place, short_code, import_key, $2, ${WRITTEN}
     FROM json_to_recordset($1) AS given (place text, short_code text, import_key text, name text, type text, address text,
       commune text, opening_hours jsonb, owner_name text, owner_phone text, retention_days int, questions text[])
     ON CONFLICT (import_key) DO UPDATE SET
       name = excluded.name, type = excluded.type, address = excluded.address, commune = excluded.commune,
       opening_hours = excluded.opening_hours, owner_name = excluded.owner_name, owner_phone = excluded.owner_phone,
       retention_days = excluded.retention_days, questions = excluded.questions
     WHERE (p.name, p.type, p.address, p.commune, p.opening_hours, p.owner_name, p.owner_phone, p.retention_days,
            p.questions)
       IS DISTINCT FROM
           (excluded.name, excluded.type, excluded.address, excluded.commune, excluded.opening_hours,
            excluded.owner_name, excluded.owner_phone, excluded.retention_days, excluded.questions)
     RETURNING (xmax = 0) AS is_new`,
    [JSON.stringify(given), nowMs],
  );
  const added = written.rows.filter((row) => row.is_new).length;
  return { added, changed: written.rows.length - added };
}

async function freeShortCodes(
  client: Queryable,
  random: Random,
  count: number,
): Promise<readonly string[]> {
  const free = new Set<string>();
  while (free.size < count) {
    const tried = Array.from({ length: count - free.size }, () => newShortCode(random));
    const taken = await client.query<{ short_code: string }>(
      "SELECT short_code FROM places WHERE short_code = ANY ($1)",
      [tried],
    );
    const used = new Set(taken.rows.map((row) => row.short_code));
    for (const code of tried) if (!used.has(code)) free.add(code);
  }
  return [...free];
}

/** What guesses of exits are made from, by place. */
async function pairingFacts(
  client: Queryable,
  rows: readonly PlaceRow[],
): Promise<ReadonlyMap<string, string>> {
  const found = await client.query<{ place: string; facts: string }>(
    `SELECT place, json_build_array(type, opening_hours)::text AS facts
     FROM places WHERE import_key = ANY ($1)`,
    [rows.map((row) => row.importKey)],
  );
  return new Map(found.rows.map(({ place, facts }) => [place, facts]));
}

function changedPlaces(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...before].flatMap(([place, facts]) => (after.get(place) === facts ? [] : [place]));
}

/** Place ids by import key. */
async function idsOf(
  client: Queryable,
  rows: readonly PlaceRow[],
): Promise<ReadonlyMap<string, string>> {
  const found = await client.query<{ import_key: string; place: string }>(
    "SELECT import_key, place FROM places WHERE import_key = ANY ($1)",
    [rows.map((row) => row.importKey)],
  );
  return new Map(found.rows.map((row) => [row.import_key, row.place]));
}

function placeOf(ids: ReadonlyMap<string, string>, row: PlaceRow): string {
  const place = ids.get(row.importKey);
  assert(place !== undefined, "a row that was written has a place");
  return place;
}

async function addZones(
  client: Queryable,
  random: Random,
  rows: readonly PlaceRow[],
  ids: ReadonlyMap<string, string>,
): Promise<number> {
  const zones = rows.flatMap((row) =>
    row.zones.map((name) => ({ place: placeOf(ids, row), name })),
  );
  if (zones.length === 0) return 0;
  const added = await client.query(
    `INSERT INTO zones (zone, place, name) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT (place, name) DO NOTHING`,
    [zones.map(() => newId("z", random)), zones.map((z) => z.place), zones.map((z) => z.name)],
  );
  return added.rowCount ?? 0;
}

async function addGates(
  client: Queryable,
  random: Random,
  rows: readonly PlaceRow[],
  ids: ReadonlyMap<string, string>,
  nowMs: number,
): Promise<number> {
  const gates = rows.flatMap((row) =>
    row.gates.map((name) => ({ place: placeOf(ids, row), name })),
  );
  const added = await client.query(
    `INSERT INTO gates (gate, place, name, made_at_ms)
     SELECT g.gate, g.place, g.name, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS g (gate, place, name)
     WHERE NOT EXISTS (SELECT FROM gates old WHERE old.place = g.place AND old.name = g.name)`,
    [
      gates.map(() => newId("g", random)),
      gates.map((gate) => gate.place),
      gates.map((gate) => gate.name),
      nowMs,
    ],
  );
  return added.rowCount ?? 0;
}

async function adoptCodes(
  client: Queryable,
  rows: readonly PlaceRow[],
  ids: ReadonlyMap<string, string>,
  { by, nowMs }: ImportRequest,
): Promise<{ readonly adopted: number; readonly faults: readonly RowFault[] }> {
  const wanted = rows.flatMap((row) =>
    row.oldCode === null ? [] : [{ row, code: row.oldCode, place: placeOf(ids, row) }],
  );
  if (wanted.length === 0) return { adopted: 0, faults: [] };
  const hashes = wanted.map(({ code }) => codeHash(code));
  const adopted = await client.query(
    `INSERT INTO place_codes (code_hash, code, place, adopted_by, adopted_at_ms)
     SELECT c.code_hash, c.code, c.place, $4, $5
     FROM unnest($1::bytea[], $2::text[], $3::text[]) AS c (code_hash, code, place)
     ON CONFLICT DO NOTHING`,
    [hashes, wanted.map(({ code }) => code), wanted.map(({ place }) => place), by, nowMs],
  );
  await client.query("DELETE FROM unknown_place_codes WHERE code_hash = ANY ($1)", [hashes]);
  const found = await client.query<{ code: string; place: string; name: string }>(
    `SELECT c.code, c.place, p.name FROM place_codes c JOIN places p USING (place)
     WHERE c.code_hash = ANY ($1)`,
    [hashes],
  );
  const owners = new Map(found.rows.map((row) => [row.code, row]));
  const faults = wanted.flatMap(({ row, code, place }): RowFault[] => {
    const owner = owners.get(code);
    if (owner === undefined || owner.place === place) return [];
    const vi = `Mã địa điểm cũ này đã thuộc về cơ sở "${owner.name}" (${owner.place}).`;
    const en = `That old code is already of the place "${owner.name}" (${owner.place}).`;
    return [{ line: row.line, field: "old_code", vi, en }];
  });
  return { adopted: adopted.rowCount ?? 0, faults };
}
