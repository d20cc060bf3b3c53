import type { KeyObject } from "node:crypto";
import { CannotOpen } from "#sealing/hpke.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { markForPairing } from "#server/tracing/pairing-work.ts";
import { shareLinks } from "#server/vault/links.ts";
import { subjectOf } from "#server/vault/subject.ts";

export type KeyingParts = {
  readonly pool: Pool;
  readonly opener: BodyOpener;
  readonly subjectKey: KeyObject;
};

/** What one step did; `nothing`: there is no work, or another process has it. */
export type KeyingStep =
  | { readonly kind: "keyed"; readonly count: number; readonly faults: number }
  | { readonly kind: "nothing" };

/** Bodies opened in one go: about ten milliseconds in which nothing else runs on this thread. */
const STEP = 250;
/** Ranges looked at in one go: at the door a batch is often one event. */
const RANGES = 16;

type Work = {
  readonly work_id: number;
  readonly instance_key: number;
  readonly first_seq: number;
  readonly last_seq: number;
};

type Sealed = {
  readonly seq: number;
  readonly local_day: string;
  readonly event_id: string;
  readonly sealed_body: Buffer;
};

type Keyed = Sealed & { readonly subject: Buffer | null };

/**
 * Opens the bodies of the oldest waiting ranges and stores whose they are; off the ingest transaction, exactly once,
 * by any number of processes side by side. A body that does not open is noted as such and never tried again.
 */
export async function keyNextRange(parts: KeyingParts, nowMs: number): Promise<KeyingStep> {
  return inTransaction(parts.pool, async (client) => {
    const work = oneStep(await takeWork(client));
    const [oldest] = work;
    if (oldest === undefined) return { kind: "nothing" };
    const sealed = await readSealed(client, work);
    await shareLinks(client);
    const keyed = sealed.map((event) => ({ ...event, subject: openSubject(parts, event) }));
    await insertSubjects(client, keyed, nowMs);
    const known = keyed.filter((event) => event.subject !== null);
    await markForPairing(
      client,
      known.map((event) => event.event_id),
    );
    const last = keyed.at(-1);
    if (last === undefined || keyed.length < STEP) await finishWork(client, work);
    else await shortenWork(client, oldest, last.seq + 1);
    const faults = keyed.filter((event) => event.subject === null).length;
    return { kind: "keyed", count: keyed.length, faults };
  });
}

async function takeWork(client: Queryable): Promise<readonly Work[]> {
  const found = await client.query<Work>({
    name: "take-vault-work",
    text: `SELECT * FROM vault_work ORDER BY work_id FOR UPDATE SKIP LOCKED LIMIT ${RANGES}`,
  });
  return found.rows;
}

/** As many ranges as one step surely holds; the oldest in any case. */
function oneStep(waiting: readonly Work[]): readonly Work[] {
  let events = 0;
  return waiting.filter((range, index) => {
    events += range.last_seq - range.first_seq + 1;
    return index === 0 || events < STEP;
  });
}

async function readSealed(client: Queryable, work: readonly Work[]): Promise<readonly Sealed[]> {
  const found = await client.query<Sealed>({
    name: "read-sealed",
    text: `WITH k AS MATERIALIZED (
             SELECT k.seq, k.local_day, k.event_id
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS range (instance_key, first_seq, last_seq)
             JOIN event_keys k ON k.instance_key = range.instance_key
               AND k.seq BETWEEN range.first_seq AND range.last_seq AND k.standing = 0)
           SELECT k.seq, e.local_day, e.event_id, e.sealed_body
           FROM k JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id
           WHERE e.sealed_body IS NOT NULL AND NOT EXISTS (
             SELECT FROM event_subjects s WHERE s.local_day = e.local_day AND s.event_id = e.event_id)
           ORDER BY k.seq LIMIT ${STEP}`,
    values: [
      work.map((range) => range.instance_key),
      work.map((range) => range.first_seq),
      work.map((range) => range.last_seq),
    ],
  });
  return found.rows;
}

function openSubject(parts: KeyingParts, event: Sealed): Buffer | null {
  try {
    const body = parts.opener.open(event.sealed_body, event.event_id);
    return subjectOf(body.identity, parts.subjectKey);
  } catch (cause) {
    if (cause instanceof CannotOpen) return null;
    throw cause;
  }
}

async function insertSubjects(
  client: Queryable,
  keyed: readonly Keyed[],
  nowMs: number,
): Promise<void> {
  if (keyed.length === 0) return;
  await client.query({
    name: "insert-subjects",
    text: `INSERT INTO event_subjects (keyed_at_ms, local_day, event_id, subject, keyed_as, fault)
           SELECT $1, day, id, coalesce(l.same_as, keyed.subject), CASE WHEN l.same_as IS NOT NULL THEN keyed.subject END,
                  CASE WHEN keyed.subject IS NULL THEN 'cannot-open' END
           FROM unnest($2::date[], $3::uuid[], $4::bytea[]) AS keyed (day, id, subject)
           LEFT JOIN document_links l ON l.subject = keyed.subject AND l.approved_at_ms IS NOT NULL
           ON CONFLICT DO NOTHING`,
    values: [
      nowMs,
      keyed.map((event) => event.local_day),
      keyed.map((event) => event.event_id),
      keyed.map((event) => event.subject),
    ],
  });
}

async function finishWork(client: Queryable, work: readonly Work[]): Promise<void> {
  await client.query({
    name: "finish-vault-work",
    text: "DELETE FROM vault_work WHERE work_id = ANY($1::bigint[])",
    values: [work.map((range) => range.work_id)],
  });
}

async function shortenWork(client: Queryable, work: Work, firstSeq: number): Promise<void> {
  await client.query("UPDATE vault_work SET first_seq = $2 WHERE work_id = $1", [
    work.work_id,
    firstSeq,
  ]);
}
