import type { Queryable } from "#server/database/pool.ts";
import { joinedSubjects } from "#server/tracing/document.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";

/** One look at a person: an answer that named them, or an opening of their entry. */
export type Look = {
  readonly kind: "traced" | "opened";
  readonly atMs: number;
  readonly actor: string;
  readonly caseNumber: string;
  readonly basis: string;
};

/**
 * Who looked at a person, newest first: the answer to a citizen's question. Also under the subject that the person's
 * document had before it was joined to another one.
 */
export async function findLooks(database: Queryable, subject: string): Promise<readonly Look[]> {
  const subjects = [...new Set([subject, ...(await joinedSubjects(database, [subject]))])];
  const found = await database.query<{
    kind: Look["kind"];
    at_ms: number;
    actor: string;
    case_number: string;
    basis: string;
  }>(
    `SELECT look.*, coalesce(c.basis, '') AS basis FROM (
       SELECT 'traced' AS kind, t.asked_at_ms AS at_ms, t.actor, t.case_number
       FROM trace_persons p JOIN traces t USING (trace_id) WHERE p.subject = ANY($1::bytea[])
       UNION ALL
       SELECT 'opened', (a.record->>'at_ms')::bigint, a.record->>'actor', a.record->>'case'
       FROM audit a WHERE a.record->>'action' = 'entry-opened' AND a.record->>'subject' = ANY($2)
     ) AS look LEFT JOIN cases c USING (case_number)
     ORDER BY look.at_ms DESC, look.kind`,
    [subjects.map(bytesOf), subjects],
  );
  return found.rows.map((row) => ({
    kind: row.kind,
    atMs: row.at_ms,
    actor: row.actor,
    caseNumber: row.case_number,
    basis: row.basis,
  }));
}
