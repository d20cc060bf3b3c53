import { expect, test } from "vitest";
import { NetworkFailure } from "#sync/failure.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createFakeProvince, plainAnswer, problem } from "./fake-province.ts";
import type { FakeProvince } from "./fake-province.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { createSeededRandom } from "./seeded-random.ts";
import { createStationUnderTest, stationKeys } from "./station-under-test.ts";

const SEEDS = 12;
const STEPS = 60;

type Chance = { below(limit: number): number; isOneIn(count: number): boolean };

function chanceOf(seed: number): Chance {
  const random = createSeededRandom(seed);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  return { below, isOneIn: (count) => below(count) === 0 };
}

/** A network and a server that fail in every way at once, about every third exchange. */
function misbehave(province: FakeProvince, chance: Chance): void {
  province.before = async () => {
    if (chance.isOneIn(6)) throw new NetworkFailure(chance.isOneIn(2) ? "timeout" : "dns");
  };
  province.after = async ({ answer, request }) => {
    if (chance.isOneIn(8)) throw new NetworkFailure("reset");
    if (chance.isOneIn(10)) return plainAnswer(200, "<html>portal</html>");
    if (chance.isOneIn(10)) return plainAnswer(500 + chance.below(5), "");
    if (chance.isOneIn(15)) return plainAnswer(429, problem(429, "busy"), { "retry-after": "20" });
    if (chance.isOneIn(40)) return plainAnswer(401, problem(401, "station-unknown"));
    if (request.body.length > 3_000 && chance.isOneIn(3)) return plainAnswer(413, "");
    return answer;
  };
}

/** What is left of one life once everything works again. */
async function live(seed: number) {
  const chance = chanceOf(seed);
  const clock = createFakeClock();
  const province = createFakeProvince(clock, stationKeys.publicKey);
  const outbox = createMemoryOutbox();
  const scanned: string[] = [];
  let station = createStationUnderTest({ clock, province, outbox, seed });
  let running = station.start();
  misbehave(province, chance);

  for (let step = 0; step < STEPS; step += 1) {
    const count = chance.isOneIn(10) ? 150 : chance.below(5);
    for (let index = 0; index < count; index += 1) scanned.push(station.scan());
    if (chance.isOneIn(12)) province.poison.add(scanned.at(-1) ?? "");
    if (chance.isOneIn(15)) clock.jumpWall((chance.below(200) - 100) * 3_600_000);
    if (chance.isOneIn(20)) station.bell.retryNow();
    if (chance.isOneIn(25)) {
      const backupUpto = chance.below(scanned.length + 1);
      province.restore((event) => event.seq <= backupUpto);
    }
    await clock.advance(chance.below(120_000));
    if (chance.isOneIn(15)) {
      await running.stop();
      station = createStationUnderTest({ clock, province, outbox, seed: seed + step });
      running = station.start();
    }
  }

  province.before = async () => {};
  province.after = async ({ answer }) => answer;
  province.poison.clear();
  await clock.advance(4 * 3_600_000);
  await running.stop();
  return {
    pending: outbox.pendingCount(),
    lost: scanned.filter((id) => !province.stored.has(id)),
    surplus: province.stored.size - scanned.length,
    newInstances: outbox.instanceReasons().length,
    mostInFlight: province.mostInFlight,
  };
}

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);

test.each(seeds)("everything fails at once, seed %i: nothing lost, nothing twice", async (seed) => {
  expect(await live(seed)).toEqual({
    pending: 0,
    lost: [],
    surplus: 0,
    newInstances: 0,
    mostInFlight: 1,
  });
});
