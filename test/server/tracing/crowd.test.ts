import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pool } from "#server/database/pool.ts";
import { contactsFrom, findContacts } from "#server/tracing/contacts.ts";
import { crowdOf } from "#server/tracing/crowd.ts";
import { rowsBySubject } from "#server/tracing/rows-by-subject.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import type { SecondContact } from "#server/tracing/second-degree.ts";
import { replaceVisits, rowOfVisit } from "#server/tracing/visit-rows.ts";
import { doZonesMeet } from "#server/tracing/visit.ts";
import type { Visit } from "#server/tracing/visit.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { MINUTE_MS, MORNING_MS, anyLingering, anyStay } from "./worlds.ts";

const PERSONS = 12;
const PERIOD = { fromMs: MORNING_MS - 86_400_000, toMs: MORNING_MS + 86_400_000 };
const subjects = Array.from({ length: PERSONS }, (_, number) => subjectOf(number));

const anyWorld = fc
  .array(fc.record({ person: fc.nat({ max: PERSONS - 1 }), stay: anyStay }), {
    minLength: 5,
    maxLength: 40,
  })
  .map((seen) => seen.map(({ person, stay }, number) => visitOf(person, stay, number)));

describe.each(engines)("a crowd on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    test("gives the contacts that looking at every visit beside every stay gives", async () => {
      await fc.assert(
        fc.asyncProperty(anyWorld, anyLingering, async (visits, lingeringMs) => {
          await fill(province.pool, visits);
          const index = subjects.slice(0, 2);

          const { history, contacts } = await findContacts(province.pool, {
            subjects: index,
            period: PERIOD,
            lingeringMs,
          });

          const everybody = crowdOf(visits, history);
          expect(contacts).toEqual(contactsFrom(everybody, new Set(index), lingeringMs));
        }),
        { numRuns: 100 },
      );
    });

    test("gives the second degree that adding up pair by pair gives", async () => {
      let found = 0;
      await fc.assert(
        fc.asyncProperty(anyWorld, async (visits) => {
          await fill(province.pool, visits);
          const indexSubjects = subjects.slice(0, 1);
          const { contacts } = await findContacts(province.pool, {
            subjects: indexSubjects,
            period: PERIOD,
            lingeringMs: 0,
          });
          const closest = contacts.slice(0, 2);
          const question = { indexSubjects, contacts: closest, toMs: PERIOD.toMs };

          const second = await findSecondContacts(province.pool, question);

          const since = new Map(closest.map((contact) => [contact.subject, contact.firstMs]));
          expect(second).toEqual(
            addedUp(visits, since, new Set([...indexSubjects, ...since.keys()])),
          );
          found += second.length;
        }),
        { numRuns: 100 },
      );

      expect(found).toBeGreaterThan(100);
    });

    test("finds a visit of the longest span, and one that began before midnight", async () => {
      const from = (minutes: number) => MORNING_MS + minutes * MINUTE_MS;
      const at = (person: number, fromMinute: number, toMinute: number) => {
        const known = (atMs: number) => ({ loMs: atMs, midMs: atMs, hiMs: atMs });
        const stay = { entered: known(from(fromMinute)), left: known(from(toMinute)) };
        return visitOf(person, { place: "p-one", zone: null, ...stay }, person);
      };
      await fill(province.pool, [
        at(0, 0, 60),
        at(1, -1_019, 1),
        at(2, -1_020, 0),
        at(3, -400, 30),
      ]);

      const { contacts } = await findContacts(province.pool, {
        subjects: subjects.slice(0, 1),
        period: PERIOD,
        lingeringMs: 0,
      });

      expect(contacts.map(({ subject, overlap }) => [subject, overlap.certainMs])).toEqual([
        [subjectOf(3), 30 * MINUTE_MS],
        [subjectOf(1), MINUTE_MS],
      ]);
    });
  });
});

test("contacts come longest together first, and in the order of their numbers where that is the same", () => {
  const known = (atMs: number) => ({ loMs: atMs, midMs: atMs, hiMs: atMs });
  const stay = (person: number, minutes: number) =>
    visitOf(
      person,
      {
        place: "p-one",
        zone: null,
        entered: known(MORNING_MS),
        left: known(MORNING_MS + minutes * MINUTE_MS),
      },
      person,
    );
  const others = Array.from({ length: 200 }, (_, person) => stay(person + 1, 10 + (person % 3)));

  const contacts = contactsFrom(crowdOf(others, [stay(0, 60)]), new Set(), 0);

  const inOrder = others.toSorted(
    (one, other) => other.left.midMs - one.left.midMs || (one.subject < other.subject ? -1 : 1),
  );
  expect(contacts.map(({ subject }) => subject)).toEqual(inOrder.map(({ subject }) => subject));
});

describe("rows by subject", () => {
  test("are those of each subject, also when many begin alike", () => {
    const rowOf = (subject: number, end: number) => {
      const row = Buffer.alloc(20, 7);
      row.writeUInt16BE(subject, 8);
      row.writeInt32BE(end, 16);
      return row;
    };
    const order = Array.from({ length: 300 }, (_, row) => (row * row) % 41);
    const bytes = Buffer.concat(order.map(rowOf));

    const subjectAt = (row: number) => bytes.toString("hex", row * 20, row * 20 + 16);

    const found = new Map(
      rowsBySubject(bytes, 20, subjectAt).map((one) => [one.subject, one.rows]),
    );

    const expected = Map.groupBy(order.keys(), subjectAt);
    expect(found.size).toBe(expected.size);
    for (const [subject, rows] of expected) {
      expect(found.get(subject)?.toSorted((one, other) => one - other)).toEqual(rows);
    }
  });

  test("are none where there are no rows", () => {
    expect(rowsBySubject(Buffer.alloc(0), 44, () => "")).toEqual([]);
  });
});

function subjectOf(person: number): string {
  return createHash("sha256").update(`crowd ${person}`).digest("hex").slice(0, 32);
}

function visitOf(
  person: number,
  stay: Pick<Visit, "place" | "zone" | "entered" | "left">,
  number: number,
): Visit {
  return {
    ...stay,
    eventId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    subject: subjectOf(person),
    gate: "g-one",
    isEntrySeen: true,
    exitKnown: "seen",
  };
}

async function fill(pool: Pool, visits: readonly Visit[]): Promise<void> {
  await pool.query("DELETE FROM visits");
  await replaceVisits(pool, [], visits.map(rowOfVisit));
}

/** Whom contacts met since their own first meeting: every visit beside every stay, added up. */
function addedUp(
  visits: readonly Visit[],
  since: ReadonlyMap<string, number>,
  known: ReadonlySet<string>,
): readonly SecondContact[] {
  const second = subjects.flatMap((subject) => {
    if (known.has(subject)) return [];
    const through = new Set<string>();
    let [expectedMs, possibleMs] = [0, 0];
    for (const other of visits.filter((visit) => visit.subject === subject)) {
      for (const stay of visits.filter((visit) => since.has(visit.subject))) {
        const together = [stay, other];
        const latest = Math.max(...together.map(({ entered }) => entered.loMs));
        const earliest = Math.min(...together.map(({ left }) => left.hiMs));
        if (stay.place !== other.place || !doZonesMeet(stay.zone, other.zone)) continue;
        if (stay.left.hiMs <= since.get(stay.subject)! || earliest <= latest) continue;
        through.add(stay.subject);
        possibleMs += earliest - latest;
        const likelyFrom = Math.max(...together.map(({ entered }) => entered.midMs));
        const likelyTo = Math.min(...together.map(({ left }) => left.midMs));
        expectedMs += Math.max(0, likelyTo - likelyFrom);
      }
    }
    return through.size === 0 ? [] : [{ subject, through: through.size, expectedMs, possibleMs }];
  });
  return second.toSorted(
    (one, other) => other.expectedMs - one.expectedMs || (one.subject < other.subject ? -1 : 1),
  );
}
