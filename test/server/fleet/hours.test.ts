import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { closingMinutes, spansOn } from "#server/fleet/hours-in-force.ts";
import { readGates } from "#server/fleet/read-gates.ts";
import { completenessOf } from "#server/tracing/completeness.ts";
import { pair } from "#server/tracing/pair.ts";
import { catchUpPairing } from "#server/tracing/pairing.ts";
import { onlyLine, runIn } from "../operations/support.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { madeUpPerson, newStation } from "../support/station.ts";
import type { TestStation } from "../support/station.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const span = (weekday: number, opens: number, closes: number) => ({
  weekday,
  opensMinute: opens * 60,
  closesMinute: closes * 60,
});

describe("hours of a week", () => {
  const bar = [span(5, 18, 26), span(7, 18, 26)];

  test("reach into the next morning, also from Sunday into Monday", () => {
    expect(spansOn(bar, 5)).toEqual([{ fromMinute: 1080, toMinute: 1440 }]);
    expect(spansOn(bar, 6)).toEqual([{ fromMinute: 0, toMinute: 120 }]);
    expect(spansOn(bar, 1)).toEqual([{ fromMinute: 0, toMinute: 120 }]);
    expect(spansOn(bar, 2)).toEqual([]);
  });

  test("end with the last opening of a day, and not at all where one day goes over into the next", () => {
    const office = [span(1, 7, 11), span(1, 13, 17)];
    const hotel = [1, 2, 3, 4, 5, 6, 7].map((day) => span(day, 0, 24));

    expect(closingMinutes(office)).toEqual([1020, null, null, null, null, null, null]);
    expect(closingMinutes(bar)).toEqual([null, null, null, null, 1560, null, 1560]);
    expect(closingMinutes(hotel)).toEqual([null, null, null, null, null, null, null]);
  });

  test("of the night before end a visit that began after midnight", () => {
    // Saturday 28 November 2026, 00:30 in Vietnam.
    const atMs = Date.UTC(2026, 10, 27, 17, 30);
    const entry = { eventId: "event-1", subject: "s", place: "p", zone: null, gate: "g" };
    const sighting = {
      ...entry,
      direction: "in",
      isDirectionSeen: true,
      atMs,
      errorMs: 0,
    } as const;

    const [visit] = pair([sighting], () => ({ type: null, closesMinutes: closingMinutes(bar) }));

    expect(visit).toMatchObject({ exitKnown: "place-closed" });
    expect(visit!.left.hiMs - atMs).toBe(1.5 * HOUR_MS);
  });
});

describe.each(engines.filter(({ isHere }) => isHere))("hours in force on $name", (engine) => {
  let province: TestProvince;
  let station: TestStation;
  beforeAll(async () => {
    province = await startTestProvince(engine);
    station = await newStation(province);
  });
  afterAll(() => province.stop());

  const set = async (hours: readonly object[] | null) => {
    await province.pool.query("UPDATE places SET opening_hours = $2 WHERE place = $1", [
      province.place.place,
      hours === null ? null : JSON.stringify(hours),
    ]);
  };
  beforeEach(async () => {
    await set(null);
    await province.pool.query("DELETE FROM gate_hours");
  });
  const everyDay = [1, 2, 3, 4, 5, 6, 7];
  const silence = async () =>
    (await readGates(province.pool, province.clock.nowMs())).map((gate) => gate.silence);

  test("of a gate are its place's until it has its own, and again when those are taken away", async () => {
    // It is 9:00; nobody has come since the gate got its station.
    province.clock.advance(DAY_MS);
    expect(await silence()).toEqual(["normal"]);

    await set([{ days: everyDay, from: 0, to: 1440 }]);
    expect(await silence()).toEqual(["silent"]);

    const gate = ["gate", "hours", province.place.gate, "--hours"];
    await runIn(province, ...gate, "1-7 20:00-21:00");
    expect(await silence()).toEqual(["closed"]);

    await runIn(province, ...gate, "place");
    expect(await silence()).toEqual(["silent"]);
    province.clock.advance(-DAY_MS);
  });

  test("tell which hours without anybody make an answer doubtful, through the night, too", async () => {
    const midnightMs = province.clock.nowMs() - 9 * HOUR_MS;
    const period = { fromMs: midnightMs - 2 * HOUR_MS, toMs: midnightMs + 4 * HOUR_MS };
    const silentHours = async () => {
      const { place } = province.place;
      const nowMs = province.clock.nowMs();
      const { gates } = await completenessOf(province.pool, [place], period, nowMs);
      return gates.map((gate) => gate.silentHours);
    };
    expect(await silentHours()).toEqual([0]);

    await set([{ days: everyDay, from: 1380, to: 1560 }]);

    // 23:00 to 02:00.
    expect(await silentHours()).toEqual([3]);
  });

  test("that change make the guessed exits anew, and leave the seen ones alone", async () => {
    const { pool, clock, vault } = province;
    const at = (hour: number) => clock.nowMs() - (9 - hour) * HOUR_MS;
    await station.send([
      station.event({ wall_ms: at(7) }, madeUpPerson(1)),
      station.event({ wall_ms: at(7) }, madeUpPerson(2)),
      station.event({ wall_ms: at(7.5), direction: "out" }, madeUpPerson(2)),
    ]);
    await vault.catchUp();
    await catchUpPairing(pool, clock);
    const exits = async () => {
      const found = await pool.query<{ exit_known: string }>(
        "SELECT exit_known FROM visits ORDER BY exit_known",
      );
      return found.rows.map((row) => row.exit_known);
    };
    expect(await exits()).toEqual(["seen", "unknown"]);

    await runIn(province, "gate", "hours", province.place.gate, "--hours", "1-7 06:00-08:00");
    await catchUpPairing(pool, clock);
    expect(await exits()).toEqual(["place-closed", "seen"]);

    await runIn(province, "gate", "hours", province.place.gate, "--hours", "place");
    await catchUpPairing(pool, clock);
    expect(await exits()).toEqual(["seen", "unknown"]);
  });

  test("reach the visits through a gate that was put into another zone", async () => {
    const { pool, clock, place } = province;
    const said = await runIn(province, "zone", "add", "--place", place.place, "--name", "Khu A");
    const zone = String(onlyLine(said)["zone"]);

    await runIn(province, "gate", "zone", "--gate", place.gate, "--zone", zone);
    await catchUpPairing(pool, clock);

    const found = await pool.query<{ zone: string | null }>("SELECT DISTINCT zone FROM visits");
    expect(found.rows).toEqual([{ zone }]);
  });

  test("of reading back follow what the place says of its retention, at most three days", async () => {
    const says = async (days: number | null) => {
      await province.pool.query("UPDATE places SET retention_days = $2 WHERE place = $1", [
        province.place.place,
        days,
      ]);
      return (await station.hello()).readable_hours;
    };

    expect(await says(null)).toBeUndefined();
    expect(await says(1)).toBe(24);
    expect(await says(2)).toBe(48);
    expect(await says(28)).toBe(72);
  });

  test("that a file changes are noticed, and only those", async () => {
    const { pool, dataDir } = province;
    const file = join(dataDir, "places.csv");
    const write = (hours: string, address: string) =>
      writeFileSync(file, `ma_co_so;ten;dia_chi;gio_mo_cua\r\nH1;Quán Mẫu;${address};${hours}`);
    write("T2-CN 07:00-17:00", "Số 1");
    await runIn(province, "place", "import", file);
    const { rows } = await pool.query<{ place: string }>(
      "SELECT place FROM places WHERE import_key IS NOT NULL",
    );
    const eventId = randomUUID();
    await pool.query(
      `INSERT INTO visits (local_day, place, event_id, subject, t_in_ms, in_mid_after_ms, in_hi_after_ms,
         out_lo_after_ms, out_mid_after_ms, out_hi_after_ms, gate, is_entry_seen, exit_known)
       VALUES ('2026-11-24', $1, $2, '\\x01', 0, 0, 0, 0, 0, 0, 'g-none', true, 'model')`,
      [rows[0]?.place, eventId],
    );
    const waiting = async () => {
      const found = await pool.query("SELECT FROM pairing_work WHERE event_id = $1", [eventId]);
      return found.rowCount;
    };

    write("T2-CN 07:00-17:00", "Số 2");
    await runIn(province, "place", "import", file);
    expect(await waiting()).toBe(0);

    write("T2-CN 07:00-18:00", "Số 2");
    await runIn(province, "place", "import", file);
    expect(await waiting()).toBe(1);
  });
});
