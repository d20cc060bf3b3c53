import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { Caller, AdminParts } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { MOST_DAYS } from "#server/operations/retention-rules.ts";
import { readBook } from "#server/operations/visitor-book.ts";
import type { BookLine } from "#server/operations/visitor-book.ts";
import { readCsv } from "#server/registry/csv.ts";
import { UnknownPlace } from "#server/stations/places.ts";
import { appendAudit } from "#server/vault/audit.ts";
import { subjectOf } from "#server/vault/subject.ts";

/** The import of what was kept before the stations. */
export const importCommands: Readonly<Record<string, Command>> = {
  import: { flags: { place: "text", "dry-run": "switch" }, run: importCommand },
};

const DAY_MS = 86_400_000;
const MOST_FAULTS_TOLD = 100;

/**
 * `import FILE --place ID [--dry-run]`: a visitor book (CSV) of before the stations. The numbers of documents become
 * subjects and are not kept; names are not even read. The same book may be imported again.
 */
async function importCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const { io, actor } = caller;
  const place = flags.text("place");
  const nowMs = parts.clock.nowMs();
  const oldestMs = nowMs - MOST_DAYS * DAY_MS;
  const book = readBook(readCsv(readFile(flags, caller)), { nowMs, oldestMs });
  if (book.kind === "no-columns") {
    const missing = book.missing.join(", ");
    await io.error(`Thiếu cột: ${missing}. / Columns are missing: ${missing}.`);
    return 1;
  }
  for (const { line, fault } of book.faults.slice(0, MOST_FAULTS_TOLD)) {
    await io.error(`line ${line}: ${fault}`);
  }
  const isDryRun = flags.isSet("dry-run");
  const imported = await inTransaction(parts.pool, async (client) => {
    await requirePlace(client, place);
    if (isDryRun) return 0;
    const rows = book.lines.map((line) => ({
      ...line,
      subject: subjectOf(line.identity, parts.secrets.subjectKey),
    }));
    const added = await insertLines(client, place, rows, nowMs);
    const target = `${place}: ${added} lines`;
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "legacy-imported", target }]);
    return added;
  });
  const report = {
    place,
    is_dry_run: isDryRun,
    readable: book.lines.length,
    faulty: book.faults.length,
    imported,
    already_there: isDryRun ? null : book.lines.length - imported,
  };
  await io.write(JSON.stringify(report));
  return book.faults.length === 0 ? 0 : 1;
}

function readFile(flags: Flags, caller: Caller): Buffer {
  const [path, ...more] = flags.words;
  if (path === undefined || more.length > 0) throw new AdminUsage("One CSV file is needed.");
  try {
    return readFileSync(pathFrom(caller, path));
  } catch (cause) {
    throw new AdminUsage(`${path} cannot be read by the server.`, { cause });
  }
}

async function requirePlace(client: Queryable, place: string): Promise<void> {
  const found = await client.query("SELECT FROM places WHERE place = $1", [place]);
  if (found.rowCount === 0) throw new UnknownPlace(`There is no place ${place}.`);
}

type KeyedLine = BookLine & { readonly subject: Buffer };

async function insertLines(
  client: Queryable,
  place: string,
  lines: readonly KeyedLine[],
  nowMs: number,
): Promise<number> {
  const added = await client.query(
    `INSERT INTO legacy_entries
       (place, imported_at_ms, line_hash, local_day, entered_at_ms, left_at_ms, subject, document_kind)
     SELECT $1, $2, * FROM unnest($3::bytea[], $4::date[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[])
     ON CONFLICT DO NOTHING`,
    [
      place,
      nowMs,
      lines.map((line) => lineHash(place, line)),
      lines.map((line) => line.localDay),
      lines.map((line) => line.enteredAtMs),
      lines.map((line) => line.leftAtMs),
      lines.map((line) => line.subject),
      lines.map((line) => line.documentKind),
    ],
  );
  return added.rowCount ?? 0;
}

/** Over the subject and not the number: a hash of the number could be tried out. */
function lineHash(place: string, line: KeyedLine): Buffer {
  const what = [place, line.subject.toString("hex"), String(line.enteredAtMs)];
  return createHash("sha256").update(what.join("\n")).digest();
}
