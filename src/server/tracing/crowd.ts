import { assert } from "#core/assert.ts";
import type { Stay } from "#server/tracing/meeting.ts";
import type { RowsOfSubject } from "#server/tracing/rows-by-subject.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** A visit as far as minutes need it. */
export type BareVisit = Pick<Visit, "subject" | "place" | "zone" | "entered" | "left">;

/**
 * Everybody who was about where and when some stays were: rows by number, each a visit and the stays that it can have
 * met. A visit is made anew whenever it is asked for, so that a hundred thousand of them need not be kept.
 */
export type Crowd<S> = {
  /** Each person once, with the rows that are theirs. */
  persons(): readonly RowsOfSubject[];
  visitAt(row: number): Stay;
  staysAt(row: number): readonly S[];
};

/** A crowd in memory: every visit beside every stay. */
export function crowdOf<S>(visits: readonly BareVisit[], stays: readonly S[]): Crowd<S> {
  const visitAt = (row: number) => {
    const visit = visits[row];
    assert(visit !== undefined, "a crowd is asked for its own rows");
    return visit;
  };
  return {
    persons: () =>
      [...Map.groupBy(visits.keys(), (row) => visitAt(row).subject)].map(([subject, rows]) => ({
        subject,
        rows,
      })),
    visitAt,
    staysAt: () => stays,
  };
}
