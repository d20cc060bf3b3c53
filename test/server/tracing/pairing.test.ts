import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pair } from "#server/tracing/pair.ts";
import type { Sighting } from "#server/tracing/pair.ts";
import { pairNext } from "#server/tracing/pair-step.ts";
import { catchUpPairing } from "#server/tracing/pairing.ts";
import { VISIT_COLUMNS, rowOfVisit, visitFromRow } from "#server/tracing/visit-rows.ts";
import type { VisitRow } from "#server/tracing/visit-rows.ts";
import type { Visit } from "#server/tracing/visit.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { cluster, engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { madeUpPerson, newStation } from "../support/station.ts";
import {
  addMadeUpPlace,
  entryOf,
  madeUpSubject,
  prepareMadeUpEntries,
  storeEntries,
} from "./stored.ts";
import { MINUTE_MS, MORNING_MS, anySightings } from "./worlds.ts";

const types: Readonly<Record<string, string | null>> = {
  "p-shop": "shop",
  "p-office": "office",
  "p-untyped": null,
};
const factsOf = (place: string) => ({ type: types[place] ?? null, closesMinutes: [] });

describe.each([...engines, cluster])("the visits of $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
      await prepareMadeUpEntries(province.pool);
      for (const [place, type] of Object.entries(types)) {
        await addMadeUpPlace(province.pool, place, type);
      }
    });
    afterAll(() => province.stop());

    async function visitsOf(subject: string): Promise<readonly Visit[]> {
      const found = await province.pool.query<VisitRow>(
        `SELECT ${VISIT_COLUMNS} FROM visits v WHERE v.subject = decode($1, 'hex') ORDER BY v.event_id`,
        [subject],
      );
      return found.rows.map(visitFromRow);
    }

    function expected(sightings: readonly Sighting[]): readonly Visit[] {
      return pair(sightings, factsOf).toSorted((one, other) =>
        one.eventId < other.eventId ? -1 : 1,
      );
    }

    test("are those of all events at once, in whatever parts and order the events came", async () => {
      let world = 0;
      await fc.assert(
        fc.asyncProperty(anySightings, fc.array(fc.nat({ max: 3 })), async (template, parts) => {
          world += 1;
          const subject = madeUpSubject(`order ${world}`);
          const sightings = template.map((one) => ({ ...one, ...ids(subject) }));
          const partOf = (index: number) => parts[index] ?? 0;
          for (const part of [3, 1, 0, 2]) {
            const arriving = sightings.filter((_, index) => partOf(index) === part);
            if (arriving.length === 0) continue;
            await storeEntries(province.pool, arriving);
            await catchUpPairing(province.pool, province.clock);
          }

          expect(await visitsOf(subject)).toEqual(expected(sightings));
        }),
        { numRuns: 30 },
      );
    });

    test("are left alone where nothing changed", async () => {
      const subject = madeUpSubject("quiet");
      const entry = entryOf({ subject, place: "p-shop" });
      await storeEntries(province.pool, [entry]);
      expect(await pairNext(province.pool)).toMatchObject({ kind: "paired", changed: 1 });

      await province.pool.query("INSERT INTO pairing_work (event_id) VALUES ($1)", [entry.eventId]);

      expect(await pairNext(province.pool)).toMatchObject({ kind: "paired", changed: 0 });
    });

    test("survive a crash in the middle of a step", async () => {
      const subject = madeUpSubject("crash");
      const entry = entryOf({ subject, place: "p-shop" });
      await storeEntries(province.pool, [entry]);
      await province.pool.query("ALTER TABLE visits RENAME TO visits_hidden");
      await expect(pairNext(province.pool)).rejects.toThrow("visits");
      await province.pool.query("ALTER TABLE visits_hidden RENAME TO visits");

      await catchUpPairing(province.pool, province.clock);

      expect(await visitsOf(subject)).toHaveLength(1);
    });

    test("are paired by one process at a time, and completely by several", async () => {
      const entries = Array.from({ length: 40 }, (_, index) =>
        entryOf({
          subject: madeUpSubject(`several ${index % 5}`),
          atMs: MORNING_MS + index * MINUTE_MS,
        }),
      );
      for (const entry of entries) await storeEntries(province.pool, [entry]);

      const clock = {
        ...province.clock,
        sleep: () => new Promise<void>((wake) => setTimeout(wake, 5)),
      };
      await Promise.all([1, 2, 3].map(() => catchUpPairing(province.pool, clock)));

      for (let person = 0; person < 5; person += 1) {
        expect(await visitsOf(madeUpSubject(`several ${person}`))).toHaveLength(8);
      }
    });

    test("come from sealed entries of real stations, and go when their own station takes them back", async () => {
      const [one, other] = [await newStation(province), await newStation(province)];
      const { identity } = madeUpPerson(7);
      const subject = subjectOf(identity, province.secrets.subjectKey).toString("hex");
      const first = one.event({}, madeUpPerson(7));
      const second = one.event(
        { wall_ms: province.clock.nowMs() + 30 * MINUTE_MS },
        madeUpPerson(7),
      );
      const undo = one.event({ type: "undo", details: { target: second.header.event_id } }, null);
      const foreign = other.event(
        { type: "undo", details: { target: first.header.event_id } },
        null,
      );
      const settle = async () => {
        await province.vault.catchUp();
        await catchUpPairing(province.pool, province.clock);
      };

      await one.send([undo]);
      await other.send([foreign]);
      await one.send([first]);
      await settle();
      expect(await visitsOf(subject)).toMatchObject([{ eventId: first.header.event_id }]);
      await one.send([second]);
      await settle();

      expect(await visitsOf(subject)).toMatchObject([
        { eventId: first.header.event_id, exitKnown: "unknown" },
      ]);
    });

    test("go when the undo comes after the visit was paired", async () => {
      const station = await newStation(province);
      const entry = station.event({}, madeUpPerson(8));
      const { identity } = madeUpPerson(8);
      const subject = subjectOf(identity, province.secrets.subjectKey).toString("hex");
      await station.send([entry]);
      await province.vault.catchUp();
      await catchUpPairing(province.pool, province.clock);
      expect(await visitsOf(subject)).toHaveLength(1);

      await station.send([
        station.event({ type: "undo", details: { target: entry.header.event_id } }, null),
      ]);
      await catchUpPairing(province.pool, province.clock);

      expect(await visitsOf(subject)).toEqual([]);
    });

    test("are stored without losing anything", () => {
      fc.assert(
        fc.property(anySightings, (sightings) => {
          for (const visit of pair(sightings, factsOf)) {
            expect(visitFromRow(rowOfVisit(visit))).toEqual(visit);
          }
        }),
      );
    });
  });
});

function ids(subject: string): Pick<Sighting, "eventId" | "subject"> {
  return { subject, eventId: crypto.randomUUID() };
}
