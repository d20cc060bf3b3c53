import type { Queryable } from "#server/database/pool.ts";

/** Another backup or retention run is under way. */
export class OperationsBusy extends Error {
  override readonly name = "OperationsBusy";
}

/** Keeps backups and deletions apart, in any number of servers. Any number of our own. */
const OPERATIONS_LOCK = 7_418_003;

/** This transaction's turn to back up or to delete, until it ends. Throws {@link OperationsBusy}. */
export async function takeOperationsTurn(client: Queryable): Promise<void> {
  const taken = await client.query<{ is_ours: boolean }>(
    "SELECT pg_try_advisory_xact_lock($1) AS is_ours",
    [OPERATIONS_LOCK],
  );
  if (taken.rows[0]?.is_ours === true) return;
  throw new OperationsBusy("A backup or a retention run is under way; try again when it is done.");
}
