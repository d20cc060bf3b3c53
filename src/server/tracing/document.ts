import type { KeyObject } from "node:crypto";
import type { Queryable } from "#server/database/pool.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { documentOfNumber } from "#server/vault/document-number.ts";
import { subjectOf } from "#server/vault/subject.ts";

/**
 * The pseudonym (hex) of a document's number as an officer types it: a personal number of 12 digits, a
 * health-insurance number of 10 digits or of 15 signs, or a canonical identity such as `cccd:…`. Null for anything else.
 */
export function subjectOfDocument(text: string, subjectKey: KeyObject): string | null {
  const identity = identityOf(text.trim());
  return identity === null ? null : subjectOf(identity, subjectKey).toString("hex");
}

function identityOf(text: string): string | null {
  if (/^[a-z]{2,8}:\S{1,100}$/u.test(text)) return text;
  return documentOfNumber(text)?.identity ?? null;
}

/** Persons by the subjects under which their entries are stored: documents that were joined are one. */
export async function joinedSubjects(
  database: Queryable,
  subjects: readonly string[],
): Promise<readonly string[]> {
  const found = await database.query<{ subject: string }>(
    `SELECT DISTINCT encode(coalesce(l.same_as, asked.subject), 'hex') AS subject
     FROM unnest($1::bytea[]) AS asked (subject)
     LEFT JOIN document_links l ON l.subject = asked.subject AND l.approved_at_ms IS NOT NULL`,
    [subjects.map(bytesOf)],
  );
  return found.rows.map((row) => row.subject);
}
