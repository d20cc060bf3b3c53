import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mod11CheckDigit } from "#core/check-digits.ts";
import { overlapOf } from "#server/tracing/overlap.ts";
import { pairNext } from "#server/tracing/pair-step.ts";
import { visitFromRow, VISIT_COLUMNS } from "#server/tracing/visit-rows.ts";
import type { VisitRow } from "#server/tracing/visit-rows.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import { ANSWERS, newToken, postJson } from "./desk.ts";

const MINUTE_MS = 60_000;
const CODE = `12345678${mod11CheckDigit("12345678")}`;

describe("a person's own word", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    await province.pool.query(
      "INSERT INTO places (place, name, short_code, made_at_ms) VALUES ('p-mau', 'Mẫu', $1, 0)",
      [CODE],
    );
  });
  afterAll(() => province.stop());

  test("makes a visit that is possible and never certain, and ends no visit that somebody saw", async () => {
    const station = await newStation(province);
    const person = {
      identity: `cccd:${ANSWERS.document}`,
      document: null,
      name: "X",
      birth_date: null,
      sex: null,
      valid_to: null,
    };
    const came = station.event({ direction: "in" }, person);
    await station.send([came]);
    province.clock.advance(5 * MINUTE_MS);
    const claim = { ...ANSWERS, place_code: CODE };
    await postJson(province, "/v1/public/check-ins", { ...claim, token: await newToken(province) });
    province.clock.advance(55 * MINUTE_MS);
    await postJson(province, "/v1/public/check-ins", {
      ...claim,
      direction: "out",
      token: await newToken(province),
    });
    const left = station.event({ direction: "out" }, person);
    await station.send([left]);
    await province.vault.catchUp();

    while ((await pairNext(province.pool)).kind === "paired");

    const rows = await province.pool.query<VisitRow>(
      `SELECT ${VISIT_COLUMNS} FROM visits v ORDER BY t_in_ms`,
    );
    const [seen, claimed] = rows.rows.map(visitFromRow);
    expect(rows.rowCount).toBe(2);
    expect(seen).toMatchObject({
      eventId: came.header.event_id,
      exitKnown: "seen",
      isEntrySeen: true,
    });
    expect(seen?.left.midMs).toBe(left.header.wall_ms);
    expect(claimed).toMatchObject({ place: "p-mau", isEntrySeen: false, exitKnown: "unknown" });
    const overlap = overlapOf(
      [{ index: claimed!, other: { ...claimed!, entered: momentAt(0), left: momentAt(4e12) } }],
      0,
    );
    expect(overlap.certainMs).toBe(0);
    expect(overlap.possibleMs).toBe(55 * MINUTE_MS);
    expect(overlap.expectedMs).toBeLessThan(overlap.possibleMs / 10);
  });
});

function momentAt(atMs: number) {
  return { loMs: atMs, midMs: atMs, hiMs: atMs };
}
