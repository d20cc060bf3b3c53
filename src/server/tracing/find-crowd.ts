import { assert } from "#core/assert.ts";
import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { BareVisit, Crowd } from "#server/tracing/crowd.ts";
import type { Stay } from "#server/tracing/meeting.ts";
import { SUBJECT_BYTES, rowsBySubject } from "#server/tracing/rows-by-subject.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";

/** Stays of one part of one place in one piece of time. */
type Window<S> = {
  readonly place: string;
  readonly zone: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stays: readonly S[];
};

/**
 * Everybody who can have been where and when the stays were, those who stayed among them. `lingeringMs` prolongs the
 * stays. A visit is read once however many of the stays it can have met: per piece of time in one place one range of the
 * index, bounded by the longest span.
 */
export async function findCrowd<S extends BareVisit>(
  database: Queryable,
  stays: readonly S[],
  lingeringMs: number,
): Promise<Crowd<S>> {
  const windows = windowsOf(stays, lingeringMs);
  if (windows.length === 0) return unpack([]);
  const first = windows.map(({ fromMs }) => filingDay(fromMs - LONGEST_SPAN_MS));
  const last = windows.map(({ toMs }) => filingDay(toMs));
  const found = await database.query<PackedRow, unknown[]>({
    name: "find-crowd",
    rowMode: "array",
    text: CROWD,
    values: [
      windows.map(({ place }) => place),
      windows.map(({ zone }) => zone),
      windows.map(({ fromMs }) => fromMs),
      windows.map(({ toMs }) => toMs),
      first,
      last,
      first.reduce((one, other) => (one < other ? one : other)),
      last.reduce((one, other) => (one > other ? one : other)),
    ],
  });
  const read = found.rows.flatMap(([number, packed]) => {
    const window = windows[number - 1];
    return window === undefined ? [] : [{ window, packed }];
  });
  return unpack(read);
}

/** Number of a window from 1 on, and its visits one after another in hex. */
type PackedRow = [window: number, packed: string];
type ReadWindow<S> = { readonly window: Window<S>; readonly packed: string };

/**
 * Packed, because many thousands of rows with eight columns cost more to send than to find; two numbers in one, because
 * every piece that is joined on is a copy.
 */
const CROWD = `
  SELECT w.no::int, encode(string_agg(
           v.subject || int8send(v.t_in_ms) || int8send(v.in_mid_after_ms::bigint << 32 | v.in_hi_after_ms)
             || int8send(v.out_lo_after_ms::bigint << 32 | v.out_mid_after_ms) || int4send(v.out_hi_after_ms), ''), 'hex')
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::date[], $6::date[]) WITH ORDINALITY
    AS w (place, zone, from_ms, to_ms, first_day, last_day, no)
  JOIN visits v ON v.place = w.place AND v.t_in_ms > w.from_ms - ${LONGEST_SPAN_MS} AND v.t_in_ms < w.to_ms
    AND v.local_day BETWEEN w.first_day AND w.last_day
  WHERE v.t_in_ms + v.out_hi_after_ms > w.from_ms
    AND (v.zone IS NULL OR w.zone IS NULL OR v.zone = w.zone)
    AND v.local_day BETWEEN $7 AND $8
  GROUP BY w.no`;

const VISIT_BYTES = SUBJECT_BYTES + 8 + 5 * 4;
const UPPER_WORD = 2 ** 32;

function unpack<S>(found: readonly ReadWindow<S>[]): Crowd<S> {
  const ends = endsOf(found);
  const rows = ends.at(-1) ?? 0;
  const bytes = Buffer.allocUnsafe(rows * VISIT_BYTES);
  const numberAt = new Int32Array(rows);
  for (const [number, { packed }] of found.entries()) {
    const first = ends[number - 1] ?? 0;
    bytes.write(packed, first * VISIT_BYTES, "hex");
    numberAt.fill(number, first, ends[number]);
  }
  const readAt = (row: number) => {
    const read = found[numberAt[row] ?? -1];
    assert(read !== undefined, "a crowd is asked for its own rows");
    return read;
  };
  const subjectAt = (row: number) => {
    const start = 2 * VISIT_BYTES * (row - (ends[(numberAt[row] ?? 0) - 1] ?? 0));
    return readAt(row).packed.slice(start, start + 2 * SUBJECT_BYTES);
  };
  return {
    persons: () => rowsBySubject(bytes, VISIT_BYTES, subjectAt),
    visitAt: (row) => visitFromBytes(bytes, row * VISIT_BYTES, readAt(row).window),
    staysAt: (row) => readAt(row).window.stays,
  };
}

/** The first row after each window. */
function endsOf(found: readonly ReadWindow<unknown>[]): readonly number[] {
  let end = 0;
  return found.map(({ packed }) => {
    end += packed.length / (2 * VISIT_BYTES);
    assert(Number.isInteger(end), "every subject has 16 bytes");
    return end;
  });
}

function visitFromBytes(
  bytes: Buffer,
  start: number,
  { place, zone }: Pick<BareVisit, "place" | "zone">,
): Stay {
  const at = start + SUBJECT_BYTES;
  const loMs = bytes.readInt32BE(at) * UPPER_WORD + bytes.readUInt32BE(at + 4);
  const midMs = loMs + bytes.readInt32BE(at + 8);
  const hiMs = loMs + bytes.readInt32BE(at + 12);
  const left = {
    loMs: loMs + bytes.readInt32BE(at + 16),
    midMs: loMs + bytes.readInt32BE(at + 20),
    hiMs: loMs + bytes.readInt32BE(at + 24),
  };
  // The zone of the window: the visit's own is the same, or one of the two is the whole place.
  return { place, zone, entered: { loMs, midMs, hiMs }, left };
}

/** Stays that can have touched each other share a window. */
function windowsOf<S extends BareVisit>(
  stays: readonly S[],
  lingeringMs: number,
): readonly Window<S>[] {
  const airs = Map.groupBy(stays, ({ place, zone }) => JSON.stringify([place, zone]));
  return [...airs.values()].flatMap((own) => {
    const windows: (Omit<Window<S>, "toMs" | "stays"> & { toMs: number; stays: S[] })[] = [];
    for (const stay of own.toSorted((one, other) => one.entered.loMs - other.entered.loMs)) {
      const [fromMs, toMs] = [stay.entered.loMs, stay.left.hiMs + lingeringMs];
      const open = windows.at(-1);
      if (open === undefined || open.toMs < fromMs) {
        windows.push({ place: stay.place, zone: stay.zone, fromMs, toMs, stays: [stay] });
      } else {
        open.toMs = Math.max(open.toMs, toMs);
        open.stays.push(stay);
      }
    }
    return windows;
  });
}
