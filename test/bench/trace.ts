import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filingDay } from "#server/database/days.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findPeopleAt } from "#server/tracing/at-place.ts";
import { findContacts } from "#server/tracing/contacts.ts";
import type { Contact } from "#server/tracing/contacts.ts";
import { prepareQuestion } from "#server/tracing/find-answer.ts";
import { findHistory } from "#server/tracing/find-visits.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";
import { openBenchProvince } from "./bench-province.ts";
import { compare, percentile, within } from "./measure.ts";
import type { Measured } from "./measure.ts";
import { DISTRICT, fillVisits, subjectOfNumber } from "./visits-generator.ts";
import type { MadeUpVisits } from "./visits-generator.ts";

const DAY_MS = 86_400_000;
const END_MS = Date.UTC(2026, 10, 24);
/** Index persons, spread evenly over the province. */
const PERSONS = 20;
/** Of each person, in turn with the baseline. */
const ROUNDS = 3;
const MARKET_HOURS = 2;
const STATEMENT_MS = 60_000;

/** Milliseconds of every single answer. */
type Times = Readonly<Record<"first" | "bare" | "same" | "second" | "history" | "place", number[]>>;
type Measurement = { readonly size: number; readonly times: Times; readonly diskBytes: number };

/**
 * First degree of 28 days against hand-written SQL with the same columns (and, told beside it, against SQL that adds up
 * possible minutes alone), its growth between sizes that are whole districts, and the second degree's 95th percentile; everything warm, as an officer waits for it.
 */
export async function benchTrace(sizes: readonly number[]): Promise<readonly Measured[]> {
  const measured: Measurement[] = [];
  for (const size of sizes) measured.push(await measureSize(size));
  const whole = measured.filter(({ size }) => size >= DISTRICT);
  const [smallest, largest] = [whole[0], whole.at(-1)];
  if (smallest === undefined || largest === undefined || whole.length < 2) {
    return measured.flatMap(linesOf);
  }
  const growth = compare({
    name: `trace first degree 28 days, ${largest.size} against ${smallest.size} visits`,
    unit: "ms",
    n: largest.times.first.length,
    ours: percentile(largest.times.first, 50),
    baseline: percentile(smallest.times.first, 50),
    atMost: 1.3,
  });
  return [...measured.flatMap(linesOf), growth];
}

function linesOf({ size, times, diskBytes }: Measurement): readonly Measured[] {
  const { first, bare, same, second, history, place } = times;
  tell(
    `${size} visits: ${Math.round(diskBytes / size)} bytes a visit with its three indexes (n=${size}); ` +
      `p50 / p95 in ms: first degree ${both(first)}, hand-written with the same columns ${both(same)}, possible minutes alone ${both(bare)}, second degree ${both(second)}, ` +
      `history of a person ${both(history)}, market and ${MARKET_HOURS} hours ${both(place)} (n=${first.length})`,
  );
  return [
    compare({
      name: `trace first degree 28 days, ${size} visits`,
      unit: "ms",
      n: first.length,
      ours: percentile(first, 50),
      baseline: percentile(same, 50),
      atMost: 1.5,
    }),
    within({
      name: `trace second degree p95, ${size} visits`,
      unit: "ms",
      n: second.length,
      ours: percentile(second, 95),
      limitMs: 500,
    }),
  ];
}

function both(times: readonly number[]): string {
  return `${percentile(times, 50).toFixed(1)} / ${percentile(times, 95).toFixed(1)}`;
}

async function measureSize(size: number): Promise<Measurement> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-trace-"));
  const province = await openBenchProvince(dataDir);
  try {
    const made = await fillVisits(province.pool, size, { endMs: END_MS, tell });
    const times = await inTransaction(province.pool, async (client) => {
      await prepareQuestion(client, STATEMENT_MS);
      return measure(client, made);
    });
    return { size, times, diskBytes: made.diskBytes };
  } finally {
    await province.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measure(database: Queryable, made: MadeUpVisits): Promise<Times> {
  const times: Times = { first: [], bare: [], same: [], second: [], history: [], place: [] };
  for (let person = 0; person < PERSONS; person += 1) {
    const number = Math.floor((person * made.subjects) / PERSONS);
    const subject = await subjectOfNumber(database, number);
    // Warm: everything is asked once before it counts.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const taken = await askAll(database, made, subject, person);
      if (round === 0) continue;
      for (const [question, ms] of taken) times[question].push(ms);
    }
  }
  return times;
}

async function askAll(
  database: Queryable,
  made: MadeUpVisits,
  subject: string,
  person: number,
): Promise<readonly (readonly [keyof Times, number])[]> {
  const period = { fromMs: made.endMs - made.days * DAY_MS, toMs: made.endMs };
  const evening = made.endMs - (1 + (person % made.days)) * DAY_MS + 10 * 3_600_000;
  const hours = { fromMs: evening, toMs: evening + MARKET_HOURS * 3_600_000 };
  const market = { place: made.markets[person % made.markets.length] ?? "", zone: null };
  let contacts: readonly Contact[] = [];
  const bareMs = await timed(() => database.query(bareQuery(subject, period)));
  const sameMs = await timed(() => database.query(sameQuery(subject, period)));
  const firstMs = await timed(async () => {
    ({ contacts } = await findContacts(database, { subjects: [subject], period, lingeringMs: 0 }));
  });
  const second = { indexSubjects: [subject], contacts, toMs: period.toMs };
  const secondMs = await timed(() => findSecondContacts(database, second));
  const historyMs = await timed(() => findHistory(database, [subject], period));
  const placeMs = await timed(() => findPeopleAt(database, market, hours));
  return [
    ["bare", bareMs],
    ["same", sameMs],
    ["first", firstMs],
    // An officer who asks for it waits for the first degree as well.
    ["second", firstMs + secondMs],
    ["history", historyMs],
    ["place", placeMs],
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Beside the figures, so that nobody takes minutes of filling for the end. */
function tell(words: string): void {
  console.error(words);
}

/**
 * What one would write by hand: the stays first, then a range of the index per stay, minutes added up by person. LATERAL
 * with OFFSET keeps the plan that is best in a province where statistics would have it read whole days of a small town;
 * plain integers are added faster than `bigint`, whose sum is `numeric`.
 */
const BARE = `
  WITH stays AS MATERIALIZED (
    SELECT place, t_in_ms AS a, t_in_ms + out_hi_after_ms AS b,
           local_day - 1 AS first_day, local_day + 1 AS last_day
    FROM visits WHERE subject = $1 AND t_in_ms BETWEEN $2 AND $3 AND local_day BETWEEN $4 AND $5
  )
  SELECT encode(met.subject, 'hex') AS subject, sum(met.ms) AS ms
  FROM stays s CROSS JOIN LATERAL (
    SELECT v.subject, (least(s.b, v.t_in_ms + v.out_hi_after_ms) - greatest(s.a, v.t_in_ms))::int AS ms
    FROM visits v
    WHERE v.place = s.place AND v.t_in_ms > s.a - ${LONGEST_SPAN_MS} AND v.t_in_ms < s.b
      AND v.t_in_ms + v.out_hi_after_ms > s.a AND v.subject <> $1
      AND v.local_day BETWEEN s.first_day AND s.last_day AND v.local_day BETWEEN $4 AND $5
    OFFSET 0
  ) AS met
  GROUP BY met.subject`;

/**
 * The same by hand with every column of an answer, except that what overlaps in time is added up twice and places repeat
 * themselves: without DISTINCT it hashes and need not sort.
 */
const SAME = `
  WITH stays AS MATERIALIZED (
    SELECT place, t_in_ms AS lo, t_in_ms + in_mid_after_ms AS mid, t_in_ms + in_hi_after_ms AS hi,
           t_in_ms + out_lo_after_ms AS left_lo, t_in_ms + out_mid_after_ms AS left_mid, t_in_ms + out_hi_after_ms AS left_hi,
           local_day - 1 AS first_day, local_day + 1 AS last_day
    FROM visits WHERE subject = $1 AND t_in_ms BETWEEN $2 AND $3 AND local_day BETWEEN $4 AND $5
  )
  SELECT encode(met.subject, 'hex') AS subject, sum(met.certain_ms) AS certain_ms, sum(met.expected_ms) AS expected_ms,
         sum(met.possible_ms) AS possible_ms, min(met.from_ms) AS first_ms, max(met.to_ms) AS last_ms,
         array_agg(met.place) AS places
  FROM stays s CROSS JOIN LATERAL (
    SELECT v.subject, s.place, greatest(s.lo, v.t_in_ms) AS from_ms, least(s.left_hi, v.t_in_ms + v.out_hi_after_ms) AS to_ms,
           greatest(0, least(s.left_lo, v.t_in_ms + v.out_lo_after_ms) - greatest(s.hi, v.t_in_ms + v.in_hi_after_ms))::int AS certain_ms,
           greatest(0, least(s.left_mid, v.t_in_ms + v.out_mid_after_ms) - greatest(s.mid, v.t_in_ms + v.in_mid_after_ms))::int AS expected_ms,
           (least(s.left_hi, v.t_in_ms + v.out_hi_after_ms) - greatest(s.lo, v.t_in_ms))::int AS possible_ms
    FROM visits v
    WHERE v.place = s.place AND v.t_in_ms > s.lo - ${LONGEST_SPAN_MS} AND v.t_in_ms < s.left_hi
      AND v.t_in_ms + v.out_hi_after_ms > s.lo AND v.subject <> $1
      AND v.local_day BETWEEN s.first_day AND s.last_day AND v.local_day BETWEEN $4 AND $5
    OFFSET 0
  ) AS met
  GROUP BY met.subject ORDER BY sum(met.expected_ms) DESC, met.subject`;

function sameQuery(subject: string, period: Period) {
  return { ...bareQuery(subject, period), name: "same", text: SAME };
}

function bareQuery(subject: string, { fromMs, toMs }: Period) {
  const values = [Buffer.from(subject, "hex"), fromMs, toMs, filingDay(fromMs), filingDay(toMs)];
  return { name: "bare", text: BARE, values };
}
