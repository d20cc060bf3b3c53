import { isoTime } from "#core/dates.ts";
import canonicalize from "canonicalize";
import { assert } from "#core/assert.ts";
import { toBase64url } from "#sealing/keys.ts";
import { isSignatureValid, signMessage } from "#sealing/signature.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { Hold } from "#server/operations/holds.ts";
import { RECORD_DAYS } from "#server/operations/retention-rules.ts";
import { appendAudit } from "#server/vault/audit.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** What was deleted, when, and what was kept for which case. */
export type DeletionReport = {
  readonly format: "tramqr-deletion-1";
  readonly province: string;
  readonly made_at: string;
  readonly retention_days: number;
  /** For how long it is kept who looked at whom, and who holds a personal code. */
  readonly record_days: number;
  /** The first day that was not to be deleted. */
  readonly first_day_kept: string;
  readonly rows: number;
  readonly deleted: readonly {
    readonly table: string;
    readonly day: string | null;
    readonly rows: number;
    readonly at: string;
  }[];
  readonly held: readonly Hold[];
};

/** A report and the province's Ed25519 signature (base64url) over its canonical JSON. */
export type SignedReport = {
  readonly report_id: number;
  readonly report: DeletionReport;
  readonly signature: string;
};

const DOMAIN = "tramqr-deletion-v1\n";

type Reporting = {
  readonly secrets: ProvinceSecrets;
  readonly nowMs: number;
  readonly actor: string;
  readonly days: number;
  readonly cutoffDay: string;
  readonly held: readonly Hold[];
};

/** Reports every deletion that no report covers yet, also those of a run that was killed; null when there is none. */
export async function writeDeletionReport(
  client: Queryable,
  facts: Reporting,
): Promise<SignedReport | null> {
  const open = await client.query<DeletionRow>(
    `SELECT deletion_id, table_name, local_day, row_count, deleted_at_ms FROM deletions
     WHERE report_id IS NULL ORDER BY deletion_id FOR UPDATE`,
  );
  if (open.rows.length === 0) return null;
  const report = reportOf(open.rows, await provinceName(client), facts);
  const text = canonicalize(report);
  assert(text !== undefined, "a report is always JSON");
  const signature = signMessage(messageOf(text), facts.secrets.answerKey.privateKey);
  const added = await client.query<{ report_id: number }>(
    "INSERT INTO deletion_reports (made_at_ms, report, signature) VALUES ($1, $2, $3) RETURNING report_id",
    [facts.nowMs, text, Buffer.from(signature)],
  );
  const report_id = added.rows[0]?.report_id ?? 0;
  await client.query("UPDATE deletions SET report_id = $1 WHERE deletion_id = ANY($2::bigint[])", [
    report_id,
    open.rows.map((row) => row.deletion_id),
  ]);
  const target = `report ${report_id}`;
  await appendAudit(client, [
    { at_ms: facts.nowMs, actor: facts.actor, action: "retention-run", target },
  ]);
  return { report_id, report, signature: toBase64url(signature) };
}

/** A report as it was signed, and whether the signature still fits. */
export type CheckedReport = Omit<SignedReport, "report"> & {
  readonly report: unknown;
  readonly is_signature_valid: boolean;
};

/** All reports, oldest first. */
export async function listDeletionReports(
  database: Queryable,
  secrets: ProvinceSecrets,
): Promise<readonly CheckedReport[]> {
  const found = await database.query<{ report_id: number; report: string; signature: Buffer }>(
    "SELECT report_id, report, signature FROM deletion_reports ORDER BY report_id",
  );
  return found.rows.map(({ report_id, report, signature }) => ({
    report_id,
    report: parseJson(report),
    signature: toBase64url(signature),
    is_signature_valid: isSignatureValid(messageOf(report), signature, secrets.answerKey.publicKey),
  }));
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

type DeletionRow = {
  readonly deletion_id: number;
  readonly table_name: string;
  readonly local_day: string | null;
  readonly row_count: number;
  readonly deleted_at_ms: number;
};

function reportOf(
  rows: readonly DeletionRow[],
  province: string,
  facts: Reporting,
): DeletionReport {
  return {
    format: "tramqr-deletion-1",
    province,
    made_at: isoTime(facts.nowMs),
    retention_days: facts.days,
    record_days: RECORD_DAYS,
    first_day_kept: facts.cutoffDay,
    rows: rows.reduce((total, row) => total + row.row_count, 0),
    deleted: rows.map((row) => ({
      table: row.table_name,
      day: row.local_day,
      rows: row.row_count,
      at: isoTime(row.deleted_at_ms),
    })),
    held: facts.held,
  };
}

function messageOf(text: string): Buffer {
  return Buffer.from(`${DOMAIN}${text}`, "utf8");
}

async function provinceName(database: Queryable): Promise<string> {
  const found = await database.query<{ name: string }>("SELECT name FROM province");
  return found.rows[0]?.name ?? "";
}
