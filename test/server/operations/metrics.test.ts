import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServerLog } from "#server/log.ts";
import { openMetrics } from "#server/operations/metrics-server.ts";
import type { MetricsServer } from "#server/operations/metrics-server.ts";
import { createMetrics } from "#server/operations/metrics.ts";
import type { Metrics } from "#server/operations/metrics.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";

const log = createServerLog(() => {});

describe("metrics", () => {
  let province: TestProvince;
  let metrics: Metrics;
  let server: MetricsServer;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    metrics = createMetrics({ ...province, log });
    server = await openMetrics(metrics, { host: "127.0.0.1", port: 0 });
    const station = await newStation(province);
    await station.send(station.events(3));
    await station.hello({ pending: 7 });
  });
  afterAll(async () => {
    await server.close();
    await province.stop();
  });

  async function scrape(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    return response.text();
  }

  test("tell the state of the province and of this process, in the form of Prometheus", async () => {
    province.clock.advance(90_000);

    const text = await scrape();

    expect(text).toMatch(/^tramqr_vault_oldest_waiting_ms 90000$/m);
    expect(text).toMatch(/^tramqr_pairing_events_waiting 0$/m);
    expect(text).toMatch(/^tramqr_stations_active 1$/m);
    expect(text).toMatch(/^tramqr_events_pending_at_stations 7$/m);
    expect(text).toMatch(/^tramqr_vault_ranges_waiting 1$/m);
    expect(text).toMatch(/^tramqr_database_up 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^# TYPE tramqr_events_stored_total counter$/m);
  });

  test("tell how long persons wait for their visits", async () => {
    await province.vault.catchUp();
    province.clock.advance(5_000);

    const text = await scrape();

    expect(text).toMatch(/^tramqr_vault_oldest_waiting_ms 0$/m);
    expect(text).toMatch(/^tramqr_pairing_events_waiting 3$/m);
    expect(text).toMatch(/^tramqr_pairing_oldest_waiting_ms 5000$/m);
  });

  test("count what is logged and what is answered, and pass the log on", async () => {
    const lines: string[] = [];
    const counted = metrics.counting(createServerLog((line) => lines.push(line)));

    counted.event("batch", { station: "s-1", stored: 40, quarantined: 2 });
    counted.event("batch", { station: "s-1", stored: 2, quarantined: 0 });
    counted.fault("vault", new Error("CANARY"));
    metrics.observe("/v1/batches", 200, 0.03);

    const text = await scrape();
    expect(text).toMatch(/^tramqr_events_stored_total 42$/m);
    expect(text).toMatch(/^tramqr_lines_quarantined_total 2$/m);
    expect(text).toMatch(/^tramqr_faults_total\{area="vault"\} 1$/m);
    expect(text).toMatch(/tramqr_request_seconds_count\{.*route="\/v1\/batches".*\} 1/);
    expect(lines).toHaveLength(3);
  });

  test("name no station, no place, and no person", async () => {
    const text = await scrape();

    expect(text).not.toContain("s-1");
    expect(text).not.toContain("Chợ");
    expect(text).not.toContain("CANARY");
    expect(text).not.toContain(province.place.place);
  });

  test("say so when the database is away, instead of failing", async () => {
    await province.pool.query("ALTER TABLE stations RENAME TO stations_away");
    const away = createMetrics({ ...province, log });

    const text = await away.expose();

    expect(text).toMatch(/^tramqr_database_up 0$/m);
    expect(text).toMatch(/^tramqr_stations_active NaN$/im);
    await province.pool.query("ALTER TABLE stations_away RENAME TO stations");
    expect(await away.expose()).toMatch(/^tramqr_database_up 1$/m);
  });

  test("are at one address only", async () => {
    const status = (path: string, method = "GET") =>
      new Promise((resolve) => {
        request({ port: server.port, path, method }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).end();
      });

    expect(await status("/")).toBe(404);
    expect(await status("/metrics?x=1")).toBe(404);
    expect(await status("/metrics", "POST")).toBe(404);
  });
});
