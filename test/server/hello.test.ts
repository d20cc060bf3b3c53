import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishRules } from "#server/stations/rules.ts";
import { cluster, engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { newStation, problemOf, rehashed, uuid } from "./support/station.ts";

describe.each([...engines, cluster])("hello on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    test("finds an empty book and an empty stream equal", async () => {
      const station = await newStation(province);

      const answer = await station.hello();

      expect(answer).toEqual({
        server_time_ms: province.clock.nowMs(),
        comparison: "equal",
        head_seq: 0,
        contiguous_upto: 0,
        missing: [],
        interval_ms: 300_000,
        spread_hint_ms: 0,
      });
    });

    test("finds a station ahead that has more, and equal when everything came", async () => {
      const station = await newStation(province);
      const events = station.events(4);

      await station.send(events.slice(0, 2));
      const ahead = await station.hello({ acknowledged_upto: 2 });
      await station.send(events.slice(2));
      const equal = await station.hello({ acknowledged_upto: 4 });

      expect([ahead.comparison, ahead.head_seq]).toEqual(["station-ahead", 2]);
      expect([equal.comparison, equal.head_seq, equal.contiguous_upto]).toEqual(["equal", 4, 4]);
    });

    test("finds itself ahead of a book that went back in time", async () => {
      const station = await newStation(province);
      const events = station.events(5);
      await station.send(events);

      const answer = await station.hello({ seq: 3, hash: events[2]!.hash, acknowledged_upto: 3 });

      expect([answer.comparison, answer.head_seq]).toEqual(["server-ahead", 5]);
    });

    test("finds itself ahead of a book that was emptied", async () => {
      const station = await newStation(province);
      await station.send(station.events(2));

      const answer = await station.hello({ seq: 0, hash: "0".repeat(64) });

      expect(answer.comparison).toBe("server-ahead");
    });

    test("finds a fork where one place has two hashes, at the head and below it", async () => {
      const station = await newStation(province);
      const events = station.events(5);
      await station.send(events);
      const clone = rehashed(events[2]!, { event_id: uuid() });

      const below = await station.hello({ seq: 3, hash: clone.hash });
      const atHead = await station.hello({ seq: 5, hash: clone.hash });

      expect([below.comparison, atHead.comparison]).toEqual(["fork", "fork"]);
      const incidents = await province.pool.query<{ kind: string; seq: number }>(
        "SELECT kind, seq FROM incidents WHERE station = $1 ORDER BY seq",
        [station.id],
      );
      expect(incidents.rows).toEqual([
        { kind: "fork", seq: 3 },
        { kind: "fork", seq: 5 },
      ]);
    });

    test("a restored server asks for what it had acknowledged, and gets it", async () => {
      const station = await newStation(province);
      const events = station.events(10);
      await station.send(events);
      await forgetEventsAbove(province, station.id, 4);

      const before = await station.hello({ acknowledged_upto: 10 });
      const answer = await station.send(events.slice(before.contiguous_upto));
      const after = await station.hello({ acknowledged_upto: 10 });

      expect([before.comparison, before.contiguous_upto]).toEqual(["server-behind", 4]);
      expect(answer.answers.map(({ result }) => result)).toEqual(Array(6).fill("stored"));
      expect(after.comparison).toBe("equal");
    });

    test("a server restored to before an instance asks for all of it", async () => {
      const station = await newStation(province);
      station.events(3);

      const answer = await station.hello({ acknowledged_upto: 3 });

      expect([answer.comparison, answer.contiguous_upto]).toEqual(["server-behind", 0]);
    });

    test("names the ranges that it lacks, at most a hundred", async () => {
      const station = await newStation(province);
      const events = station.events(10);
      await station.send([events[0]!, events[3]!, events[4]!, events[8]!]);
      expect((await station.hello()).missing).toEqual([
        [2, 3],
        [6, 8],
      ]);

      const holey = await newStation(province);
      const many = holey.events(399);
      const odd = many.filter((_, index) => index % 2 === 1);
      await holey.send(odd.slice(0, 150));
      await holey.send(odd.slice(150));

      const { missing } = await holey.hello();
      expect(missing).toHaveLength(100);
      expect(missing.slice(0, 2)).toEqual([
        [1, 1],
        [3, 3],
      ]);
    });

    test("brings newer rules once, and only to who has older ones", async () => {
      const station = await newStation(province);
      expect((await station.hello()).rules).toBeUndefined();

      const version = await publishRules(
        province.pool,
        {
          swallow_ms: 3_000,
          repeat_window_ms: 60_000,
          expired_card: "refuse",
          capacity: 40,
          keep_extras: false,
          watch_list: [{ identity_hash: "b".repeat(64), case_number: "VV-1" }],
        },
        province.clock.nowMs(),
      );

      expect((await station.hello({ policy_version: version - 1 })).rules).toMatchObject({
        version,
        capacity: 40,
      });
      expect((await station.hello({ policy_version: version })).rules).toBeUndefined();
      expect((await newStation(province)).enrolment.rules.version).toBe(version);
    });

    test("keeps what the station says of its health", async () => {
      const station = await newStation(province);
      const now = province.clock.nowMs();

      await station.hello({
        pending: 7,
        oldest_pending_ms: now - 60_000,
        wall_ms: now - 5_000,
        scanners: [{ lane: "lane-1", state: "lost", since_ms: 12 }],
      });

      const health = await province.pool.query(
        "SELECT hello_at_ms, pending, oldest_pending_ms, wall_error_ms, scanners FROM station_health WHERE station = $1",
        [station.id],
      );
      expect(health.rows).toEqual([
        {
          hello_at_ms: now,
          pending: 7,
          oldest_pending_ms: now - 60_000,
          wall_error_ms: 5_000,
          scanners: [{ lane: "lane-1", state: "lost", since_ms: 12 }],
        },
      ]);
    });

    test("refuses a hello whose values no database can hold, with a problem", async () => {
      const station = await newStation(province);

      const refused = [
        await station.sayHello({ app_version: "a\u0000b" }),
        await station.sayHello({ seq: 1e300 }),
        await station.sayHello({ hash: "short" }),
      ];

      expect(refused.map((answered) => problemOf(answered).code)).toEqual([
        "request-invalid",
        "request-invalid",
        "request-invalid",
      ]);
    });

    test("spreads the return of many stations over the first two minutes of a server", async () => {
      await province.pool.query(
        `INSERT INTO stations (station, place, gate, public_key, state, app_version, enrolled_at_ms)
         SELECT 's-crowd-' || n, $1, $2, decode(repeat('00', 32), 'hex'), 'active', 'x', 0
         FROM generate_series(1, 1000) AS n`,
        [province.place.place, province.place.gate],
      );
      const station = await newStation(province);
      station.app = province.anotherApp();

      const first = await station.hello();
      province.clock.advance(121_000);
      const later = await station.hello();
      await province.pool.query("DELETE FROM stations WHERE station LIKE 's-crowd-%'");

      expect(first.spread_hint_ms).toBeGreaterThanOrEqual(30_000);
      expect(first.spread_hint_ms).toBeLessThanOrEqual(60_000);
      expect(later.spread_hint_ms).toBe(0);
    });
  });
});

/** What restoring an older backup does to one station's stream. */
async function forgetEventsAbove(province: TestProvince, station: string, seq: number) {
  const { pool } = province;
  const found = await pool.query<{ instance_key: number }>(
    "SELECT instance_key FROM instances WHERE station = $1",
    [station],
  );
  const values = [found.rows[0]?.instance_key, seq];
  await pool.query("DELETE FROM events WHERE instance_key = $1 AND seq > $2", values);
  await pool.query("DELETE FROM event_keys WHERE instance_key = $1 AND seq > $2", values);
  await pool.query(
    `UPDATE instances SET head_seq = $2, contiguous_upto = $2,
       head_hash = (SELECT hash FROM event_keys k WHERE k.instance_key = $1 AND k.seq = $2)
     WHERE instance_key = $1`,
    values,
  );
}
