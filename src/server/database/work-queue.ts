import type { Clock } from "#core/ports.ts";
import type { Queryable } from "#server/database/pool.ts";

/** A table of work that is done in the order of its `work_id`, by any number of processes. */
export type WorkQueue = "vault_work" | "pairing_work";

/** Another process may be at the work that is waited for. */
const WAIT_FOR_OTHERS_MS = 50;

/**
 * Resolves when nothing waits any more that waited at the call. `step` does the next piece of work and says whether there
 * was any to do: what is left may be another process's.
 */
export async function drainQueue(
  database: Queryable,
  clock: Clock,
  queue: WorkQueue,
  step: () => Promise<boolean>,
): Promise<void> {
  const upto = await newestWork(database, queue);
  while (await hasWork(database, queue, upto)) {
    if (!(await step())) await clock.sleep(WAIT_FOR_OTHERS_MS, new AbortController().signal);
  }
}

/** 0 when the queue is empty. */
async function newestWork(database: Queryable, queue: WorkQueue): Promise<number> {
  const newest = await database.query<{ work_id: number | null }>(
    `SELECT max(work_id) AS work_id FROM ${queue}`,
  );
  return newest.rows[0]?.work_id ?? 0;
}

async function hasWork(database: Queryable, queue: WorkQueue, upto: number): Promise<boolean> {
  const found = await database.query(`SELECT FROM ${queue} WHERE work_id <= $1 LIMIT 1`, [upto]);
  return found.rowCount !== 0;
}
