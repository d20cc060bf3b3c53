import { describe, expect, test } from "vitest";
import type { WireRules } from "#contract/wire.ts";
import { NetworkFailure } from "#sync/failure.ts";
import type { SyncReport } from "#sync/session.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createFakeProvince, plainAnswer, problem, signed } from "./fake-province.ts";
import { createStationUnderTest, stationKeys } from "./station-under-test.ts";
import type { StationUnderTest } from "./station-under-test.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const rules: WireRules = {
  version: 7,
  swallow_ms: 3_000,
  repeat_window_ms: 120_000,
  expired_card: "admit",
  capacity: null,
  keep_extras: false,
  watch_list: [],
};

function paths(station: StationUnderTest): readonly string[] {
  return station.province.requests.map((request) => request.path.replace("/v1/", ""));
}

function reported(station: StationUnderTest, kind: SyncReport["kind"]): readonly SyncReport[] {
  return station.reports.filter((report) => report.kind === kind);
}

function isEverythingStored({ outbox, province }: StationUnderTest): boolean {
  return outbox.events().every((event) => province.stored.has(event.eventId));
}

describe("a healthy sync", () => {
  test("says hello first and then sends what is pending at once", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 450; index += 1) station.outbox.add();

    station.start();
    await station.clock.advance(500);

    expect(paths(station)).toEqual(["hello", "batches", "batches", "batches"]);
    expect(station.province.requests.map((request) => request.events.length)).toEqual([
      0, 200, 200, 50,
    ]);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(isEverythingStored(station)).toBe(true);
  });

  test("has a new entry at the province within a second", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(10 * MINUTE);

    const at = station.clock.monoMs();
    const id = station.scan();
    await station.clock.advance(1_000);

    expect((station.province.stored.get(id)?.arrivedMs ?? Infinity) - at).toBeLessThan(300);
    expect(station.outbox.acknowledgedIds()).toEqual([id]);
  });

  test("sends the entries of a rush together, one request at a time", async () => {
    const station = createStationUnderTest();
    station.province.latencyMs = 300;
    station.start();
    await station.clock.advance(MINUTE);

    for (let index = 0; index < 100; index += 1) {
      station.scan();
      await station.clock.advance(50);
    }
    await station.clock.advance(2_000);

    expect(station.outbox.pendingCount()).toBe(0);
    expect(station.province.mostInFlight).toBe(1);
    expect(paths(station).filter((path) => path === "batches").length).toBeLessThan(15);
  });

  test("says hello at the server's interval and sends nothing else when nothing happens", async () => {
    const station = createStationUnderTest();
    station.province.hello.interval_ms = 10 * MINUTE;

    station.start();
    await station.clock.advance(3 * HOUR);

    expect(new Set(paths(station))).toEqual(new Set(["hello"]));
    expect(paths(station).length).toBeGreaterThanOrEqual(17);
    expect(paths(station).length).toBeLessThanOrEqual(21);
  });

  test("still says hello while a long backlog is drained", async () => {
    const station = createStationUnderTest();
    station.province.hello.interval_ms = 1_000;
    station.province.latencyMs = 200;
    for (let index = 0; index < 4_000; index += 1) station.outbox.add();

    station.start();
    await station.clock.advance(10_000);

    expect(station.outbox.pendingCount()).toBe(0);
    expect(
      paths(station)
        .slice(0, 12)
        .filter((path) => path === "hello").length,
    ).toBeGreaterThan(1);
  });

  test("learns the server's time", async () => {
    const station = createStationUnderTest();
    station.province.serverMs = () => station.clock.nowMs() + 90_000;

    station.start();
    await station.clock.advance(100);

    expect(station.offset.current()?.offsetMs).toBeCloseTo(90_000, 0);
  });

  test("takes newer rules once, and never older ones", async () => {
    const station = createStationUnderTest();
    station.province.hello.rules = rules;

    station.start();
    await station.clock.advance(HOUR);
    station.province.hello.rules = { ...rules, version: 3 };
    await station.clock.advance(HOUR);

    expect(station.rules).toEqual([rules]);
  });

  test("ends when it is told to, in the middle of a request too", async () => {
    const station = createStationUnderTest();
    station.province.latencyMs = 30_000;
    station.scan();
    const { stop } = station.start();
    await station.clock.advance(45_000);

    await stop();

    expect(station.clock.sleepers()).toBe(0);
    expect(reported(station, "exchange-failed")).toEqual([]);
  });
});

describe("what the screen is told", () => {
  test("connecting, then online, then how many wait", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    station.scan();
    await station.clock.advance(1_000);

    expect(station.views.map((view) => [view.state, view.pending])).toEqual([
      ["connecting", 0],
      ["online", 0],
      ["online", 1],
      ["online", 0],
    ]);
  });

  test("offline since when and why, and what waits since when", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    station.province.before = async () => {
      throw new NetworkFailure("dns");
    };
    const scannedAt = station.clock.nowMs();
    station.scan();
    await station.clock.advance(30 * MINUTE);
    station.scan();
    await station.clock.advance(MINUTE);

    const view = station.lastView();
    expect(view).toMatchObject({ state: "offline", trouble: "dns", pending: 2, code: null });
    expect((view?.sinceMs ?? 0) - scannedAt).toBeLessThan(1_000);
    expect(view?.oldestPendingMs).toBe(station.outbox.oldestPendingMs());
  });

  test("nothing twice", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(2 * HOUR);

    expect(station.views).toHaveLength(2);
  });
});

describe("a province that cannot be reached", () => {
  test("for three days is asked for ever, and has everything soon after", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    station.province.before = async () => {
      throw new NetworkFailure("unreachable");
    };
    for (let hour = 0; hour < 72; hour += 1) {
      station.scan();
      await station.clock.advance(HOUR);
    }
    const asked = station.province.requests.length;
    station.province.before = async () => {};
    await station.clock.advance(300_000 + MINUTE + 1_000);

    expect(asked).toBeGreaterThan((72 * HOUR) / 300_000);
    expect(asked).toBeLessThan((72 * HOUR) / 100_000);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(isEverythingStored(station)).toBe(true);
    expect(station.lastView()?.state).toBe("online");
  });

  test("is asked at once when the network came back", async () => {
    const station = createStationUnderTest();
    station.province.before = async () => {
      throw new NetworkFailure("unreachable");
    };
    const id = station.scan();
    station.start();
    await station.clock.advance(2 * HOUR);
    station.province.before = async () => {};

    station.bell.retryNow();
    await station.clock.advance(1_000);

    expect(station.province.stored.has(id)).toBe(true);
  });

  test("is not hammered by a busy gate", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    station.province.before = async () => {
      throw new NetworkFailure("timeout");
    };
    const before = station.province.requests.length;
    for (let index = 0; index < 1_000; index += 1) {
      station.scan();
      await station.clock.advance(100);
    }

    expect(station.province.requests.length - before).toBeLessThan(12);
  });

  test("that loses every third answer after its commit gets everything exactly once", async () => {
    const station = createStationUnderTest();
    let count = 0;
    station.province.after = async ({ answer }) => {
      count += 1;
      if (count % 3 === 0) throw new NetworkFailure("reset");
      return answer;
    };
    station.start();
    for (let index = 0; index < 300; index += 1) {
      station.scan();
      await station.clock.advance(2_000);
    }
    await station.clock.advance(HOUR);

    expect(station.outbox.pendingCount()).toBe(0);
    expect(station.province.stored.size).toBe(300);
  });
});

describe("a province that says no", () => {
  test("stops the uploads, shows the code, and is asked by slow hellos only", async () => {
    const station = createStationUnderTest();
    const revoked = problem(403, "station-revoked");
    station.province.after = async ({ request }) =>
      signed(station.province, request.headers["tramqr-signature"] ?? "", 403, revoked);
    station.start();
    for (let index = 0; index < 60; index += 1) {
      station.scan();
      await station.clock.advance(MINUTE);
    }

    expect(station.lastView()).toMatchObject({
      state: "refused",
      code: "station-revoked",
      pending: 60,
    });
    expect(new Set(paths(station))).toEqual(new Set(["hello"]));
    expect(paths(station).length).toBeLessThan(20);
    expect(paths(station).length).toBeGreaterThan(6);

    station.province.after = async ({ answer }) => answer;
    await station.clock.advance(10 * MINUTE);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(station.lastView()?.state).toBe("online");
  });

  test("keeps its code on the screen when the network goes away too", async () => {
    const station = createStationUnderTest();
    station.province.after = async () => plainAnswer(401, problem(401, "station-unknown"));
    station.start();
    await station.clock.advance(MINUTE);
    station.province.before = async () => {
      throw new NetworkFailure("dns");
    };
    await station.clock.advance(HOUR);

    expect(station.lastView()).toMatchObject({ state: "refused", code: "station-unknown" });
  });

  test("is not what a portal's 403 page means", async () => {
    const station = createStationUnderTest();
    station.province.after = async () => plainAnswer(403, "<html>Pay for this Wi-Fi</html>");
    station.start();
    await station.clock.advance(MINUTE);

    expect(station.lastView()).toMatchObject({ state: "offline", trouble: "not-an-answer" });
  });

  test.each([
    ["seconds", 429, "600", 600_000],
    ["an absurd number", 503, "1000000000", HOUR],
    ["a date", 503, "Tue, 24 Nov 2026 05:20:00 GMT", 20 * MINUTE],
  ])("for now is not asked sooner than it said: %s", async (_name, status, retryAfter, floorMs) => {
    const station = createStationUnderTest({ clock: createFakeClock(Date.UTC(2010, 0, 1)) });
    const headers = { "retry-after": retryAfter, date: "Tue, 24 Nov 2026 05:00:00 GMT" };
    station.province.after = async () => plainAnswer(status, problem(status, "busy"), headers);
    station.start();
    await station.clock.advance(10 * HOUR);

    const times = station.province.requests.map((request) => request.atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(floorMs);
  });
});

describe("batches that do not pass", () => {
  test("because they are too large are halved until they do, and nothing is set aside", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 500; index += 1) station.outbox.add();
    station.province.after = async ({ request, answer }) => {
      if (request.path === "/v1/hello" || request.body.length <= 2_000) return answer;
      return plainAnswer(413, "<html>Request Entity Too Large</html>");
    };
    station.start();
    await station.clock.advance(MINUTE);

    expect(station.outbox.pendingCount()).toBe(0);
    expect(reported(station, "set-aside")).toEqual([]);
  });

  test("because of poison events lose these for an hour, and no other", async () => {
    const station = createStationUnderTest();
    const ids = Array.from({ length: 600 }, () => station.outbox.add());
    const poison = [ids[3], ids[250], ids[251], ids[599]] as string[];
    for (const id of poison) station.province.poison.add(id);

    station.start();
    await station.clock.advance(10 * MINUTE);

    expect(reported(station, "set-aside")).toEqual(
      poison.map((eventId) => ({ kind: "set-aside", eventId })),
    );
    expect(station.outbox.pendingCount()).toBe(4);
    expect(station.province.stored.size).toBe(596);
    expect(station.lastView()?.state).toBe("online");

    station.province.poison.clear();
    await station.clock.advance(HOUR + 10 * MINUTE);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(isEverythingStored(station)).toBe(true);
  });

  test("because the whole server is ill set nothing aside", async () => {
    const station = createStationUnderTest();
    station.province.after = async () => plainAnswer(502, "<html>Bad Gateway</html>");
    for (let index = 0; index < 10; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(12 * HOUR);

    expect(reported(station, "set-aside")).toEqual([]);
    expect(station.lastView()).toMatchObject({ state: "offline", trouble: "server-error" });
  });

  test("because the server's ingest alone is ill are all there within an hour of its recovery", async () => {
    const station = createStationUnderTest();
    station.province.after = async ({ request, answer }) =>
      request.path === "/v1/hello" ? answer : plainAnswer(500, problem(500, "internal"));
    for (let index = 0; index < 1_000; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(6 * HOUR);
    const asked = station.province.requests.length;

    station.province.after = async ({ answer }) => answer;
    await station.clock.advance(HOUR + 10 * MINUTE);

    expect(asked).toBeLessThan(1_000);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(isEverythingStored(station)).toBe(true);
  });

  test("because one event is no line set it aside and send the others", async () => {
    const station = createStationUnderTest();
    const ids = [station.outbox.add(), station.outbox.add(), station.outbox.add()];
    Object.assign(station.outbox.events()[0] ?? {}, { headerText: "not\njson" });
    station.start();
    await station.clock.advance(MINUTE);

    expect(reported(station, "set-aside")).toEqual([{ kind: "set-aside", eventId: ids[0] }]);
    expect(station.outbox.acknowledgedIds()).toEqual(ids.slice(1));
  });

  test("an event set aside on a clock years ahead is tried again an hour later all the same", async () => {
    const station = createStationUnderTest();
    const id = station.outbox.add();
    station.outbox.setAside(id, Date.UTC(2040, 0, 1));
    station.start();
    await station.clock.advance(HOUR - MINUTE);
    expect(station.outbox.pendingCount()).toBe(1);

    await station.clock.advance(10 * MINUTE);
    expect(station.province.stored.has(id)).toBe(true);
  });

  test("a slow line gets smaller batches until they pass in time", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 800; index += 1) station.outbox.add();
    station.province.before = async (request) => {
      if (request.body.length > 1_500) throw new NetworkFailure("timeout");
    };
    station.start();
    await station.clock.advance(10 * MINUTE);

    const sizes = station.province.requests.map((request) => request.events.length);
    expect(sizes.filter((size) => size > 0).slice(0, 3)).toEqual([200, 100, 50]);
    expect(station.outbox.pendingCount()).toBe(0);
    expect(reported(station, "set-aside")).toEqual([]);
  });
});

describe("answers per event", () => {
  test("mark only what they name and this batch asked about", async () => {
    const station = createStationUnderTest();
    const ids = Array.from({ length: 250 }, () => station.outbox.add());
    const notAsked = ids[220];
    station.province.after = async ({ request, answer }) => {
      if (request.path === "/v1/hello") return answer;
      const signature = request.headers["tramqr-signature"] ?? "";
      return signed(station.province, signature, 200, {
        server_time_ms: 1,
        contiguous_upto: 1_000,
        answers: [ids[1], notAsked].map((event_id) => ({ event_id, result: "stored" })),
      });
    };
    station.start();
    await station.clock.advance(60);

    expect(station.outbox.acknowledgedIds()).toEqual([ids[1]]);
  });

  test("that are odd still mean that the server has the event, and are reported", async () => {
    const station = createStationUnderTest();
    const ids = Array.from({ length: 3 }, () => station.outbox.add());
    const results = ["quarantined", "conflict", "duplicate"];
    station.province.after = async ({ request, answer }) => {
      if (request.path === "/v1/hello") return answer;
      const answers = ids.map((event_id, index) => ({ event_id, result: results[index] }));
      const body = { server_time_ms: 1, contiguous_upto: 3, answers };
      return signed(station.province, request.headers["tramqr-signature"] ?? "", 200, body);
    };
    station.start();
    await station.clock.advance(1_000);

    expect(station.outbox.pendingCount()).toBe(0);
    expect(reported(station, "odd-answer")).toHaveLength(2);
    expect(station.outbox.instanceReasons()).toEqual([]);
  });

  test("that call an event of this instance a fork begin a new one, and of an old one do not", async () => {
    const station = createStationUnderTest();
    station.province.hello.interval_ms = HOUR;
    station.province.after = async ({ request, answer }) => {
      if (request.path === "/v1/hello") return answer;
      const pending = station.outbox.events().filter((event) => !event.isAcknowledged);
      const answers = pending.map(({ eventId }) => ({ event_id: eventId, result: "fork" }));
      const body = { server_time_ms: 1, contiguous_upto: 0, answers };
      return signed(station.province, request.headers["tramqr-signature"] ?? "", 200, body);
    };
    station.outbox.add();
    station.outbox.startInstance("enrolment", 0);
    station.start();
    await station.clock.advance(5 * MINUTE);
    expect(station.outbox.instanceReasons()).toEqual(["enrolment"]);

    station.scan();
    await station.clock.advance(5 * MINUTE);
    expect(station.outbox.instanceReasons()).toEqual(["enrolment", "fork"]);
    expect(station.outbox.pendingCount()).toBe(0);
  });

  test("that settle nothing are failures, not progress", async () => {
    const station = createStationUnderTest();
    station.outbox.add();
    station.province.after = async ({ request, answer }) => {
      if (request.path === "/v1/hello") return answer;
      const body = { server_time_ms: 1, contiguous_upto: 1, answers: [] };
      return signed(station.province, request.headers["tramqr-signature"] ?? "", 200, body);
    };
    station.start();
    await station.clock.advance(5 * MINUTE);

    expect(station.outbox.pendingCount()).toBe(1);
    expect(paths(station).length).toBeLessThan(30);
  });
});

describe("heads that do not agree", () => {
  test("a server restored from a backup gets back what it lost, nothing twice", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 500; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(MINUTE);

    station.province.restore((event) => event.seq <= 120);
    await station.clock.advance(6 * MINUTE);

    expect(reported(station, "resend")).toEqual([{ kind: "resend", afterSeq: 120, events: 380 }]);
    expect(station.province.stored.size).toBe(500);
    expect(station.outbox.pendingCount()).toBe(0);
  });

  test("restored again to the same day, it gets it back again", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 50; index += 1) station.outbox.add();
    station.start();
    for (let round = 0; round < 3; round += 1) {
      await station.clock.advance(6 * MINUTE);
      expect(station.province.stored.size).toBe(50);
      station.province.restore((event) => event.seq <= 12);
    }
    await station.clock.advance(6 * MINUTE);

    expect(reported(station, "resend")).toHaveLength(3);
    expect(station.province.stored.size).toBe(50);
  });

  test("a loss shows at the next upload already", async () => {
    const station = createStationUnderTest();
    station.province.hello.interval_ms = HOUR;
    for (let index = 0; index < 50; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(MINUTE);

    station.province.restore((event) => event.seq <= 12);
    station.scan();
    await station.clock.advance(2_000);

    expect(station.province.stored.size).toBe(51);
  });

  test("a hole in what was acknowledged is filled", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 50; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(MINUTE);

    station.province.restore((event) => event.seq < 20 || event.seq > 30);
    await station.clock.advance(6 * MINUTE);

    expect(station.province.stored.size).toBe(50);
  });

  test("what can no longer be sent is asked for once, not with every hello", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 50; index += 1) station.outbox.add();
    station.start();
    await station.clock.advance(MINUTE);
    for (const event of station.outbox.events().slice(0, 20)) event.isErased = true;

    station.province.restore((event) => event.seq <= 12);
    await station.clock.advance(3 * HOUR);

    expect(reported(station, "resend")).toEqual([{ kind: "resend", afterSeq: 12, events: 30 }]);
    expect(station.province.stored.size).toBe(42);
    expect(station.outbox.pendingCount()).toBe(0);
  });

  test("a book older than the server's begins a new instance, and old entries are not counted twice", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 20; index += 1) station.outbox.add();
    const backup = station.outbox.clone();
    const { stop } = station.start();
    await station.clock.advance(MINUTE);
    station.scan();
    await station.clock.advance(MINUTE);
    await stop();

    const restored = createStationUnderTest({ ...station, outbox: backup });
    restored.start();
    await station.clock.advance(MINUTE);
    restored.scan();
    await station.clock.advance(MINUTE);

    expect(backup.instanceReasons()).toEqual(["server-ahead"]);
    expect(backup.pendingCount()).toBe(0);
    expect(station.province.stored.size).toBe(22);
    expect(isEverythingStored(restored)).toBe(true);
  });

  test("two stations from one disk image lose nothing, and one of them begins a new instance", async () => {
    const clock = createFakeClock();
    const province = createFakeProvince(clock, stationKeys.publicKey);
    const one = createStationUnderTest({ clock, province });
    for (let index = 0; index < 20; index += 1) one.outbox.add();
    const two = createStationUnderTest({ clock, province, outbox: one.outbox.clone(), seed: 2 });
    one.start();
    two.start();
    await clock.advance(MINUTE);
    for (let index = 0; index < 30; index += 1) {
      one.scan();
      await clock.advance(7_000);
      two.scan();
      await clock.advance(11_000);
    }
    await clock.advance(10 * MINUTE);

    const reasons = [...one.outbox.instanceReasons(), ...two.outbox.instanceReasons()];
    const { answers } = forkAnswers(one, two);
    expect(reasons.length).toBeGreaterThanOrEqual(1);
    expect(one.outbox.pendingCount() + two.outbox.pendingCount()).toBe(0);
    // What was answered `fork` lies in the server's quarantine; everything else is stored.
    expect(province.stored.size + answers).toBe(80);
  });

  test("a server that calls every instance forked gets no more than one a minute", async () => {
    const station = createStationUnderTest();
    station.province.hello.interval_ms = 1_000;
    station.province.after = async ({ request, answer }) => {
      if (request.path !== "/v1/hello") return answer;
      const honest = JSON.parse(Buffer.from(answer.body).toString()) as object;
      const body = { ...honest, comparison: "fork" };
      return signed(station.province, request.headers["tramqr-signature"] ?? "", 200, body);
    };
    station.start();
    await station.clock.advance(20 * MINUTE);

    expect(station.outbox.instanceReasons().length).toBeGreaterThan(10);
    expect(station.outbox.instanceReasons().length).toBeLessThanOrEqual(21);
  });
});

function forkAnswers(...stations: readonly StationUnderTest[]): { answers: number } {
  const ids = stations.flatMap((station) =>
    station.reports.flatMap((report) =>
      report.kind === "odd-answer" && report.answer.result === "fork"
        ? [report.answer.event_id]
        : [],
    ),
  );
  return { answers: new Set(ids).size };
}

describe("the clock", () => {
  test("that jumps is told once, and the server is asked for the time", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    const before = station.province.requests.length;

    station.clock.jumpWall(-HOUR);
    await station.clock.advance(10_000);

    expect(station.jumps).toMatchObject([{ byMs: -HOUR }]);
    expect(station.province.requests.length).toBe(before + 1);
    expect(station.offset.current()?.errorMs).toBeLessThan(100);
  });

  test("that is years off changes nothing about the pace", async () => {
    const station = createStationUnderTest({ clock: createFakeClock(Date.UTC(1970, 0, 1)) });
    station.start();
    await station.clock.advance(MINUTE);
    station.clock.jumpWall(80 * 365 * 24 * HOUR);
    const id = station.scan();
    await station.clock.advance(1_000);

    expect(station.province.stored.has(id)).toBe(true);
  });
});

describe("a drain", () => {
  const patient = new AbortController().signal;

  test("ends when everything is sent", async () => {
    const station = createStationUnderTest();
    for (let index = 0; index < 450; index += 1) station.outbox.add();
    station.start();

    const drained = station.bell.drain(patient);
    await station.clock.advance(1_000);

    expect(await drained).toEqual({ kind: "empty", pending: 0 });
    expect(station.province.stored.size).toBe(450);
  });

  test("ends at once when nothing waits, though the province is not there", async () => {
    const station = createStationUnderTest();
    station.province.before = async () => {
      throw new NetworkFailure("refused");
    };
    station.start();
    await station.clock.advance(HOUR);

    const drained = station.bell.drain(patient);
    await station.clock.advance(0);

    expect(await drained).toEqual({ kind: "empty", pending: 0 });
  });

  test("does not spread a herd, and tries at once where we were waiting ourselves", async () => {
    const station = createStationUnderTest();
    station.start();
    await station.clock.advance(MINUTE);
    station.province.before = async () => {
      throw new NetworkFailure("unreachable");
    };
    station.scan();
    await station.clock.advance(2 * HOUR);
    station.province.before = async () => {};

    const drained = station.bell.drain(patient);
    await station.clock.advance(1_000);

    expect(await drained).toEqual({ kind: "empty", pending: 0 });
  });

  test("does not wait for poison, and says so", async () => {
    const station = createStationUnderTest();
    station.province.poison.add(station.outbox.add());
    station.outbox.add();
    station.start();

    const drained = station.bell.drain(patient);
    await station.clock.advance(5 * MINUTE);

    expect(await drained).toEqual({ kind: "set-aside", pending: 1 });
  });

  test("ends when its caller gives up, and when the sync ends", async () => {
    const station = createStationUnderTest();
    station.province.before = async () => {
      throw new NetworkFailure("refused");
    };
    station.outbox.add();
    const { stop } = station.start();
    await station.clock.advance(MINUTE);
    const impatient = new AbortController();

    const first = station.bell.drain(impatient.signal);
    const second = station.bell.drain(patient);
    impatient.abort();
    expect(await first).toEqual({ kind: "stopped", pending: 1 });
    await stop();
    expect(await second).toEqual({ kind: "stopped", pending: 1 });
    expect(await station.bell.drain(patient)).toEqual({ kind: "stopped", pending: 1 });
  });
});

function oops(): never {
  throw new Error("callback");
}

describe("a machine that fails", () => {
  test("a book that cannot mark events as sent sends them again, and they are duplicates", async () => {
    const station = createStationUnderTest();
    const ids = [station.outbox.add(), station.outbox.add()];
    let failures = 0;
    const outbox = {
      ...station.outbox,
      acknowledge: (eventIds: readonly string[], nowMs: number) => {
        failures += 1;
        if (failures <= 5) throw new Error("disk is full");
        return station.outbox.acknowledge(eventIds, nowMs);
      },
    };
    station.start({ outbox });
    await station.clock.advance(10 * MINUTE);

    expect(station.outbox.acknowledgedIds()).toEqual(ids);
    expect(reported(station, "step-failed")).toHaveLength(5);
    expect(station.province.stored.size).toBe(2);
  });

  test("callbacks that throw are reported, and the uploads go on", async () => {
    const station = createStationUnderTest();
    station.outbox.add();
    station.province.hello.rules = { ...rules, version: 9 };
    const { stopped, stop } = station.start({ applyRules: oops, onClockJump: oops });
    await station.clock.advance(MINUTE);
    station.clock.jumpWall(HOUR);
    await station.clock.advance(10 * MINUTE);
    await stop();

    await expect(stopped).resolves.toBeUndefined();
    expect(reported(station, "step-failed").length).toBeGreaterThan(1);
    expect(station.outbox.pendingCount()).toBe(0);
  });

  test("a book that always throws is looked at ever more rarely", async () => {
    const station = createStationUnderTest();
    const outbox = {
      ...station.outbox,
      pendingCount: () => {
        throw new Error("the book is gone");
      },
    };
    const { stopped, stop } = station.start({ outbox });
    await station.clock.advance(10 * HOUR);
    await stop();

    await expect(stopped).resolves.toBeUndefined();
    expect(reported(station, "step-failed").length).toBeLessThan(1_000);
  });
});
