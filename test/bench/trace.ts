import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filingDay } from "#server/database/days.ts";
import type { Pool } from "#server/database/pool.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince } from "#server/province.ts";
import { findContacts } from "#server/tracing/contacts.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";
import { compare, percentile, within } from "./measure.ts";
import type { Measured } from "./measure.ts";
import { fillVisits, subjectOfNumber } from "./visits-generator.ts";
import type { MadeUpVisits } from "./visits-generator.ts";

const DAY_MS = 86_400_000;
const SAMPLES = 20;

type Times = {
  readonly first: readonly number[];
  readonly bare: readonly number[];
  readonly second: readonly number[];
};

/**
 * First degree of 28 days against hand-written SQL that adds up minutes by person, its growth from the smallest to the
 * largest size, and the second degree's 95th percentile; everything warm.
 */
export async function benchTrace(sizes: readonly number[]): Promise<readonly Measured[]> {
  const report: Measured[] = [];
  const medians: number[] = [];
  for (const size of sizes) {
    const times = await measureSize(size);
    const name = `${size / 1_000_000} M visits`;
    const [ours, baseline] = [percentile(times.first, 50), percentile(times.bare, 50)];
    medians.push(ours);
    report.push(
      compare({
        name: `trace first degree 28 days, ${name}`,
        unit: "ms",
        n: SAMPLES,
        ours,
        baseline,
        atMost: 1.5,
      }),
      within({
        name: `trace second degree p95, ${name}`,
        unit: "ms",
        n: SAMPLES,
        ours: percentile(times.second, 95),
        limitMs: 500,
      }),
    );
  }
  const [smallest, largest] = [medians[0], medians.at(-1)];
  if (smallest !== undefined && largest !== undefined && medians.length > 1) {
    report.push(
      compare({
        name: "trace first degree, largest against smallest",
        unit: "ms",
        n: SAMPLES,
        ours: largest,
        baseline: smallest,
        atMost: 1.3,
      }),
    );
  }
  return report;
}

async function measureSize(size: number): Promise<Times> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-trace-"));
  const province = await openProvince({
    dataDir,
    databaseUrl: null,
    provinceName: "Tỉnh đo",
    clock: systemClock,
    random: systemRandom,
    log: createServerLog(() => {}),
  });
  try {
    const made = await fillVisits(province.pool, size, Date.UTC(2026, 10, 24));
    await measureOnce(province.pool, made, 3);
    return await measureOnce(province.pool, made, SAMPLES);
  } finally {
    await province.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureOnce(pool: Pool, made: MadeUpVisits, samples: number): Promise<Times> {
  const times = { first: [] as number[], bare: [] as number[], second: [] as number[] };
  const period = { fromMs: made.endMs - made.days * DAY_MS, toMs: made.endMs };
  for (let sample = 0; sample < samples; sample += 1) {
    const subject = await subjectOfNumber(pool, Math.floor((sample * made.subjects) / samples));
    const bare = () =>
      pool.query({ name: "bare", text: BARE, values: bareValues(subject, period) });
    const ask = () => findContacts(pool, { subjects: [subject], period, lingeringMs: 0 });
    // Warm: each is asked once before it counts.
    await bare();
    const { contacts } = await ask();
    times.bare.push(await timed(bare));
    times.first.push(await timed(ask));
    const second = { indexSubjects: [subject], contacts, toMs: period.toMs };
    const asked = await timed(() => findSecondContacts(pool, second));
    times.second.push(asked + (times.first.at(-1) ?? 0));
  }
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function bareValues(subject: string, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  return [Buffer.from(subject, "hex"), fromMs, toMs, filingDay(fromMs), filingDay(toMs)];
}

/** What one would write by hand: the stays first, then a range of the index per stay, minutes added up by person. */
const BARE = `
  WITH stays AS MATERIALIZED (
    SELECT place, t_in_ms AS a, t_in_ms + out_hi_after_ms AS b,
           local_day - 1 AS first_day, local_day + 1 AS last_day
    FROM visits WHERE subject = $1 AND t_in_ms BETWEEN $2 AND $3 AND local_day BETWEEN $4 AND $5
  )
  SELECT encode(v.subject, 'hex') AS subject, sum(least(s.b, v.t_in_ms + v.out_hi_after_ms) - greatest(s.a, v.t_in_ms))::bigint AS ms
  FROM stays s
  JOIN visits v ON v.place = s.place AND v.t_in_ms > s.a - ${LONGEST_SPAN_MS} AND v.t_in_ms < s.b
    AND v.local_day BETWEEN s.first_day AND s.last_day
  WHERE v.t_in_ms + v.out_hi_after_ms > s.a AND v.subject <> $1 AND v.local_day BETWEEN $4 AND $5
  GROUP BY v.subject`;
