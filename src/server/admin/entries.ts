import type { PersonalBody } from "#contract/wire.ts";
import type { Pool } from "#server/database/pool.ts";

/** One line of `entries --ndjson`: what is known of an entry without opening it. */
export type EntryLine = {
  readonly event_id: string;
  readonly station: string;
  readonly instance: string;
  readonly seq: number;
  readonly place: string;
  readonly gate: string;
  readonly direction: string | null;
  readonly document_kind: string | null;
  readonly flags: readonly string[];
  /** By the station's wall clock; ISO 8601, UTC. */
  readonly captured_at: string;
  /** By the server's clock, as well as it is known; ISO 8601, UTC. */
  readonly corrected_at: string;
  /** 32 hex digits; null only when the body is gone or does not open. */
  readonly subject: string | null;
};

/** The personal fields that `--open` adds. */
export type OpenedFields = {
  readonly name: string | null;
  readonly document: string | null;
  readonly birth_date: string | null;
  readonly valid_to: string | null;
};

export type StoredEntry = { readonly line: EntryLine; readonly sealedBody: Buffer | null };

type Row = {
  readonly local_day: string;
  readonly event_id: string;
  readonly station: string;
  readonly instance: string;
  readonly seq: number;
  readonly place: string;
  readonly gate: string;
  readonly direction: string | null;
  readonly document_kind: string | null;
  readonly flags: readonly string[];
  readonly server_flags: readonly string[];
  readonly wall_ms: number;
  readonly corrected_at_ms: number;
  readonly subject: Buffer | null;
  readonly sealed_body: Buffer | null;
};

const PAGE = 1_000;
/** Before the first day and the first id. */
const BEGINNING = { day: "0001-01-01", id: "00000000-0000-0000-0000-000000000000" };

/** Every stored entry by day and id, page by page; never more than one page in memory. */
export async function* readEntries(
  pool: Pool,
  options: { readonly withBodies: boolean },
): AsyncGenerator<readonly StoredEntry[]> {
  let after = BEGINNING;
  for (;;) {
    const page = await readPage(pool, after, options.withBodies);
    if (page.length > 0) yield page.map(entryFromRow);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = { day: last.local_day, id: last.event_id };
  }
}

/** Events that are no entries, by type: they are not in the list, and whoever reads it should know. */
export async function countOtherEvents(
  pool: Pool,
): Promise<readonly { readonly type: string; readonly count: number }[]> {
  const counted = await pool.query<{ type: string; count: number }>(
    "SELECT type, count(*) AS count FROM events WHERE type <> 'entry' GROUP BY type ORDER BY type",
  );
  return counted.rows;
}

export function openedFields(body: PersonalBody | null): OpenedFields {
  return {
    name: body?.name ?? null,
    document: body?.document ?? null,
    birth_date: body?.birth_date ?? null,
    valid_to: body?.valid_to ?? null,
  };
}

async function readPage(
  pool: Pool,
  after: typeof BEGINNING,
  withBodies: boolean,
): Promise<readonly Row[]> {
  const body = withBodies ? "e.sealed_body" : "NULL::bytea AS sealed_body";
  const page = await pool.query<Row>(
    `SELECT e.local_day, e.event_id, i.station, i.instance, e.seq, e.place, e.gate, e.direction,
            e.document_kind, e.flags, e.server_flags, e.wall_ms, e.corrected_at_ms, s.subject, ${body}
     FROM events e
     JOIN instances i USING (instance_key)
     LEFT JOIN event_subjects s ON s.local_day = e.local_day AND s.event_id = e.event_id
     WHERE e.type = 'entry' AND (e.local_day, e.event_id) > ($1::date, $2::uuid)
     ORDER BY e.local_day, e.event_id LIMIT ${PAGE}`,
    [after.day, after.id],
  );
  return page.rows;
}

function entryFromRow(row: Row): StoredEntry {
  const line: EntryLine = {
    event_id: row.event_id,
    station: row.station,
    instance: row.instance,
    seq: row.seq,
    place: row.place,
    gate: row.gate,
    direction: row.direction,
    document_kind: row.document_kind,
    flags: [...row.flags, ...row.server_flags],
    captured_at: new Date(row.wall_ms).toISOString(),
    corrected_at: new Date(row.corrected_at_ms).toISOString(),
    subject: row.subject?.toString("hex") ?? null,
  };
  return { line, sealedBody: row.sealed_body };
}
