import type { Queryable } from "#server/database/pool.ts";

/** A table of ours with the columns that are stored, not computed. */
export type TableOf = { readonly name: string; readonly columns: readonly string[] };

/** One day's part of a table; `to` is the day after it. Days such as `2026-11-24`. */
export type DayPartition = {
  readonly parent: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
};

/** A table that is partitioned by day, and the partition for all other days; null when it has none. */
export type DailyTable = {
  readonly name: string;
  readonly dayColumn: string;
  readonly otherDays: string | null;
};

const DAY_BOUND = /^FOR VALUES FROM \('(\d{4}-\d{2}-\d{2})'\) TO \('(\d{4}-\d{2}-\d{2})'\)$/;

const DAY_KEY = /^RANGE \((\w+)\)$/;

type TableRow = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly needs: readonly string[];
};

/** Every table of this schema but the lists of migrations; a table comes after those that its foreign keys name. */
export async function listTables(database: Queryable): Promise<readonly TableOf[]> {
  const found = await database.query<TableRow>(
    `SELECT c.relname::text AS name,
            (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
            ARRAY(SELECT DISTINCT p.relname::text FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
             WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS needs
     FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition AND c.relname NOT IN ('migrations', 'cluster_migrations')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
     ORDER BY c.relname`,
  );
  return inOrderOfNeed(found.rows).map(({ name, columns }) => ({ name, columns }));
}

/** All partitions of one day, of every table that has such. */
export async function listDayPartitions(database: Queryable): Promise<readonly DayPartition[]> {
  const found = await database.query<{ parent: string; name: string; bound: string }>(
    `SELECT p.relname::text AS parent, c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE p.relnamespace = current_schema()::regnamespace AND p.relkind = 'p'
     ORDER BY p.relname, c.relname`,
  );
  return found.rows.flatMap(({ parent, name, bound }) => {
    const [, from, to] = DAY_BOUND.exec(bound) ?? [];
    return from === undefined || to === undefined ? [] : [{ parent, name, from, to }];
  });
}

/** The tables that are partitioned by a day. */
export async function listDailyTables(database: Queryable): Promise<readonly DailyTable[]> {
  const found = await database.query<{ name: string; key: string; other_days: string | null }>(
    `SELECT p.relname::text AS name, pg_get_partkeydef(p.oid) AS key,
            (SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = p.oid AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT') AS other_days
     FROM pg_class p
     WHERE p.relnamespace = current_schema()::regnamespace AND p.relkind = 'p' ORDER BY p.relname`,
  );
  return found.rows.flatMap(({ name, key, other_days: otherDays }) => {
    const dayColumn = DAY_KEY.exec(key)?.[1];
    return dayColumn === undefined ? [] : [{ name, dayColumn, otherDays }];
  });
}

/** How far each sequence has counted, by name. */
export async function listSequences(
  database: Queryable,
): Promise<readonly { readonly name: string; readonly value: number }[]> {
  const found = await database.query<{ name: string; value: number }>(
    `SELECT sequencename::text AS name, last_value AS value FROM pg_sequences
     WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1`,
  );
  return found.rows;
}

/** A name from the catalogue as SQL takes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function inOrderOfNeed(tables: readonly TableRow[]): readonly TableRow[] {
  const sorted: TableRow[] = [];
  const waiting = new Map(tables.map((table) => [table.name, table]));
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter((table) =>
      table.needs.every((name) => !waiting.has(name)),
    );
    // Tables that need each other have no order; foreign keys then say so themselves.
    for (const table of ready.length > 0 ? ready : waiting.values()) {
      sorted.push(table);
      waiting.delete(table.name);
    }
  }
  return sorted;
}
