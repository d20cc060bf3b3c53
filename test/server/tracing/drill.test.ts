import { expect, test } from "vitest";
import { runDrill } from "#server/tracing/drill.ts";
import { seededRandom } from "../support/ports.ts";

test("a drill finds everybody who truly was there, and says how many too many", () => {
  for (const seed of ["one", "two", "three"]) {
    const random = seededRandom(seed);

    const result = runDrill(200, () => random.fraction());

    expect(result.trueContacts).toBeGreaterThan(5);
    expect(result.recall).toBeGreaterThan(0.95);
    expect(result.precision).toBeGreaterThan(0.4);
    expect(result.expectedPrecision).toBeGreaterThanOrEqual(result.precision);
  }
});

test("the same drill has the same result", () => {
  const [one, other] = [seededRandom("same"), seededRandom("same")];

  expect(runDrill(50, () => one.fraction())).toEqual(runDrill(50, () => other.fraction()));
});
