import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pool } from "#server/database/pool.ts";
import { findContacts } from "#server/tracing/contacts.ts";
import { catchUpPairing } from "#server/tracing/pairing.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { minutesTogether, roomsOf } from "./oracle.ts";
import type { OracleEntry } from "./oracle.ts";
import {
  addMadeUpPlace,
  entryOf,
  madeUpSubject,
  prepareMadeUpEntries,
  storeEntries,
} from "./stored.ts";
import type { StoredEntry } from "./stored.ts";
import { MINUTE_MS, MORNING_MS } from "./worlds.ts";

/** 500 in `npm test`, 10,000 in `npm run faults`. */
const WORLDS = Number(process.env["TRAMQR_WORLDS"] ?? 500);
const FIRST_WORLD = Number(process.env["TRAMQR_FIRST_SEED"] ?? 1);
const PARTS = 4;
const PERIOD = { fromMs: MORNING_MS - 1_440 * MINUTE_MS, toMs: MORNING_MS + 2_880 * MINUTE_MS };

/** Types and their usual stays, as docs/operations/tracing.md has them. */
const kinds = [
  { type: "shop", stay: [3, 20, 90], zones: ["a", "b"] },
  { type: "office", stay: [20, 240, 600], zones: [""] },
  { type: null, stay: [0, 60, 960], zones: [""] },
] as const;

type World = {
  readonly name: string;
  readonly entries: readonly OracleEntry[];
  readonly lingering: number;
};

describe.each(engines)("contacts on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
      await prepareMadeUpEntries(province.pool);
    });
    afterAll(() => province.stop());

    test(
      `are whom a count minute by minute finds, in ${WORLDS} small worlds`,
      { timeout: 30_000 + WORLDS * 100 },
      async () => {
        const worlds = Array.from({ length: WORLDS }, (_, index) => makeWorld(FIRST_WORLD + index));
        await storeWorlds(province.pool, worlds);
        await catchUpPairing(province.pool, province.clock);

        let met = 0;
        for (const world of worlds) met += await compareWorld(province.pool, world);

        expect(met).toBeGreaterThan(WORLDS);
      },
    );

    test("of contacts are found from the first meeting on, and through how many", async () => {
      const { pool } = province;
      await addMadeUpPlace(pool, "p-first", "shop");
      await addMadeUpPlace(pool, "p-then", "shop");
      const at = (name: string, place: string, minutes: number) => {
        const atMs = MORNING_MS + minutes * MINUTE_MS;
        const common = { subject: madeUpSubject(name), place };
        return [
          entryOf({ ...common, atMs }),
          entryOf({ ...common, direction: "out", atMs: atMs + 30 * MINUTE_MS }),
        ];
      };
      await storeEntries(pool, [
        ...at("too early", "p-then", -300),
        ...at("contact", "p-then", -300),
        ...at("ill", "p-first", 0),
        ...at("contact", "p-first", 10),
        ...at("contact", "p-then", 120),
        ...at("friend", "p-then", 130),
      ]);
      await catchUpPairing(pool, province.clock);
      const indexSubjects = [madeUpSubject("ill")];
      const { contacts } = await findContacts(pool, {
        subjects: indexSubjects,
        period: PERIOD,
        lingeringMs: 0,
      });

      const second = await findSecondContacts(pool, { indexSubjects, contacts, toMs: PERIOD.toMs });

      expect(contacts.map((contact) => contact.subject)).toEqual([madeUpSubject("contact")]);
      expect(second).toEqual([
        {
          subject: madeUpSubject("friend"),
          through: 1,
          expectedMs: 20 * MINUTE_MS,
          possibleMs: 20 * MINUTE_MS,
        },
      ]);
    });

    test("are the same whoever else is elsewhere", async () => {
      const { pool } = province;
      await addMadeUpPlace(pool, "p-here", "shop");
      await addMadeUpPlace(pool, "p-there", "shop");
      const [index, other] = [madeUpSubject("index"), madeUpSubject("other")];
      await storeEntries(pool, [
        entryOf({ subject: index, place: "p-here", atMs: MORNING_MS }),
        entryOf({ subject: other, place: "p-here", atMs: MORNING_MS + 5 * MINUTE_MS }),
      ]);
      await catchUpPairing(pool, province.clock);
      const ask = () => findContacts(pool, { subjects: [index], period: PERIOD, lingeringMs: 0 });
      const before = await ask();

      await storeEntries(pool, [
        entryOf({ subject: madeUpSubject("stranger"), place: "p-there", atMs: MORNING_MS }),
      ]);
      await catchUpPairing(pool, province.clock);

      expect(before.contacts.map((contact) => contact.subject)).toEqual([other]);
      expect(await ask()).toEqual(before);
    });
  });
});

/** Compares every answer about a world with the count; returns how many contacts there were. */
async function compareWorld(pool: Pool, world: World): Promise<number> {
  const persons = [...new Set(world.entries.map((entry) => entry.person))];
  const [first = "", second = ""] = persons;
  let met = 0;
  for (const index of [[first], [first, second]]) {
    const answer = await findContacts(pool, {
      subjects: index.map((person) => madeUpSubject(person)),
      period: PERIOD,
      lingeringMs: world.lingering * MINUTE_MS,
    });
    const found = new Map(answer.contacts.map((contact) => [contact.subject, contact.overlap]));
    const indexRows = index.map((person) => rowsOf(world, person, world.lingering));
    for (const person of persons.filter((one) => !index.includes(one))) {
      const counted = minutesTogether(indexRows, rowsOf(world, person, 0));
      const overlap = found.get(madeUpSubject(person));
      const told = `${world.name}: ${index.join("+")} with ${person}`;
      expect((overlap?.certainMs ?? 0) / MINUTE_MS, told).toBe(counted.certain);
      expect((overlap?.possibleMs ?? 0) / MINUTE_MS, told).toBe(counted.possible);
      expect(
        Math.abs((overlap?.expectedMs ?? 0) / MINUTE_MS - counted.expected),
        told,
      ).toBeLessThan(0.6);
      if (counted.possible > 0) met += 1;
    }
  }
  return met;
}

function rowsOf(world: World, person: string, lingering: number) {
  const own = world.entries.filter((entry) => entry.person === person);
  return roomsOf(own, (place) => kinds[Number(place.at(-1))]!.stay, lingering);
}

/** Three places, two to five people, up to six entries each, all from the seed. */
function makeWorld(seed: number): World {
  const pick = dice(seed);
  const name = `w${seed}`;
  const people = 2 + pick(4);
  const entries = Array.from({ length: people }, (_, person) => {
    const times = new Set(Array.from({ length: 1 + pick(6) }, () => pick(700)));
    return [...times].map((at): OracleEntry => {
      const kind = pick(3);
      const { zones } = kinds[kind]!;
      return {
        person: `${name}-${person}`,
        place: `p-${name}-${kind}`,
        zone: zones[pick(zones.length)]!,
        direction: pick(5) < 3 ? "in" : "out",
        isDirectionSeen: pick(4) > 0,
        at,
        error: [0, 0, 1, 5][pick(4)]!,
      };
    });
  });
  return { name, entries: entries.flat(), lingering: [0, 0, 15, 30][pick(4)]! };
}

/** Numerical Recipes' linear congruence: the same worlds for the same seeds, everywhere. */
function dice(seed: number): (sides: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** All worlds side by side in one database, arriving mixed and in parts that are paired one after another. */
async function storeWorlds(pool: Pool, worlds: readonly World[]): Promise<void> {
  const places = worlds.flatMap(({ name }) =>
    kinds.map(({ type }, kind) => ({ id: `p-${name}-${kind}`, type })),
  );
  await pool.query(
    "INSERT INTO places (place, name, type, made_at_ms) SELECT id, id, type, 0 FROM unnest($1::text[], $2::text[]) AS p (id, type)",
    [places.map((place) => place.id), places.map((place) => place.type)],
  );
  const zoned = worlds.flatMap(({ name }) =>
    ["a", "b"].map((zone) => ({ place: `p-${name}-0`, zone })),
  );
  await pool.query(
    `WITH zone AS (INSERT INTO zones (zone, place, name)
       SELECT place || zone, place, zone FROM unnest($1::text[], $2::text[]) AS z (place, zone) RETURNING zone, place)
     INSERT INTO gates (gate, place, name, made_at_ms, zone) SELECT zone, place, zone, 0, zone FROM zone`,
    [zoned.map((gate) => gate.place), zoned.map((gate) => gate.zone)],
  );
  const entries = worlds.flatMap((world) => world.entries.map(storedEntry));
  const pick = dice(7);
  const parts = Map.groupBy(entries, () => pick(PARTS));
  for (const part of parts.values()) {
    await storeEntries(pool, part);
    await catchUpPairing(pool, { nowMs: Date.now, monoMs: () => 0, sleep: async () => {} });
  }
}

function storedEntry(entry: OracleEntry): StoredEntry {
  return entryOf({
    subject: madeUpSubject(entry.person),
    place: entry.place,
    gate: `${entry.place}${entry.zone}`,
    direction: entry.direction,
    isDirectionSeen: entry.isDirectionSeen,
    atMs: MORNING_MS + entry.at * MINUTE_MS,
    errorMs: entry.error * MINUTE_MS,
  });
}
