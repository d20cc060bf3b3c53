import { describe, expect, test } from "vitest";
import { allFormats, lastResort, ownFormats } from "#core/formats/index.ts";
import { recognize } from "#core/recognize.ts";
import { decodeScan } from "#core/text.ts";
import { bytesOf, fixtureBytes, fixtureContext, scanFixtures } from "./scan-fixtures.ts";

function ownersOf(bytes: Uint8Array): readonly string[] {
  const text = decodeScan(bytes);
  return ownFormats
    .filter((format) => format.recognize(text, fixtureContext).kind !== "foreign")
    .map((format) => format.format);
}

describe("every made-up scan", () => {
  test("there are enough of them to mean something", () => {
    expect(scanFixtures.length).toBeGreaterThan(200);
    expect(new Set(scanFixtures.map((fixture) => fixture.id)).size).toBe(scanFixtures.length);
  });

  test.each(scanFixtures)("$id: $note", (fixture) => {
    const answer = recognize(bytesOf(fixture), fixtureContext);

    expect(answer).toMatchObject(fixture.expect);
  });

  test.each(scanFixtures)("$id has exactly one owner, whoever is asked first", (fixture) => {
    const owners = ownersOf(bytesOf(fixture));

    const expected = fixture.expect.format;
    const isLastResort = expected === "opaque" || expected === null;
    expect(owners).toEqual(isLastResort ? [] : [expected]);
  });
});

describe("the list of formats", () => {
  test("names every format once and asks the last resort last", () => {
    const names = allFormats.map((format) => format.format);

    expect(new Set(names).size).toBe(names.length);
    expect(allFormats.at(-1)).toBe(lastResort);
  });

  test("has fixtures for every format", () => {
    const covered = new Set(scanFixtures.map((fixture) => fixture.expect.format));

    for (const { format } of allFormats) expect(covered).toContain(format);
  });
});

describe("data minimisation", () => {
  test("drops address, old number and phone unless the place's policy asks for them", () => {
    const sparing = recognize(fixtureBytes("cccd/C1"), fixtureContext);
    const keeping = recognize(fixtureBytes("cccd/C1"), { ...fixtureContext, keepExtras: true });

    expect(sparing).toMatchObject({ credential: { extras: null } });
    expect(keeping).toMatchObject({
      credential: {
        extras: {
          address: "12, Đường Số Một, Phường Mẫu, Bình Mẫu, Bình Thuận",
          oldNumber: "024681357",
          relatives: [],
        },
      },
    });
  });

  test("finds the parents of a 2024 card by their shape", () => {
    const keeping = recognize(fixtureBytes("cccd/K4"), { ...fixtureContext, keepExtras: true });

    expect(keeping).toMatchObject({
      credential: { extras: { relatives: ["Nguyễn Văn Cha", "Trần Thị Mẹ"] } },
    });
  });

  test("reads facility and address of an insurance card, whatever its dash", () => {
    const old = recognize(fixtureBytes("bhyt/en-dash"), { ...fixtureContext, keepExtras: true });
    const card2021 = recognize(fixtureBytes("bhyt/B7"), { ...fixtureContext, keepExtras: true });

    expect(old).toMatchObject({
      credential: { extras: { facility: "72-065", address: "Cty CP CNTT Mẫu" } },
    });
    expect(card2021).toMatchObject({
      credential: { extras: { facility: "79-034", address: "Quận 12, Thành phố Hồ Chí Minh" } },
    });
  });

  test("reads the phone number of a national code also when EXT has slipped", () => {
    for (const id of ["national/N1", "national/slipped-ext"]) {
      const keeping = recognize(fixtureBytes(id), { ...fixtureContext, keepExtras: true });
      expect(keeping).toMatchObject({ credential: { extras: { phone: "0123232422" } } });
    }
  });

  test("keeps nothing of an opaque code but its keyed hash", () => {
    const answer = recognize(fixtureBytes("opaque/badge"), fixtureContext);

    expect(JSON.stringify(answer)).not.toContain("EMP");
    expect(answer).toMatchObject({
      credential: { identity: expect.stringMatching(/^opaque:[0-9a-f]{64}$/) as unknown },
    });
  });
});

describe("a station with a wrong clock", () => {
  test("still reads bare numbers, in 1970 and in 2099", () => {
    for (const nowMs of [0, Date.UTC(2099, 0, 1)]) {
      const answer = recognize(fixtureBytes("cccd/bare"), { ...fixtureContext, nowMs });
      expect(answer).toMatchObject({ kind: "recognized", format: "cccd" });
    }
  });

  test("warns about dates ahead of it and refuses nobody for them", () => {
    const answer = recognize(fixtureBytes("cccd/C1"), { ...fixtureContext, nowMs: 0 });

    expect(answer).toMatchObject({
      kind: "recognized",
      credential: { warnings: ["birth-date-in-future", "issue-date-in-future"] },
    });
  });
});
