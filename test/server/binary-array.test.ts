import {
  array,
  assert,
  asyncProperty,
  date,
  integer,
  maxSafeInteger,
  nat,
  oneof,
  option,
  string,
  tuple,
  uint8Array,
  uuid,
} from "fast-check";
import type { Arbitrary } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bigintArray,
  byteaArray,
  dateArray,
  hexArray,
  textArray,
  uuidArray,
} from "#server/database/binary-array.ts";
import { engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";

const RUNS = 60;
const texts = string({ unit: "binary" }).map((text) => text.toWellFormed().replaceAll("\0", ""));
const days = date({ min: new Date(0), max: new Date(Date.UTC(2199, 11, 31)), noInvalidDate: true });
const DAY_MS = 86_400_000;

/** Reads what was written, by way of PostgreSQL. */
type Kind = {
  readonly type: string;
  readonly values: Arbitrary<readonly unknown[]>;
  arrayOf(values: readonly unknown[]): Buffer;
};

function kind<T>(
  type: string,
  value: Arbitrary<T>,
  arrayOf: (values: readonly (T | null)[]) => Buffer,
): Kind {
  return {
    type,
    values: oneof(array(option(value), { maxLength: 20 }), manyOf(option(value))),
    arrayOf: (values) => arrayOf(values as readonly (T | null)[]),
  };
}

/** Columns that say the same throughout go a way of their own. */
function manyOf<T>(value: Arbitrary<T>): Arbitrary<readonly T[]> {
  return tuple(value, nat({ max: 20 })).map(([one, count]) =>
    Array.from({ length: count }, () => one),
  );
}

function dayNumber(text: string | null): number | null {
  return text === null ? null : Math.floor(Date.parse(text) / DAY_MS);
}

const kinds: readonly Kind[] = [
  kind("bigint", maxSafeInteger(), bigintArray),
  kind("bigint", integer({ min: -3, max: 3 }), bigintArray),
  kind("text", texts, textArray),
  kind(
    "bytea",
    uint8Array().map((bytes) => Buffer.from(bytes)),
    byteaArray,
  ),
  kind(
    "bytea",
    uint8Array().map((bytes) => Buffer.from(bytes)),
    (written) => hexArray(written.map((bytes) => bytes?.toString("hex") ?? null)),
  ),
  kind("uuid", uuid(), uuidArray),
  kind(
    "date",
    days.map((day) => day.toISOString().slice(0, 10)),
    (written) => dateArray(written.map(dayNumber)),
  ),
];

// The other engine reads the same arrays with every batch of the other suites.
describe("a binary array", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  test.each(kinds)("of $type is read as it was written", async ({ type, values, arrayOf }) => {
    const readsBack = asyncProperty(values, async (written) => {
      const read = await province.pool.query<{ value: unknown }>(
        `SELECT value FROM unnest($1::${type}[]) WITH ORDINALITY AS read (value, place) ORDER BY place`,
        [arrayOf(written)],
      );
      expect(read.rows.map(({ value }) => value)).toEqual(written);
    });

    await assert(readsBack, { numRuns: RUNS });
  });
});
