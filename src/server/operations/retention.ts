import { assertNever } from "#core/assert.ts";
import { localDay } from "#core/dates.ts";
import type { Clock } from "#core/ports.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { listDailyTables, listDayPartitions, quoted } from "#server/operations/catalogue.ts";
import type { DailyTable, DayPartition } from "#server/operations/catalogue.ts";
import { writeDeletionReport } from "#server/operations/deletion-report.ts";
import type { SignedReport } from "#server/operations/deletion-report.ts";
import { listHolds } from "#server/operations/holds.ts";
import type { Hold } from "#server/operations/holds.ts";
import { takeOperationsTurn } from "#server/operations/one-at-a-time.ts";
import { recordsCutoffMs, retentionRules } from "#server/operations/retention-rules.ts";
import type { RetentionRule } from "#server/operations/retention-rules.ts";
import { cutTrail } from "#server/vault/audit-trail.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

export type RetentionParts = {
  readonly pool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly clock: Clock;
};

const DAY_MS = 86_400_000;
/** Partitions are made this far ahead; a day beyond lies in the future of a wrong clock. */
const PLAUSIBLE_AHEAD_MS = 4 * DAY_MS;

/**
 * Deletes what is older than `days` local days, but for days that a case holds, and records of looks and codes older than
 * {@link recordsCutoffMs}; and signs a report of what is gone; null when nothing was there to delete. Each day goes whole,
 * in one transaction, from every table that is partitioned by day; a run that was killed is finished, and reported, by the next one. Which events were received stays known, so that
 * nothing deleted can come back as new. Throws `OperationsBusy` while a backup is being made.
 */
export async function runRetention(
  parts: RetentionParts,
  options: { readonly days: number; readonly actor: string },
): Promise<SignedReport | null> {
  const nowMs = parts.clock.nowMs();
  const limit = {
    nowMs,
    cutoffMs: nowMs - options.days * DAY_MS,
    cutoffDay: localDay(nowMs - options.days * DAY_MS),
    recordsCutoffMs: recordsCutoffMs(nowMs),
  };
  const { pool, secrets } = parts;
  for (const partitions of expiredDays(await listDayPartitions(pool), limit)) {
    await inTransaction(pool, (client) => dropDay(client, partitions, nowMs));
  }
  await inTransaction(pool, (client) => deleteRows(client, limit));
  return inTransaction(pool, async (client) =>
    writeDeletionReport(client, {
      secrets,
      nowMs,
      actor: options.actor,
      days: options.days,
      cutoffDay: limit.cutoffDay,
      held: (await listHolds(client)).filter((hold) => hold.first_day < limit.cutoffDay),
    }),
  );
}

type Limit = {
  readonly nowMs: number;
  readonly cutoffMs: number;
  /** The first day that is kept. */
  readonly cutoffDay: string;
  readonly recordsCutoffMs: number;
};

/** The partitions of each day that is over, oldest day first. */
function expiredDays(
  partitions: readonly DayPartition[],
  limit: Limit,
): readonly (readonly DayPartition[])[] {
  const expired = partitions.filter(({ to }) => to <= limit.cutoffDay);
  const byDay = Map.groupBy(expired, ({ from }) => from);
  return [...byDay].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, ofDay]) => ofDay);
}

/** Holds that count, and no other one until the transaction ends: a hold that was confirmed is never too late. */
async function fixHolds(client: Queryable): Promise<readonly Hold[]> {
  await client.query("LOCK TABLE holds IN SHARE MODE");
  return listHolds(client);
}

function isHeld(from: string, to: string, hold: Hold): boolean {
  return from <= hold.last_day && to > hold.first_day;
}

async function dropDay(
  client: Queryable,
  partitions: readonly DayPartition[],
  nowMs: number,
): Promise<void> {
  await takeOperationsTurn(client);
  await client.query("SET LOCAL statement_timeout = 0");
  const holds = await fixHolds(client);
  for (const { parent, name, from, to } of partitions) {
    if (holds.some((hold) => isHeld(from, to, hold))) continue;
    const counted = await client.query<{ count: number }>(
      `SELECT count(*) AS count FROM ${quoted(name)}`,
    );
    await client.query(`DROP TABLE ${quoted(name)}`);
    await noteDeletion(client, {
      table: parent,
      day: from,
      rows: counted.rows[0]?.count ?? 0,
      nowMs,
    });
  }
}

/** Rows that lie in no day's partition of their own, table by table in the order of the rules. */
async function deleteRows(client: Queryable, limit: Limit): Promise<void> {
  await takeOperationsTurn(client);
  await client.query("SET LOCAL statement_timeout = 0");
  const holds = await fixHolds(client);
  await deleteOtherDays(client, limit, holds);
  for (const [table, rule] of Object.entries(retentionRules)) {
    const rows = await deleteByRule(client, table, rule, { limit, holds });
    if (rows > 0) await noteDeletion(client, { table, day: null, rows, nowMs: limit.nowMs });
  }
}

/** Returns how many rows went. */
async function deleteByRule(
  client: Queryable,
  table: string,
  rule: RetentionRule,
  { limit, holds }: { readonly limit: Limit; readonly holds: readonly Hold[] },
): Promise<number> {
  switch (rule.kind) {
    case "daily":
    case "stays":
      return 0;
    case "day":
      return remove(client, table, `${isFree(rule.day)} AND ${rule.day} < $3`, [
        ...daysOf(holds),
        limit.cutoffDay,
      ]);
    case "age":
      return remove(client, table, rule.isOver, [
        rule.limit === "entries" ? limit.cutoffMs : limit.recordsCutoffMs,
      ]);
    case "trail":
      return cutTrail(client, limit.recordsCutoffMs);
    default:
      return assertNever(rule);
  }
}

/** What is filed under no day of its own. */
async function deleteOtherDays(
  client: Queryable,
  limit: Limit,
  holds: readonly Hold[],
): Promise<void> {
  for (const { name, dayColumn, otherDays } of eventsFirst(await listDailyTables(client))) {
    if (otherDays === null) continue;
    const day = `${quoted(otherDays)}.${quoted(dayColumn)}`;
    const rows =
      name === "events"
        ? // A wrong clock says nothing about age: what it dated is as old as its arrival.
          await remove(client, otherDays, `${isFree(day)} AND received_at_ms < $3`, [
            ...daysOf(holds),
            limit.cutoffMs,
          ])
        : await deleteBesideEvents(client, { otherDays, day, limit, holds });
    if (rows > 0)
      await noteDeletion(client, { table: otherDays, day: null, rows, nowMs: limit.nowMs });
  }
}

type BesideEvents = {
  readonly otherDays: string;
  /** The column, as SQL. */
  readonly day: string;
  readonly limit: Limit;
  readonly holds: readonly Hold[];
};

/**
 * Whole implausible days of which no event is left. Asked day by day, because a cluster files these rows and the events
 * on shards of their own.
 */
async function deleteBesideEvents(client: Queryable, of: BesideEvents): Promise<number> {
  const { otherDays, day, limit, holds } = of;
  const implausible = await client.query<{ day: string }>(
    `SELECT DISTINCT ${day} AS day FROM ${quoted(otherDays)}
     WHERE ${isFree(day)} AND (${day} < $3 OR ${day} > $4)`,
    [...daysOf(holds), limit.cutoffDay, localDay(limit.nowMs + PLAUSIBLE_AHEAD_MS)],
  );
  const days = implausible.rows.map((row) => row.day);
  const used = await client.query<{ day: string }>(
    "SELECT DISTINCT local_day AS day FROM events WHERE local_day = ANY($1::date[])",
    [days],
  );
  const left = new Set(used.rows.map((row) => row.day));
  return remove(client, otherDays, `${day} = ANY($1::date[])`, [
    days.filter((one) => !left.has(one)),
  ]);
}

/** The others go with the events that they are about. */
function eventsFirst(tables: readonly DailyTable[]): readonly DailyTable[] {
  return tables.toSorted((a, b) => Number(b.name === "events") - Number(a.name === "events"));
}

async function remove(
  client: Queryable,
  table: string,
  condition: string,
  values: readonly unknown[],
): Promise<number> {
  const gone = await client.query(`DELETE FROM ${quoted(table)} WHERE ${condition}`, [...values]);
  return gone.rowCount ?? 0;
}

/** The first two parameters of {@link isFree}. */
function daysOf(holds: readonly Hold[]): readonly (readonly string[])[] {
  return [holds.map((hold) => hold.first_day), holds.map((hold) => hold.last_day)];
}

/** SQL: no hold of the first two parameters keeps the day in `column`. */
function isFree(column: string): string {
  return `NOT EXISTS (SELECT FROM unnest($1::date[], $2::date[]) AS hold (first, last)
          WHERE ${column} BETWEEN hold.first AND hold.last)`;
}

type Deletion = {
  readonly table: string;
  readonly day: string | null;
  readonly rows: number;
  readonly nowMs: number;
};

async function noteDeletion(client: Queryable, deletion: Deletion): Promise<void> {
  await client.query(
    "INSERT INTO deletions (table_name, local_day, row_count, deleted_at_ms) VALUES ($1, $2, $3, $4)",
    [deletion.table, deletion.day, deletion.rows, deletion.nowMs],
  );
}
