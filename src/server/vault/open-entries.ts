import type { PersonalBody } from "#contract/wire.ts";
import { CannotOpen } from "#sealing/hpke.ts";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { MOST_PERSONS_ALONE, approvalRecords, covers } from "#server/vault/approval.ts";
import type { Approval } from "#server/vault/approval.ts";
import { appendAudit } from "#server/vault/audit.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** Why somebody opens names. */
export type OpeningGrounds = {
  readonly caseNumber: string;
  readonly reason: string;
  readonly actor: string;
  /** What a second officer has agreed to. */
  readonly approval: Approval;
};

/** Whether names may be opened, and if not, why not. */
export type OpeningPermit =
  | { readonly kind: "granted" }
  /** There is none, or it was closed. */
  | { readonly kind: "no-case" }
  | { readonly kind: "needs-approval"; readonly persons: number };

/** One run and day of a station has one context. */
const MAX_CONTEXTS = 2_000;

/**
 * Asks for leave to open what `count` counts the persons of. Refusals and approvals are audited as
 * well as openings. The number of persons is what is stored at this moment.
 */
export async function requestOpening(
  pool: Pool,
  grounds: OpeningGrounds,
  nowMs: number,
  count: (client: Queryable) => Promise<number>,
): Promise<OpeningPermit> {
  const { caseNumber, reason, actor, approval } = grounds;
  return inTransaction(pool, async (client) => {
    const found = await client.query(
      "SELECT FROM cases WHERE case_number = $1 AND closed_at_ms IS NULL FOR SHARE",
      [caseNumber],
    );
    const record = { at_ms: nowMs, actor, case: caseNumber, reason } as const;
    if (found.rowCount === 0) {
      await appendAudit(client, [{ ...record, action: "opening-refused" }]);
      return { kind: "no-case" };
    }
    const persons = await count(client);
    const target = `${persons} persons`;
    if (persons > MOST_PERSONS_ALONE && !covers(approval, persons)) {
      await appendAudit(client, [{ ...record, action: "opening-refused", target }]);
      return { kind: "needs-approval", persons };
    }
    await appendAudit(client, [
      ...approvalRecords(approval, { ...record, target }),
      { ...record, action: "entries-opened", target },
    ]);
    return { kind: "granted" };
  });
}

/** An entry whose body may be opened. */
export type Openable = {
  readonly eventId: string;
  readonly subject: string | null;
  readonly sealedBody: Uint8Array | null;
};

/** Opens entries one by one, for grounds that were granted. */
export type EntryOpener = {
  /** Null where there is no body, or it does not open. Each opening is in the audit trail before its name is returned. */
  open(entries: readonly Openable[], nowMs: number): Promise<readonly (PersonalBody | null)[]>;
};

export function createEntryOpener(
  pool: Pool,
  secrets: ProvinceSecrets,
  grounds: OpeningGrounds,
): EntryOpener {
  const opener = createBodyOpener(secrets.openingKey, MAX_CONTEXTS);
  return {
    async open(entries, nowMs) {
      const bodies = entries.map((entry) => openOne(opener, entry));
      const opened = entries.filter((_, index) => bodies[index] !== null);
      await inTransaction(pool, (client) =>
        appendAudit(
          client,
          opened.map((entry) => ({
            at_ms: nowMs,
            actor: grounds.actor,
            action: "entry-opened",
            case: grounds.caseNumber,
            reason: grounds.reason,
            event_id: entry.eventId,
            subject: entry.subject,
          })),
        ),
      );
      return bodies;
    },
  };
}

/** The body of one entry, without a record of the opening; null where there is none, or it does not open. */
export function openOne(
  opener: BodyOpener,
  entry: Pick<Openable, "eventId" | "sealedBody">,
): PersonalBody | null {
  if (entry.sealedBody === null) return null;
  try {
    return opener.open(entry.sealedBody, entry.eventId);
  } catch (cause) {
    if (cause instanceof CannotOpen) return null;
    throw cause;
  }
}

/** The persons of all entries. */
export async function countPersons(client: Queryable): Promise<number> {
  const counted = await client.query<{ count: number }>(
    `SELECT count(DISTINCT s.subject) AS count
     FROM event_subjects s JOIN events e USING (local_day, event_id) WHERE e.type = 'entry'`,
  );
  return counted.rows[0]?.count ?? 0;
}
