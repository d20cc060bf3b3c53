import { assert, integer, property, stringMatching } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { communeFinder, listCommunes } from "#server/registry/communes.ts";
import type { CommuneFinder } from "#server/registry/communes.ts";
import {
  BadPlaceCode,
  CodeTaken,
  adoptCode,
  adoptedCodes,
  ensureShortCode,
  keepUnknownCode,
  listUnknownCodes,
  resolvePlaceCode,
} from "#server/registry/place-codes.ts";
import { newShortCode, parseShortCode, shortCodeGroups } from "#server/registry/short-code.ts";
import { UnknownPlace, addPlace } from "#server/stations/places.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { seededRandom } from "../support/ports.ts";

describe("the short code of a place", () => {
  test("is nine digits that read the same in groups", () => {
    const random = seededRandom("codes");

    for (let count = 0; count < 1_000; count += 1) {
      const code = newShortCode(random);
      expect(code).toMatch(/^[0-9]{9}$/);
      expect(parseShortCode(shortCodeGroups(code))).toBe(code);
      expect(parseShortCode(` ${code.slice(0, 3)}.${code.slice(3, 6)}-${code.slice(6)} `)).toBe(
        code,
      );
    }
  });

  test("with one wrong digit is never another place's code", () => {
    assert(
      property(stringMatching(/^[0-9]{1,8}$/), integer({ min: 0, max: 8 }), (seed, at) => {
        const code = newShortCode(seededRandom(seed));
        for (const digit of "0123456789") {
          const changed = `${code.slice(0, at)}${digit}${code.slice(at + 1)}`;
          expect(parseShortCode(changed)).toBe(changed === code ? code : null);
        }
      }),
    );
  });

  test("counting up finds nobody: of 1,000 places no code is next to another", () => {
    const random = seededRandom("neighbours");
    const codes = new Set(Array.from({ length: 1_000 }, () => newShortCode(random)));

    const neighbours = [...codes].filter((code) => codes.has(String(Number(code) + 1)));

    expect(codes.size).toBe(1_000);
    expect(neighbours).toEqual([]);
  });

  test("is not what has letters, other lengths or a wrong check digit", () => {
    for (const text of ["", "12345678", "1234567890", "12345678a", "١٢٣٤٥٦٧٨٩"]) {
      expect(parseShortCode(text)).toBeNull();
    }
  });
});

describe("places by their codes", () => {
  let province: TestProvince;
  let find: CommuneFinder;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    find = communeFinder(await listCommunes(province.pool));
  });
  afterAll(() => province.stop());

  const nowMs = () => province.clock.nowMs();
  const newPlace = (name: string) =>
    addPlace(province.pool, { name, type: null, address: null }, province.random, nowMs());

  test("a place is found by its digits, in groups too, and by the address on its poster", async () => {
    const place = await newPlace("Nhà sách Mẫu");
    const code = await ensureShortCode(province.pool, place, province.random);

    const answers = await Promise.all(
      [code, shortCodeGroups(code), `https://tinh.example.invalid/c/${code}`].map((text) =>
        resolvePlaceCode(province.pool, text),
      ),
    );

    const expected = {
      kind: "place",
      place,
      name: "Nhà sách Mẫu",
      state: "approved",
      shortCode: code,
    };
    expect(answers).toEqual([expected, expected, expected]);
  });

  test("a place of before short codes gets one once, and keeps it", async () => {
    const place = await newPlace("Chợ cũ");
    await province.pool.query("UPDATE places SET short_code = NULL WHERE place = $1", [place]);

    const code = await ensureShortCode(province.pool, place, province.random);

    expect(await ensureShortCode(province.pool, place, province.random)).toBe(code);
    expect(await resolvePlaceCode(province.pool, code)).toMatchObject({ place });
  });

  test("an earlier site's code is kept sign by sign and leads to its place", async () => {
    const place = await newPlace("Chợ Cũ Mẫu");
    const old = " UID:Ab1//Chợ Cũ|\t9 ";

    expect(await adoptCode(province.pool, { place, code: old, by: "test" }, nowMs())).toBe(true);

    expect(await resolvePlaceCode(province.pool, old)).toMatchObject({ kind: "place", place });
    expect(await adoptedCodes(province.pool, place)).toEqual([old]);
    for (const almost of [old.trim(), old.toLowerCase(), old.normalize("NFD")]) {
      expect(await resolvePlaceCode(province.pool, almost)).toEqual({ kind: "unknown" });
    }
  });

  test("adopting twice changes nothing; another place's code is refused", async () => {
    const [mine, other] = [await newPlace("Của tôi"), await newPlace("Của người khác")];
    await adoptCode(
      province.pool,
      { place: mine, code: "https://old.example/abc", by: "a" },
      nowMs(),
    );

    const again = { place: mine, code: "https://old.example/abc", by: "b" };
    expect(await adoptCode(province.pool, again, nowMs())).toBe(false);
    await expect(adoptCode(province.pool, { ...again, place: other }, nowMs())).rejects.toThrow(
      CodeTaken,
    );
    await expect(
      adoptCode(province.pool, { place: "p-none", code: "x", by: "a" }, nowMs()),
    ).rejects.toThrow(UnknownPlace);
    await expect(adoptCode(province.pool, { ...again, code: "" }, nowMs())).rejects.toThrow(
      BadPlaceCode,
    );
  });

  test("a code that nobody has is kept and counted until a place adopts it", async () => {
    const code = "https://old.example/unknown";
    await keepUnknownCode(province.pool, code, 1_000);
    await keepUnknownCode(province.pool, code, 2_000);

    const [seen] = await listUnknownCodes(province.pool, 10);
    await adoptCode(province.pool, { place: await newPlace("Nhận mã"), code, by: "test" }, nowMs());

    expect(seen).toEqual({ code, times: 2, first_seen_at_ms: 1_000, last_seen_at_ms: 2_000 });
    expect(await listUnknownCodes(province.pool, 10)).toEqual([]);
  });

  test("knows the 96 communes: 82 xã, 14 phường, made of all 94 + 186 units of 9 + 15 districts", async () => {
    const communes = await listCommunes(province.pool);
    const units = communes.flatMap(({ former }) => former);
    const ofProvince = (name: string) => units.filter((unit) => unit.province === name);
    const count = (texts: readonly string[]) => new Set(texts).size;
    const unitText = ({ name, district, province: of }: (typeof units)[number]) =>
      `${name}, ${district}, ${of}`;

    expect(communes).toHaveLength(96);
    expect(communes.filter(({ name }) => name.startsWith("Xã "))).toHaveLength(82);
    expect(communes.filter(({ name }) => name.startsWith("Phường "))).toHaveLength(14);
    expect(count(ofProvince("Tây Ninh").map(unitText))).toBe(94);
    expect(count(ofProvince("Long An").map(unitText))).toBe(186);
    expect(count(ofProvince("Tây Ninh").map(({ district }) => district))).toBe(9);
    expect(count(ofProvince("Long An").map(({ district }) => district))).toBe(15);
    expect(communes.filter(({ name }) => name !== name.normalize("NFC"))).toEqual([]);
  });

  test("finds a commune by number, by name without marks, and by an address of before the reform", () => {
    expect(find("25459", null)).toEqual({ kind: "found", commune: "25459" });
    expect(find("phuong tan ninh", null)).toEqual({ kind: "found", commune: "25459" });
    expect(find("Tân Ninh", null)).toEqual({ kind: "found", commune: "25459" });
    expect(find("Phường 3", "Thành phố Tây Ninh")).toEqual({ kind: "found", commune: "25459" });
    expect(find("Phường 3", "TP. Tân An")).toEqual({ kind: "found", commune: "27694" });
    expect(find("Xã Tân Bình", "Huyện Tân Trụ")).toEqual({ kind: "found", commune: "28087" });
    expect(find("Xã Không Có", null)).toEqual({ kind: "unknown" });
  });

  test("says between which communes a former one was divided, instead of guessing", () => {
    const found = find("Xã Suối Dây", "Huyện Tân Châu");

    expect(found).toEqual({ kind: "several", names: ["Xã Tân Châu", "Xã Tân Thành"] });
  });
});
