import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCursor, readFeed } from "#server/operations/feed.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import type { TestStation } from "../support/station.ts";
import { runIn } from "./support.ts";

type Line = Readonly<Record<string, unknown>> & {
  readonly cursor: string;
  readonly event_id: string;
};

describe("the feed", () => {
  let province: TestProvince;
  let station: TestStation;
  const sent: string[] = [];
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    station = await newStation(province);
    for (let batch = 0; batch < 5; batch += 1) {
      const events = station.events(30);
      await station.send([...events, station.event({ type: "unread" }, null)]);
      sent.push(...events.map((event) => event.header.event_id));
      // Also over a night without a single entry.
      province.clock.advance(batch === 2 ? 10 * 3_600_000 : 1_000);
    }
    province.clock.advance(120_000);
  });
  afterAll(() => province.stop());

  async function read(...args: string[]): Promise<readonly Line[]> {
    const said = await runIn(province, "feed", ...args);
    expect(said.code).toBe(0);
    return said.out.map((line) => JSON.parse(line) as Line);
  }

  test("has every entry once, in order of arrival, without anything about the person", async () => {
    const lines = await read();

    expect(lines.map((line) => line.event_id).toSorted()).toEqual(sent.toSorted());
    const arrivals = lines.map((line) => String(line["received_at"]));
    expect(arrivals).toEqual(arrivals.toSorted());
    expect(Object.keys(lines[0]!)).toEqual([
      "cursor",
      "event_id",
      "place",
      "gate",
      "direction",
      "document_kind",
      "flags",
      "corrected_at",
      "received_at",
    ]);
  });

  test("goes on after any line, in pieces of any size", async () => {
    const whole = await read();
    const pieces: Line[] = [];
    let after: readonly string[] = [];
    for (;;) {
      const piece = await read("--limit", "7", ...after);
      pieces.push(...piece);
      const last = piece.at(-1);
      if (last === undefined) break;
      after = ["--after", last.cursor];
    }

    expect(pieces).toEqual(whole);
  });

  test("waits with what an upload under way may still come before", async () => {
    const { pool, clock } = province;
    const before = (await read()).length;
    await station.send([station.event()]);
    expect(await read()).toHaveLength(before);
    clock.advance(31_000);
    expect(await read()).toHaveLength(before + 1);

    const slow = await pool.connect();
    await slow.query("BEGIN");
    await slow.query("SELECT 1");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await station.send([station.event()]);
    clock.advance(30_500);
    expect(await read()).toHaveLength(before + 1);
    await slow.query("ROLLBACK");
    slow.release();

    expect(await read()).toHaveLength(before + 2);
  });

  test("refuses what is no cursor of its own", async () => {
    const bad = ["", "1", "x.y", "1.2", "-1.00000000-0000-0000-0000-000000000000"];

    expect(bad.map(parseCursor)).toEqual(bad.map(() => null));
    expect((await runIn(province, "feed", "--after", "1")).code).toBe(2);
    expect((await runIn(province, "feed", "--limit", "0")).code).toBe(2);
  });

  test("is for officers of the province, by HTTP", async () => {
    const { app } = province;
    await runIn(
      province,
      "user",
      "add",
      "bo-y-te",
      "--name",
      "Bộ Mẫu",
      "--kind",
      "system",
      "--role",
      "viewer",
    );
    const issued = await runIn(
      province,
      "key",
      "issue",
      "bo-y-te",
      "--days",
      "30",
      "--label",
      "feed",
    );
    const token = String((JSON.parse(issued.out[0] ?? "{}") as { token?: string }).token);
    const ask = (url: string, headers: Readonly<Record<string, string>>) =>
      app.inject({ method: "GET", url, headers });

    const good = await ask("/v1/officers/feed", { authorization: `Bearer ${token}` });
    const none = await ask("/v1/officers/feed", {});
    const bad = await ask("/v1/officers/feed?after=1", { authorization: `Bearer ${token}` });
    const fleet = await ask("/v1/officers/fleet", { authorization: `Bearer ${token}` });

    expect(good.statusCode).toBe(200);
    expect(good.headers["content-type"]).toContain("ndjson");
    const lines = good.body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    expect(lines.length).toBeGreaterThan(150);
    expect([none, bad, fleet].map(({ statusCode }) => statusCode)).toEqual([401, 400, 403]);
  });

  test("reads nothing twice when nothing is new", async () => {
    const last = (await read()).at(-1);
    const nowMs = province.clock.nowMs();

    const again = await readFeed(province.pool, {
      after: parseCursor(last?.cursor ?? ""),
      limit: 10,
      nowMs,
    });

    expect(again).toEqual([]);
  });
});
