import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GENESIS_HASH, eventHash, headerText } from "#sealing/chain.ts";
import { revokeStation } from "#server/stations/registry.ts";
import { cluster, engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { lineOf, madeUpPerson, newStation, rehashed, uuid } from "./support/station.ts";

describe.each([...engines, cluster])("ingest on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    async function storedIds(station: string): Promise<readonly string[]> {
      const found = await province.pool.query<{ event_id: string }>(
        `SELECT event_id FROM events JOIN instances USING (instance_key)
         WHERE station = $1 ORDER BY instance, seq`,
        [station],
      );
      return found.rows.map((row) => row.event_id);
    }

    async function quarantineReasons(station: string): Promise<readonly string[]> {
      const found = await province.pool.query<{ reason: string }>(
        "SELECT reason FROM quarantine WHERE station = $1 ORDER BY quarantine_id",
        [station],
      );
      return found.rows.map((row) => row.reason);
    }

    async function incidents(station: string): Promise<readonly string[]> {
      const found = await province.pool.query<{ incident: string }>(
        `SELECT kind || ' ' || seq AS incident FROM incidents WHERE station = $1 ORDER BY 1`,
        [station],
      );
      return found.rows.map((row) => row.incident);
    }

    test("stores a batch and answers for each event", async () => {
      const station = await newStation(province);
      const events = station.events(200);

      const answer = await station.send(events);

      expect(answer.answers).toEqual(
        events.map((event) => ({ event_id: event.header.event_id, result: "stored" })),
      );
      expect(answer.contiguous_upto).toBe(200);
      expect(answer.server_time_ms).toBe(province.clock.nowMs());
      expect(await storedIds(station.id)).toEqual(events.map((event) => event.header.event_id));
      expect(await incidents(station.id)).toEqual([]);
    });

    test.each(["zstd", "gzip", "identity"] as const)("takes %s bodies", async (encoding) => {
      const station = await newStation(province);

      const answer = await station.send(station.events(3), encoding);

      expect(answer.answers.map(({ result }) => result)).toEqual(["stored", "stored", "stored"]);
    });

    test("answers duplicate to what it has, in any mixture, and stores it once", async () => {
      const station = await newStation(province);
      const events = station.events(6);
      await station.send(events.slice(0, 4));

      const results = await station.results([events[5]!, events[2]!, events[4]!, events[2]!]);

      expect(results).toEqual(["stored", "duplicate", "stored", "duplicate"]);
      expect(await storedIds(station.id)).toHaveLength(6);
    });

    test("stores every event once when eight processes send the same batch at once", async () => {
      const station = await newStation(province);
      const events = station.events(50);
      const apps = [province.app, province.anotherApp()];

      const answers = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const twin = Object.assign(Object.create(station), { app: apps[index % 2] });
          return station.send.call(twin, events);
        }),
      );

      const results = answers.flatMap((answer) => answer.answers.map(({ result }) => result));
      expect(results.filter((result) => result === "stored")).toHaveLength(50);
      expect(results.filter((result) => result === "duplicate")).toHaveLength(350);
      expect(await storedIds(station.id)).toHaveLength(50);
      expect(answers.every((answer) => answer.contiguous_upto === 50)).toBe(true);
    });

    test("keeps the stream's books right when its parts arrive at the same moment", async () => {
      const station = await newStation(province);
      const parts = Array.from({ length: 10 }, () => station.events(20));

      await Promise.all(parts.toReversed().map((part) => station.send(part)));

      const hello = await station.hello({ acknowledged_upto: 200 });
      expect([hello.comparison, hello.head_seq, hello.contiguous_upto]).toEqual([
        "equal",
        200,
        200,
      ]);
    });

    test("tells the end of the gap-free prefix, never the maximum", async () => {
      const station = await newStation(province);
      const events = station.events(10);

      const upto = [];
      for (const part of [events.slice(0, 2), events.slice(7), events.slice(4, 6)]) {
        upto.push((await station.send(part)).contiguous_upto);
      }
      upto.push((await station.send(events.slice(2, 4))).contiguous_upto);
      upto.push((await station.send(events.slice(6, 7))).contiguous_upto);

      expect(upto).toEqual([2, 2, 2, 6, 10]);
      expect(await incidents(station.id)).toEqual([]);
    });

    test("closes a gap below thousands of events", async () => {
      const station = await newStation(province);
      const events = station.events(1_401);
      for (let first = 1; first < events.length; first += 200) {
        expect((await station.send(events.slice(first, first + 200))).contiguous_upto).toBe(0);
      }

      const answer = await station.send(events.slice(0, 1));

      expect(answer.contiguous_upto).toBe(1_401);
    });

    test("keeps an event whose id is there with another hash as a conflict", async () => {
      const station = await newStation(province);
      const [first, second] = station.events(2);
      await station.send([first!]);
      const changed = rehashed(first!, { direction: "out" });

      const answer = await station.send([changed, second!]);

      expect(answer.answers.map(({ result }) => result)).toEqual(["conflict", "stored"]);
      expect(await quarantineReasons(station.id)).toEqual(["conflict"]);
      expect(await incidents(station.id)).toEqual(["conflict 1"]);
      expect(await storedIds(station.id)).toHaveLength(2);
    });

    test("a conflict at a place of its own leaves no hole in the stream", async () => {
      const station = await newStation(province);
      const [first, second] = station.events(2);
      await station.send([first!, second!]);
      const third = station.event({ event_id: first!.header.event_id });

      const answer = await station.send([third, station.event()]);

      expect(answer.answers.map(({ result }) => result)).toEqual(["conflict", "stored"]);
      expect(answer.contiguous_upto).toBe(4);
    });

    test("a second event for a place in the stream is a fork, and both are kept", async () => {
      const station = await newStation(province);
      const events = station.events(3);
      await station.send(events);
      const other = rehashed(events[2]!, { event_id: uuid() });

      const results = await station.results([other]);

      expect(results).toEqual(["fork"]);
      expect(await quarantineReasons(station.id)).toEqual(["fork"]);
      expect(await incidents(station.id)).toEqual(["fork 3"]);
      expect(await station.results([other])).toEqual(["fork"]);
      expect(await quarantineReasons(station.id)).toEqual(["fork"]);
    });

    test("the same id from another station is not stored there and harms nobody", async () => {
      const [one, two] = [await newStation(province), await newStation(province)];
      const event = one.event();
      await one.send([event]);

      const results = await two.results([two.event({ event_id: event.header.event_id })]);

      // On a cluster no single key spans all streams: there the key of events refuses it.
      expect(results).toEqual([engine.isCluster === true ? "quarantined" : "conflict"]);
      expect(await one.results([event])).toEqual(["duplicate"]);
    });

    test("streams of the same name in two stations are two streams", async () => {
      const [one, two] = [await newStation(province), await newStation(province)];
      two.instance = one.instance;

      const results = [await one.results(one.events(2)), await two.results(two.events(2))];

      expect(results).toEqual([
        ["stored", "stored"],
        ["stored", "stored"],
      ]);
    });

    test("takes a batch with two instances of one book", async () => {
      const station = await newStation(province);
      const before = station.events(2);
      station.startInstance();
      const after = station.events(3);

      const answer = await station.send([...before, ...after]);

      expect(answer.answers.map(({ result }) => result)).toEqual(Array(5).fill("stored"));
      expect(answer.contiguous_upto).toBe(2);
    });

    test("one bad line of each kind never blocks the good ones", async () => {
      const station = await newStation(province);
      const stranger = await newStation(province);
      const good = station.events(2);
      const bad = {
        schema: rehashed(station.event(), { flags: Array(33).fill("x") }),
        hash: { ...station.event(), hash: "f".repeat(64) },
        body: { ...station.event(), sealedBody: new Uint8Array([1, 2, 3]) },
        type: station.event({ type: "from-the-future" }),
        zero: station.event({ lane: "a\u0000b" }),
        half: rehashed(station.event(), {}),
        huge: { ...station.event(), header: { ...good[0]!.header, seq: 1e300 } },
        stranger: stranger.event(),
      };
      bad.half.header.details["note"] = "\ud800";
      const lines = [
        lineOf(good[0]!),
        "{ not json",
        `{"event_id":"${uuid()}","seq":77,"instance":"${station.instance}", torn`,
        ...Object.values(bad).map(lineOf),
        "null",
        "[]",
        '"text"',
        lineOf(good[1]!),
      ];

      const answered = await station.sendLines(lines);

      const { answers } = JSON.parse(answered.body) as {
        answers: { result: string; reason?: string }[];
      };
      expect(answers.map(({ result, reason }) => reason ?? result)).toEqual([
        "stored",
        "not-json",
        "schema",
        "hash-mismatch",
        "body-mismatch",
        "unknown-type",
        "unstorable-text",
        "hash-mismatch",
        "schema",
        "another-station",
        "stored",
      ]);
      expect(await storedIds(station.id)).toEqual(good.map((event) => event.header.event_id));
      const raw = await province.pool.query<{ raw: Buffer }>(
        "SELECT raw FROM quarantine WHERE station = $1",
        [station.id],
      );
      expect(raw.rows.map((row) => row.raw.toString("utf8")).toSorted()).toEqual(
        lines.slice(1, -1).toSorted(),
      );
    });

    test("a line in quarantine holds its place, so that the prefix goes on", async () => {
      const station = await newStation(province);
      const first = station.event();
      const damaged = { ...station.event(), hash: "f".repeat(64) };
      const unknown = station.event({ type: "from-the-future" });
      const last = station.event();

      const answer = await station.send([first, damaged, unknown, last]);

      expect(answer.contiguous_upto).toBe(4);
      expect((await station.hello({ acknowledged_upto: 4 })).comparison).toBe("equal");
    });

    test("a whole event takes the place that a damaged copy of it held", async () => {
      const station = await newStation(province);
      const [first, second] = station.events(2);
      await station.send([first!, { ...second!, hash: "f".repeat(64) }]);

      const results = await station.results([second!]);

      expect(results).toEqual(["stored"]);
      expect(await station.results([second!])).toEqual(["duplicate"]);
      expect(await storedIds(station.id)).toHaveLength(2);
    });

    test("keeps fields that it does not know, and can prove the stored row by its hash", async () => {
      const station = await newStation(province);
      const fromNextYear = { from_next_year: { deep: ["ơ", 1.5, null] } };
      const event = station.event({
        details: { reason: "payment", count: 2, late: true },
        flags: ['with "quotes"', "with \\ and, comma", "NULL", ""],
        offset_ms: -1_234,
        ...fromNextYear,
      });

      expect(await station.results([event])).toEqual(["stored"]);

      const row = await province.pool.query<Record<string, never>>(
        `SELECT e.*, i.instance, i.station, k.hash FROM events e JOIN instances i USING (instance_key)
         JOIN event_keys k USING (instance_key, seq) WHERE e.event_id = $1`,
        [event.header.event_id],
      );
      const stored = row.rows[0] as Record<string, unknown>;
      const names = Object.keys(event.header).filter((name) => name !== "from_next_year");
      const rebuilt = Object.fromEntries(
        names.map((name) => {
          const value = stored[name];
          return [name, Buffer.isBuffer(value) ? value.toString("hex") : value];
        }),
      );
      const header = { ...rebuilt, ...(stored["extra"] as object) } as typeof event.header;
      expect(eventHash(headerText(header))).toBe((stored["hash"] as Buffer).toString("hex"));
      expect(Buffer.from(event.sealedBody!).equals(stored["sealed_body"] as Buffer)).toBe(true);
    });

    test("records a broken chain once and refuses nothing", async () => {
      const station = await newStation(province);
      const [first, second, third] = station.events(3);
      const broken = rehashed(second!, { prev_hash: "a".repeat(64) });

      const results = [
        ...(await station.results([third!])),
        ...(await station.results([first!])),
        ...(await station.results([broken])),
      ];

      expect(results).toEqual(["stored", "stored", "stored"]);
      expect(await incidents(station.id)).toEqual(["chain-break 2", "chain-break 3"]);
    });

    test("the first event of an instance must begin a chain", async () => {
      const station = await newStation(province);
      const first = rehashed(station.event(), { prev_hash: "a".repeat(64) });
      expect(first.header.prev_hash).not.toBe(GENESIS_HASH);

      await station.send([first]);

      expect(await incidents(station.id)).toEqual(["chain-break 1"]);
    });

    test("keeps a revoked station's uploads for review", async () => {
      const station = await newStation(province);
      await station.send(station.events(2));
      await revokeStation(province.pool, station.id, province.clock.nowMs());

      const answer = await station.send(station.events(2));

      expect(answer.answers.map(({ result, reason }) => [result, reason])).toEqual([
        ["quarantined", "station-revoked"],
        ["quarantined", "station-revoked"],
      ]);
      expect(answer.contiguous_upto).toBe(4);
      expect(await storedIds(station.id)).toHaveLength(2);
    });

    test("never refuses for age, and files wrong clocks apart", async () => {
      const station = await newStation(province);
      const days = [-1e13, 0, Date.UTC(1999, 11, 31), Date.UTC(2150, 0, 1), 8.64e15];

      const results = await station.results(days.map((wall_ms) => station.event({ wall_ms })));

      expect(results).toEqual(Array(5).fill("stored"));
      const filed = await province.pool.query<{ local_day: string }>(
        `SELECT local_day FROM events JOIN instances USING (instance_key)
         WHERE station = $1 ORDER BY seq`,
        [station.id],
      );
      expect(filed.rows.map((row) => row.local_day)).toEqual([
        "1970-01-01",
        "1970-01-01",
        "1999-12-31",
        "2150-01-01",
        "2199-12-31",
      ]);
    });

    test("corrects the time by the station's offset, else by what its boot told in hello", async () => {
      const station = await newStation(province);
      const now = province.clock.nowMs();
      const wrongClock = now - 86_400_000;
      await station.hello({ wall_ms: wrongClock, mono_ms: 60_000 });
      const events = [
        station.event({ wall_ms: wrongClock, offset_ms: 86_400_000 }),
        station.event({ wall_ms: wrongClock, mono_ms: 50_000, offset_ms: null }),
        station.event({ wall_ms: wrongClock, offset_ms: null, boot_id: "boot-before" }),
      ];

      await station.send(events);

      const times = await province.pool.query<{ corrected_at_ms: number }>(
        `SELECT corrected_at_ms FROM events JOIN instances USING (instance_key)
         WHERE station = $1 ORDER BY seq`,
        [station.id],
      );
      expect(times.rows.map((row) => row.corrected_at_ms)).toEqual([now, now - 10_000, wrongClock]);
    });

    test("keeps and flags what comes from a place or gate that nobody registered", async () => {
      const station = await newStation(province);
      station.app = province.anotherApp();

      await station.send([
        station.event({ place: "p-nowhere", gate: "g-nowhere" }),
        station.event(),
      ]);

      const flags = await province.pool.query<{ server_flags: string[] }>(
        `SELECT server_flags FROM events JOIN instances USING (instance_key)
         WHERE station = $1 ORDER BY seq`,
        [station.id],
      );
      expect(flags.rows.map((row) => row.server_flags)).toEqual([
        ["unknown-place", "unknown-gate"],
        [],
      ]);
    });

    test("takes an event whose body was erased, and one that never had a body", async () => {
      const station = await newStation(province);
      const erased = { ...station.event(), sealedBody: null };
      const without = station.event({ type: "mode" }, null);

      expect(await station.results([erased, without])).toEqual(["stored", "stored"]);
    });

    test("a value that only PostgreSQL refuses costs one event, not the batch", async () => {
      const station = await newStation(province);
      const events = station.events(3);
      await province.pool.query(
        "ALTER TABLE events_other_days ADD CONSTRAINT picky CHECK (lane <> 'unlucky')",
      );
      const unlucky = station.event({ lane: "unlucky", wall_ms: 0 }, madeUpPerson(7));

      const answer = await station.send([...events, unlucky, station.event()]);
      await province.pool.query("ALTER TABLE events_other_days DROP CONSTRAINT picky");

      expect(answer.answers.map(({ result, reason }) => reason ?? result)).toEqual([
        "stored",
        "stored",
        "stored",
        "not-storable",
        "stored",
      ]);
      expect(answer.contiguous_upto).toBe(5);
    });
  });
});
