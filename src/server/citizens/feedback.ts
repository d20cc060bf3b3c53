import { mod11CheckDigit } from "#core/check-digits.ts";
import { localDay } from "#core/dates.ts";
import type { CitizenBody } from "#server/citizens/citizen.ts";
import type { Reach } from "#server/access/rights.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { Sealer } from "#sealing/sealed-body.ts";

export type NewFeedback = {
  /** UUIDv7 of the form's token. */
  readonly id: string;
  readonly category: string;
  readonly place: string | null;
  readonly body: CitizenBody;
};

/** What officers see of a message before they open it. */
export type FeedbackRow = {
  readonly feedback: string;
  readonly ticket: string;
  readonly category: string;
  readonly place: string | null;
  readonly sealed_body: Buffer;
  readonly received_at_ms: number;
  readonly closed_at_ms: number | null;
  readonly closed_by: string | null;
  readonly closing_note: string | null;
};

const FIRST_NUMBER = 100_000;

/**
 * Keeps a message sealed and returns its ticket: a number with a check digit that a citizen can say on the telephone.
 * The same id again changes nothing and answers the same ticket.
 */
export async function keepFeedback(
  client: Queryable,
  sealer: Sealer,
  message: NewFeedback,
  nowMs: number,
): Promise<string> {
  const { id, category, place, body } = message;
  const sealedBody = Buffer.from(sealer.seal(body, id, localDay(nowMs)));
  await client.query(
    `INSERT INTO feedback (feedback, category, place, sealed_body, received_at_ms)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (feedback) DO NOTHING`,
    [id, category, place, sealedBody, nowMs],
  );
  const kept = await client.query<{ number: number }>(
    "SELECT number FROM feedback WHERE feedback = $1",
    [id],
  );
  return ticketOf(kept.rows[0]?.number ?? 0);
}

/** Which part of the inbox. */
export type InboxPage = {
  /** Ticket of the last message seen. */
  readonly after: string | null;
  readonly isOpenOnly: boolean;
  readonly limit: number;
  readonly reach: Reach;
};

/** A page of the inbox, oldest first. */
export async function listFeedback(
  database: Queryable,
  page: InboxPage,
): Promise<readonly FeedbackRow[]> {
  const found = await database.query<Omit<FeedbackRow, "ticket"> & { readonly number: number }>(
    `SELECT number, feedback, category, place, sealed_body, received_at_ms, closed_at_ms, closed_by, closing_note
     FROM feedback WHERE number > $1 AND (closed_at_ms IS NULL OR NOT $2)
       AND ($4 OR place = ANY($5) OR place IN (SELECT place FROM places WHERE commune = ANY($6)))
     ORDER BY number LIMIT $3`,
    [
      page.after === null ? 0 : numberOf(page.after),
      page.isOpenOnly,
      page.limit,
      page.reach.kind === "everywhere",
      page.reach.kind === "everywhere" ? [] : page.reach.places,
      page.reach.kind === "everywhere" ? [] : page.reach.communes,
    ],
  );
  return found.rows.map(({ number, ...row }) => ({ ...row, ticket: ticketOf(number) }));
}

/** False when there is no such open message. */
export async function closeFeedback(
  database: Queryable,
  closing: { readonly ticket: string; readonly by: string; readonly note: string },
  nowMs: number,
): Promise<boolean> {
  const closed = await database.query(
    `UPDATE feedback SET closed_at_ms = $2, closed_by = $3, closing_note = $4
     WHERE number = $1 AND closed_at_ms IS NULL`,
    [numberOf(closing.ticket), nowMs, closing.by, closing.note],
  );
  return closed.rowCount === 1;
}

/** True for a number with its check digit. */
export function isTicket(text: string): boolean {
  return /^[0-9]{7,12}$/.test(text) && text.at(-1) === mod11CheckDigit(text.slice(0, -1));
}

function ticketOf(number: number): string {
  const digits = String(FIRST_NUMBER + number);
  return `${digits}${mod11CheckDigit(digits)}`;
}

function numberOf(ticket: string): number {
  return Number(ticket.slice(0, -1)) - FIRST_NUMBER;
}
