import type { Queryable } from "#server/database/pool.ts";

/** Days that a case still needs. Days such as `2026-11-24`, both inclusive. */
export type Hold = {
  readonly hold: number;
  readonly case_number: string;
  readonly first_day: string;
  readonly last_day: string;
};

/** A hold names no open case, or no days. */
export class BadHold extends Error {
  override readonly name = "BadHold";
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Holds that count, oldest first. */
export async function listHolds(database: Queryable): Promise<readonly Hold[]> {
  const found = await database.query<Hold>(
    `SELECT hold_id AS hold, case_number, first_day, last_day FROM holds
     WHERE released_at_ms IS NULL ORDER BY hold_id`,
  );
  return found.rows;
}

/** Keeps days for a case. Returns the hold's number. Throws {@link BadHold}. */
export async function addHold(
  database: Queryable,
  hold: Omit<Hold, "hold">,
  nowMs: number,
): Promise<number> {
  const { case_number, first_day, last_day } = hold;
  if (![first_day, last_day].every(isDay) || first_day > last_day) {
    throw new BadHold("A hold needs its first and its last day, such as 2026-11-24.");
  }
  const added = await database.query<{ hold_id: number }>(
    `INSERT INTO holds (case_number, first_day, last_day, made_at_ms)
     SELECT case_number, $2, $3, $4 FROM cases WHERE case_number = $1 RETURNING hold_id`,
    [case_number, first_day, last_day, nowMs],
  );
  const [row] = added.rows;
  if (row === undefined) throw new BadHold(`There is no case ${case_number}.`);
  return row.hold_id;
}

/** Ends a hold, when its days are exported or the case is closed. False when no such hold counts. */
export async function releaseHold(
  database: Queryable,
  hold: number,
  nowMs: number,
): Promise<boolean> {
  const released = await database.query(
    "UPDATE holds SET released_at_ms = $2 WHERE hold_id = $1 AND released_at_ms IS NULL",
    [hold, nowMs],
  );
  return released.rowCount === 1;
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}
