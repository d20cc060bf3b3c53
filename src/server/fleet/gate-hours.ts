import type { Queryable } from "#server/database/pool.ts";
import { pairPlacesAgain } from "#server/tracing/pairing-work.ts";

/** One weekday's opening, minutes after local midnight; weekday 1 is Monday. */
export type GateHours = {
  readonly weekday: number;
  readonly opens_minute: number;
  readonly closes_minute: number;
};

const PART = /^([1-7])(?:-([1-7]))? (\d{2}):(\d{2})-(\d{2}):(\d{2})$/;
const MINUTES_A_DAY = 1_440;

/** `1-5 07:00-17:00; 6 07:00-11:30`; a weekday may be named once. Null when it is not of this form. */
export function parseGateHours(text: string): readonly GateHours[] | null {
  const parts = text.split(";").map((part) => part.trim().replaceAll(/\s+/g, " "));
  const hours = parts.map(parsePart);
  if (hours.includes(null)) return null;
  const days = hours.flatMap((ofPart) => ofPart ?? []);
  const isUnique = new Set(days.map(({ weekday }) => weekday)).size === days.length;
  return isUnique ? days.toSorted((a, b) => a.weekday - b.weekday) : null;
}

/**
 * Replaces a gate's own hours; with none, those of its place count. What was guessed from them is paired again. False when
 * there is no such gate.
 */
export async function setGateHours(
  client: Queryable,
  gate: string,
  hours: readonly GateHours[],
): Promise<boolean> {
  const found = await client.query<{ place: string }>(
    "SELECT place FROM gates WHERE gate = $1 FOR UPDATE",
    [gate],
  );
  const [row] = found.rows;
  if (row === undefined) return false;
  await client.query("DELETE FROM gate_hours WHERE gate = $1", [gate]);
  await client.query(
    `INSERT INTO gate_hours (gate, weekday, opens_minute, closes_minute)
     SELECT $1, * FROM unnest($2::smallint[], $3::smallint[], $4::smallint[])`,
    [
      gate,
      hours.map(({ weekday }) => weekday),
      hours.map(({ opens_minute }) => opens_minute),
      hours.map(({ closes_minute }) => closes_minute),
    ],
  );
  await pairPlacesAgain(client, [row.place]);
  return true;
}

function parsePart(part: string): readonly GateHours[] | null {
  const [, first, last = first, ...clock] = PART.exec(part) ?? [];
  if (first === undefined) return null;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = clock.map(Number);
  const [opens_minute, closes_minute] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  const isClock = fromMinute < 60 && toMinute < 60 && closes_minute <= MINUTES_A_DAY;
  if (!isClock || opens_minute >= closes_minute) return null;
  const count = Number(last) - Number(first) + 1;
  if (count < 1) return null;
  return Array.from({ length: count }, (_, index) => ({
    weekday: Number(first) + index,
    opens_minute,
    closes_minute,
  }));
}
