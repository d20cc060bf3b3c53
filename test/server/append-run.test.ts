import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appendRun, runOf } from "#server/ingest/append-run.ts";
import type { Appending } from "#server/ingest/append-run.ts";
import { judgeLine } from "#server/ingest/judge.ts";
import { eventRow, sealedRange } from "#server/ingest/store-stream.ts";
import { engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { lineOf, newStation, rehashed, uuid } from "./support/station.ts";
import type { SentEvent, TestStation } from "./support/station.ts";

function judgedOf(station: TestStation, events: readonly SentEvent[]) {
  return events.map((event) => judgeLine(Buffer.from(lineOf(event)), station.id));
}

describe.each(engines)("a run of events on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    /** A station whose stream has begun, so that the next batch may continue it. */
    async function begunStation(): Promise<TestStation> {
      const station = await newStation(province);
      await station.send(station.events(2));
      return station;
    }

    async function rowsOf(table: string, station: TestStation): Promise<readonly object[]> {
      const found = await province.pool.query<{ row: Record<string, unknown> }>(
        `SELECT to_jsonb(t) - 'work_id' AS row FROM ${table} t JOIN instances i USING (instance_key)
         WHERE i.station = $1 ORDER BY to_jsonb(t)->'seq', to_jsonb(t)->'first_seq'`,
        [station.id],
      );
      return found.rows.map(({ row }) => row);
    }

    function appendingOf(station: TestStation, events: readonly SentEvent[]): Appending {
      const run = runOf(judgedOf(station, events));
      if (run === null) throw new Error("no run");
      const context = { nowMs: province.clock.nowMs(), boots: new Map(), serverFlags: () => [] };
      const rows = run.events.map((event) => eventRow(event, context));
      const { instance } = run;
      const sealed = sealedRange(run.events);
      return { station: station.id, instance, nowMs: context.nowMs, rows, sealed };
    }

    test("is what a station sends day after day", async () => {
      const station = await begunStation();

      const run = runOf(judgedOf(station, station.events(200)));

      expect(run?.events.map(({ header }) => header.seq)).toEqual(
        Array.from({ length: 200 }, (_, index) => index + 3),
      );
    });

    test("is nothing that begins, skips, repeats, turns back, breaks off or takes back", async () => {
      const station = await begunStation();
      const [one, two, three] = station.events(3) as [SentEvent, SentEvent, SentEvent];
      const fresh = await newStation(province);
      const undo = station.event({ type: "undo", details: { target: uuid() } }, null);
      const sameId = rehashed(two, { event_id: one.header.event_id });
      const unlinked = rehashed(two, { prev_hash: "0".repeat(64) });
      const elsewhere = rehashed(two, { instance: uuid() });
      const lines = {
        beginning: judgedOf(fresh, fresh.events(2)),
        gap: judgedOf(station, [one, three]),
        repetition: judgedOf(station, [one, one]),
        order: judgedOf(station, [two, one]),
        id: judgedOf(station, [one, sameId]),
        link: judgedOf(station, [one, unlinked]),
        instance: judgedOf(station, [one, elsewhere]),
        undo: judgedOf(station, [three, undo]),
        stranger: judgedOf(fresh, [one]),
        nothing: [],
      };

      const runs = Object.entries(lines).map(([name, judged]) => [name, runOf(judged)]);

      expect(runs).toEqual(Object.keys(lines).map((name) => [name, null]));
    });

    test("leaves the same rows as the long way, and the same work for the vault", async () => {
      const [appended, offered] = [await begunStation(), await begunStation()];
      const change = { flags: ["expired", 'quo"ted\\'], details: { note: "Chợ" }, wall_ms: 1.7e12 };
      const events = (station: TestStation) => [
        station.event({ ...change, offset_ms: -5, policy_version: 7 }),
        station.event({ document_kind: null, direction: null, direction_known: null }, null),
        ...station.events(3),
      ];
      // Turned round it is no run, and everything else is the same.
      await appended.send(events(appended));
      await offered.send(events(offered).toReversed());
      const own = /_key"|station|instance|event_id|hash|sealed_body/;
      const shared = (rows: readonly object[]) =>
        rows.map((row) => Object.entries(row).filter(([name]) => !own.test(`${name}"`)));

      for (const table of ["events", "event_keys", "vault_work", "instances"]) {
        const [short, long] = [await rowsOf(table, appended), await rowsOf(table, offered)];
        expect(short.length).toBeGreaterThan(0);
        expect(shared(short)).toEqual(shared(long));
      }
    });

    test("keeps bytes, ids and texts as they came", async () => {
      const station = await begunStation();
      const events = [station.event({ lane: "làn 1 🚪", flags: ["a,b", ""] }), station.event()];

      await station.send(events);

      const rows = await province.pool.query<Record<string, unknown>>(
        `SELECT e.event_id, k.hash, body_hash, prev_hash, sealed_body, lane, flags FROM events e
         JOIN event_keys k USING (instance_key, seq) JOIN instances i USING (instance_key)
         WHERE i.station = $1 AND seq > 2 ORDER BY seq`,
        [station.id],
      );
      expect(rows.rows).toEqual(
        events.map(({ header, hash, sealedBody }) => ({
          event_id: header.event_id,
          hash: Buffer.from(hash, "hex"),
          body_hash: Buffer.from(header.body_hash ?? "", "hex"),
          prev_hash: Buffer.from(header.prev_hash, "hex"),
          sealed_body: Buffer.from(sealedBody ?? []),
          lane: header.lane,
          flags: header.flags,
        })),
      );
    });

    test("is appended once, and then no more", async () => {
      const station = await begunStation();
      const appending = appendingOf(station, station.events(3));

      const tries = [];
      for (let attempt = 0; attempt < 2; attempt += 1) {
        tries.push(await appendRun(province.pool, appending));
      }

      expect(tries).toEqual([true, false]);
      expect(await rowsOf("events", station)).toHaveLength(5);
    });

    test("is appended once by eight processes at the same moment", async () => {
      const station = await begunStation();
      const appending = appendingOf(station, station.events(50));

      const tries = await Promise.all(
        Array.from({ length: 8 }, () => appendRun(province.pool, appending)),
      );

      expect(tries.filter((isStored) => isStored)).toHaveLength(1);
      expect(await rowsOf("events", station)).toHaveLength(52);
      expect(await rowsOf("vault_work", station)).toHaveLength(2);
    });

    test("is not appended after a gap, beside a fork or where an id is taken", async () => {
      const station = await begunStation();
      const [missing, ...afterGap] = station.events(3) as [SentEvent, SentEvent, SentEvent];
      const forked = rehashed(missing, { event_id: uuid(), prev_hash: "1".repeat(64) });
      const stranger = await begunStation();
      const taken = stranger.event({ event_id: missing.header.event_id });
      await stranger.send([taken]);

      const tries = [];
      for (const events of [afterGap, [forked], [missing, ...afterGap]]) {
        tries.push(await appendRun(province.pool, appendingOf(station, events)));
      }

      expect(tries).toEqual([false, false, false]);
      expect(await rowsOf("events", station)).toHaveLength(2);
      expect(await rowsOf("vault_work", station)).toHaveLength(1);
      expect(await station.results([missing, ...afterGap])).toEqual([
        "conflict",
        "stored",
        "stored",
      ]);
    });

    test("goes the long way behind a gap further back, whose end stays the prefix", async () => {
      const station = await begunStation();
      const [, ...afterGap] = station.events(3);
      await station.send(afterGap);
      const events = station.events(2);

      const isAppended = await appendRun(province.pool, appendingOf(station, events));
      const answer = await station.send(events);

      expect([isAppended, answer.contiguous_upto]).toEqual([false, 2]);
      expect(answer.answers.map(({ result }) => result)).toEqual(["stored", "stored"]);
    });

    test("goes the long way where a cluster cannot carry the one statement out", async () => {
      const station = await begunStation();
      await province.pool.query(
        `CREATE FUNCTION refuse_the_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF current_query() LIKE '%WITH stream AS%' THEN RAISE feature_not_supported; END IF;
           RETURN NEW;
         END $$;
         CREATE TRIGGER cluster BEFORE UPDATE ON instances EXECUTE FUNCTION refuse_the_one()`,
      );
      const events = station.events(2);

      const isAppended = await appendRun(province.pool, appendingOf(station, events));
      const results = await station.results(events);
      await province.pool.query("DROP FUNCTION refuse_the_one() CASCADE");

      expect([isAppended, ...results]).toEqual([false, "stored", "stored"]);
    });

    test("with a value that only PostgreSQL refuses costs that event alone", async () => {
      const station = await begunStation();
      await province.pool.query(
        "ALTER TABLE events_other_days ADD CONSTRAINT picky CHECK (lane <> 'unlucky')",
      );
      const events = [station.event(), station.event({ lane: "unlucky", wall_ms: 0 })];

      const answer = await station.send([...events, station.event()]);
      await province.pool.query("ALTER TABLE events_other_days DROP CONSTRAINT picky");

      const results = answer.answers.map(({ result, reason }) => reason ?? result);
      expect(results).toEqual(["stored", "not-storable", "stored"]);
    });
  });
});
