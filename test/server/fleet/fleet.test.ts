import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureDays } from "#server/database/days.ts";
import { countDays } from "#server/fleet/count-days.ts";
import { parseGateHours } from "#server/fleet/gate-hours.ts";
import { judgeStation } from "#server/fleet/judge-station.ts";
import type { StationFacts } from "#server/fleet/judge-station.ts";
import { onlyLine, runIn } from "../operations/support.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import type { TestStation } from "../support/station.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const healthy: NonNullable<StationFacts["health"]> = {
  helloAtMs: 100 * DAY_MS,
  pending: 0,
  oldestPendingMs: null,
  clockOffsetMs: 0,
  diskFreeBytes: 10e9,
  scannerStates: ["ready"],
  policyVersion: 3,
};

function station(change: Partial<typeof healthy> = {}, more: Partial<StationFacts> = {}) {
  return judgeStation({
    nowMs: 100 * DAY_MS,
    state: "active",
    isWiped: false,
    health: { ...healthy, ...change },
    newestPolicyVersion: 3,
    quarantined: 0,
    incidents: 0,
    ...more,
  });
}

describe("a station on the board", () => {
  test("that is well has no findings", () => {
    expect(station()).toEqual([]);
  });

  test("shows each of its troubles by itself", () => {
    const old = 100 * DAY_MS - HOUR_MS;
    expect(station({ helloAtMs: old })).toEqual(["no-contact"]);
    expect(station({ clockOffsetMs: -60_000 })).toEqual(["clock-off"]);
    expect(station({ diskFreeBytes: 100e6 })).toEqual(["disk-low"]);
    expect(station({ scannerStates: ["ready", "lost"] })).toEqual(["scanner-lost"]);
    expect(station({ policyVersion: 2 })).toEqual(["policy-old"]);
    expect(station({}, { quarantined: 1 })).toEqual(["lines-in-quarantine"]);
    expect(station({}, { incidents: 1 })).toEqual(["incident"]);
    expect(station({}, { health: null })).toEqual(["never-heard"]);
    expect(station({}, { state: "revoked" })).toEqual(["revoked"]);
  });

  test("has an old backlog by its own clock, however wrong that is", () => {
    const now = 100 * DAY_MS;
    const wrong = { pending: 5, clockOffsetMs: 10 * HOUR_MS };

    expect(station({ pending: 5, oldestPendingMs: now - HOUR_MS })).toEqual(["backlog-old"]);
    expect(station({ ...wrong, oldestPendingMs: now - 10 * HOUR_MS })).toEqual(["clock-off"]);
    expect(station({ ...wrong, oldestPendingMs: now - 11 * HOUR_MS })).toEqual([
      "backlog-old",
      "clock-off",
    ]);
  });
});

describe("hours of a gate", () => {
  test("are read as they are written, and refused when a day stands twice or a clock is none", () => {
    expect(parseGateHours("1-2 07:00-17:30; 6  08:00-24:00")).toEqual([
      { weekday: 1, opens_minute: 420, closes_minute: 1050 },
      { weekday: 2, opens_minute: 420, closes_minute: 1050 },
      { weekday: 6, opens_minute: 480, closes_minute: 1440 },
    ]);
    const bad = ["", "1", "0 07:00-08:00", "1-3 07:00-08:00; 2 07:00-08:00", "1 07:60-09:00"];
    for (const text of [...bad, "1 09:00-07:00", "3-1 07:00-08:00", "1 07:00-24:30"]) {
      expect(parseGateHours(text)).toBeNull();
    }
  });
});

describe("the fleet of a province", () => {
  let province: TestProvince;
  let one: TestStation;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    one = await newStation(province);
    // Eight days with twelve entries at each hour from 7 to 9; now it is 9:00 in Vietnam.
    for (let age = 8; age >= 1; age -= 1) {
      const nine = province.clock.nowMs() - age * DAY_MS;
      await ensureDays(province.pool, nine);
      const events = [0, 1].flatMap((hour) =>
        Array.from({ length: 12 }, (_, index) =>
          one.event({ wall_ms: nine - 2 * HOUR_MS + hour * HOUR_MS + index * 240_000 }),
        ),
      );
      await one.send(events);
    }
    await countDays(province.pool, province.clock.nowMs());
  });
  afterAll(() => province.stop());

  test("shows a gate that fell silent against its own history, in JSON and as a table", async () => {
    const said = await runIn(province, "fleet", "--json", "--trouble");
    const lines = said.out.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

    const gate = lines.find((line) => line["kind"] === "gate");
    expect(gate).toMatchObject({ gate: province.place.gate, silence: "silent" });
    expect(gate?.["expected"]).toBeCloseTo(24 + 12 / 12, -1);
    expect(lines.find((line) => line["kind"] === "station")).toMatchObject({
      station: one.id,
      findings: ["never-heard"],
    });
    const table = (await runIn(province, "fleet")).out.join("\n");
    expect(table).toMatch(/Chợ Mẫu \/ Cổng 1 .*silent/);
    expect(table).toContain("never-heard");
  });

  test("shows the gate as normal again with the first new entries", async () => {
    await one.send([one.event()]);
    const scanners = [{ lane: "lane-1", state: "lost", since_ms: 0 }];
    await one.hello({ scanners, pending: 2, disk_free_bytes: 10e9 });

    const lines = (await runIn(province, "fleet", "--json")).out.map(
      (line) => JSON.parse(line) as Readonly<Record<string, unknown>>,
    );

    expect(lines.find((line) => line["kind"] === "gate")).toMatchObject({ silence: "normal" });
    expect(lines.find((line) => line["kind"] === "station")).toMatchObject({
      pending: 2,
      scanners: [{ lane: "lane-1", state: "lost" }],
      findings: ["scanner-lost"],
    });
  });

  test("is closed outside the hours that were set", async () => {
    const hours = ["gate", "hours", province.place.gate, "--hours", "7 07:00-11:00"];
    expect((await runIn(province, ...hours)).code).toBe(0);
    province.clock.advance(3 * HOUR_MS);

    const said = await runIn(province, "fleet", "--json");
    province.clock.advance(-3 * HOUR_MS);

    const lines = said.out.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines.find((line) => line["kind"] === "gate")).toMatchObject({ silence: "closed" });
    expect(
      (await runIn(province, "gate", "hours", "g-none", "--hours", "1 07:00-08:00")).code,
    ).toBe(1);
  });

  test("counts a day again while late batches may come, and then never more", async () => {
    const { pool, clock } = province;
    const count = async () => {
      const found = await pool.query<{ sum: number }>(
        "SELECT sum(entries)::int AS sum FROM gate_hour_counts",
      );
      return found.rows[0]?.sum ?? 0;
    };
    const before = await count();
    const late = clock.nowMs() - 2 * DAY_MS;
    const tooLate = clock.nowMs() - 6 * DAY_MS;
    await one.send([one.event({ wall_ms: late }), one.event({ wall_ms: tooLate })]);
    await countDays(pool, clock.nowMs());
    expect(await count()).toBe(before);

    clock.advance(DAY_MS);
    await ensureDays(pool, clock.nowMs());
    await countDays(pool, clock.nowMs());

    // Yesterday's one entry of the test above, and the late one; the other day is final.
    expect(await count()).toBe(before + 2);
    clock.advance(-DAY_MS);
  });

  test("tells a station its state with the next hello, and says who set it", async () => {
    expect((await one.hello()).state).toBeUndefined();
    expect((await runIn(province, "station", "state", one.id, "--to", "wipe")).code).toBe(0);
    expect((await one.hello()).state).toBe("wipe");
    await runIn(province, "station", "state", one.id, "--to", "upload-only");
    expect((await one.hello()).state).toBe("upload-only");
    // What it still has is taken as ever.
    expect(await one.results([one.event()])).toEqual(["stored"]);
    await runIn(province, "station", "state", one.id, "--to", "revoked");
    expect(await one.results([one.event()])).toEqual(["quarantined"]);
    await runIn(province, "station", "state", one.id, "--to", "active");
    expect((await one.hello()).state).toBeUndefined();

    expect((await runIn(province, "station", "state", one.id, "--to", "asleep")).code).toBe(2);
    expect((await runIn(province, "station", "state", "s-none", "--to", "wipe")).code).toBe(1);
    const audited = await province.pool.query(
      "SELECT FROM audit WHERE record->>'action' = 'station-state-set'",
    );
    expect(audited.rowCount).toBe(4);
  });

  test("asks a station that is held more often, and shows one that has wiped itself as wiped", async () => {
    const other = await newStation(province);
    const usual = (await other.hello()).interval_ms;
    await runIn(province, "station", "state", other.id, "--to", "wipe");
    expect((await other.hello({ state: "wipe", disk_free_bytes: 10e9 })).interval_ms).toBeLessThan(
      usual,
    );
    const findings = async () => {
      const said = await runIn(province, "fleet", "--json");
      const lines = said.out.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      return lines.find((line) => line["station"] === other.id);
    };
    expect(await findings()).toMatchObject({ findings: ["wiping"], wiped_at: null });

    await other.hello({ state: "wiped" });
    const firstAt = new Date(province.clock.nowMs()).toISOString();
    province.clock.advance(DAY_MS);
    // The answer was lost: the same word again changes nothing.
    await other.hello({ state: "wiped" });

    expect(await findings()).toMatchObject({ findings: ["wiped"], wiped_at: firstAt });
    expect((await runIn(province, "fleet", "--trouble")).out.join("\n")).toContain("wiped");
    province.clock.advance(-DAY_MS);
  });

  test("takes policies that are whole, signs them, and goes back to an earlier one", async () => {
    const file = join(province.dataDir, "policy.json");
    const rules = {
      swallow_ms: 3_000,
      repeat_window_ms: 60_000,
      expired_card: "refuse",
      capacity: 40,
      keep_extras: false,
      watch_list: [],
    };
    writeFileSync(file, JSON.stringify(rules));
    expect(onlyLine(await runIn(province, "policy", "publish", file))).toEqual({ version: 1 });
    writeFileSync(file, JSON.stringify({ ...rules, capacity: 50 }));
    expect(onlyLine(await runIn(province, "policy", "publish", file))).toEqual({ version: 2 });
    expect((await one.hello({ policy_version: 0 })).rules).toMatchObject({
      version: 2,
      capacity: 50,
    });

    for (const bad of [{ ...rules, capacity: 0 }, { ...rules, version: 9 }, "no JSON", {}]) {
      writeFileSync(file, typeof bad === "string" ? bad : JSON.stringify(bad));
      expect((await runIn(province, "policy", "publish", file)).code).toBe(1);
    }
    expect(onlyLine(await runIn(province, "policy", "again", "1"))).toEqual({ version: 3 });
    expect((await one.hello({ policy_version: 2 })).rules).toMatchObject({
      version: 3,
      capacity: 40,
    });
    expect((await runIn(province, "policy", "again", "8")).code).toBe(1);
    expect(onlyLine(await runIn(province, "policy", "show", "2"))).toMatchObject({ capacity: 50 });

    const listed = await runIn(province, "policy", "list");
    expect(listed.code).toBe(0);
    expect(listed.out).toHaveLength(3);
    await province.pool.query(
      `UPDATE rules SET rules = jsonb_set(rules, '{capacity}', '1') WHERE version = 1`,
    );
    const changed = await runIn(province, "policy", "list");
    expect(changed.code).toBe(1);
    expect(changed.out[0]).toContain('"is_signature_valid":false');
  });
});
