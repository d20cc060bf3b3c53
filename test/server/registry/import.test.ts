import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import { resolvePlaceCode } from "#server/registry/place-codes.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";

type Line = Readonly<Record<string, unknown>>;
type Said = { readonly code: number; readonly lines: readonly Line[]; readonly err: string };

const HEADER =
  "ma_co_so;ten;loai;dia_chi;xa_phuong;quan_huyen;gio_mo_cua;dien_thoai;khu_vuc;cua;ma_cu";
const ROWS = [
  "C1;Chợ Nhập;chợ;Số 1;Phường 3;Thành phố Tây Ninh;T2-CN 05:00-18:00;0900000001;Khu A|Khu B;Cổng 1|Cổng 2;OLD/1",
  "C2;Trường Mẫu;truong hoc;Số 2;Long Hoa;;T2-T6 6h30-17h;;;;",
];

describe("places from files", () => {
  let province: TestProvince;
  let folder: string;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    folder = mkdtempSync(join(tmpdir(), "tramqr-registry-"));
  });
  afterAll(async () => {
    await province.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(...args: string[]): Promise<Said> {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      write: (line: string) => void out.push(line),
      error: (line: string) => void err.push(line),
    };
    const code = await runAndExplain(province, args, { actor: "local:test", io, folder });
    return { code, lines: out.map((line) => JSON.parse(line) as Line), err: err.join("\n") };
  }

  async function imported(rows: readonly string[], ...more: string[]): Promise<Said> {
    writeFileSync(join(folder, "places.csv"), [HEADER, ...rows].join("\r\n"));
    return run("place", "import", "places.csv", ...more);
  }

  async function placesNamed(name: string): Promise<readonly Line[]> {
    return (await run("place", "list")).lines.filter((line) => line["name"] === name);
  }

  const countAll = async () => (await run("place", "list")).lines.length;

  test("a dry run says what would be done, and does nothing", async () => {
    const before = await countAll();

    const said = await imported(ROWS, "--dry-run");

    const counts = { added: 2, gates_added: 3, zones_added: 2, codes_adopted: 1, faults: 0 };
    expect(said.lines).toEqual([expect.objectContaining({ imported: false, ...counts })]);
    expect(said.code).toBe(0);
    expect(await countAll()).toBe(before);
    expect(await resolvePlaceCode(province.pool, "OLD/1")).toEqual({ kind: "unknown" });
  });

  test("an import adds places with gates, zones, hours and the codes of their old posters", async () => {
    const said = await imported(ROWS);

    expect(said.lines.at(-1)).toMatchObject({ imported: true, added: 2, unchanged: 0, faults: 0 });
    const [market] = await placesNamed("Chợ Nhập");
    const id = String(market?.["place"]);
    const shown = (await run("place", "show", id)).lines[0];
    expect(shown).toMatchObject({
      type: "market",
      commune: "25459",
      commune_name: "Phường Tân Ninh",
      state: "approved",
      opening_hours: "T2-CN 05:00-18:00",
      owner_phone: "0900000001",
      zones: ["Khu A", "Khu B"],
      adopted_codes: ["OLD/1"],
    });
    const gates = shown?.["gates"] as readonly Line[];
    expect(gates.map((gate) => gate["name"])).toEqual(expect.arrayContaining(["Cổng 1", "Cổng 2"]));
    expect(await resolvePlaceCode(province.pool, "OLD/1")).toMatchObject({ place: id });
  });

  test("the same file again changes nothing; a changed row changes its place only", async () => {
    const again = await imported(ROWS);
    const changed = await imported([ROWS[0]!.replace("Số 1", "Số 11"), ROWS[1]!]);

    const nothing = { added: 0, gates_added: 0, zones_added: 0, codes_adopted: 0 };
    expect(again.lines.at(-1)).toMatchObject({ ...nothing, changed: 0, unchanged: 2 });
    expect(changed.lines.at(-1)).toMatchObject({ ...nothing, changed: 1, unchanged: 1 });
    expect(await placesNamed("Chợ Nhập")).toMatchObject([{ address: "Số 11" }]);
  });

  test("one faulty row keeps all others out, and is told in words with its line", async () => {
    const before = await countAll();
    const bad = "C4;Quán Mẫu;quán ăn;Số 4;Xã Suối Dây;Huyện Tân Châu;;;;;";

    const said = await imported(["C3;Quán Tốt;quán ăn;Số 3;;;;;;;", bad]);

    expect(said.code).toBe(1);
    expect(said.lines[0]).toMatchObject({
      fault: {
        line: 3,
        field: "commune",
        vi: expect.stringContaining("Xã Tân Châu, Xã Tân Thành"),
      },
    });
    expect(said.lines.at(-1)).toMatchObject({ imported: false, faults: 1 });
    expect(await countAll()).toBe(before);
  });

  test("another place's old code keeps everything out", async () => {
    const before = await countAll();

    const said = await imported(["C5;Kẻ Chiếm;chợ;Số 5;;;;;;;OLD/1"]);

    expect(said.lines[0]).toMatchObject({
      fault: { line: 2, field: "old_code", vi: expect.stringContaining("Chợ Nhập") },
    });
    expect(await countAll()).toBe(before);
  });

  test("a file that is not there, and one that is no table, are refused in words", async () => {
    writeFileSync(join(folder, "bad.csv"), 'ten\n"Chợ');

    expect(await run("place", "import", "none.csv")).toMatchObject({ code: 2 });
    expect((await run("place", "import", "none.csv")).err).toContain("cannot be read (ENOENT)");
    expect(await run("place", "import", "bad.csv")).toMatchObject({ code: 1 });
  });

  test("2,500 places are imported whole, each with a code of its own, and again without change", async () => {
    const rows = Array.from(
      { length: 2_500 },
      (_, index) =>
        `N${index};Cơ sở ${index};văn phòng;Số ${index};25459;;T2-T6 07:00-17:00;;;Cổng chính;N/${index}`,
    );

    const first = await imported(rows);
    const again = await imported(rows);

    expect(first.lines.at(-1)).toMatchObject({
      added: 2_500,
      gates_added: 2_500,
      codes_adopted: 2_500,
    });
    expect(again.lines.at(-1)).toMatchObject({ added: 0, changed: 0, unchanged: 2_500 });
    const codes = await province.pool.query<{ places: number; codes: number }>(
      `SELECT count(*)::int AS places, count(DISTINCT short_code)::int AS codes FROM places
       WHERE import_key LIKE 'key:N%'`,
    );
    expect(codes.rows).toEqual([{ places: 2_500, codes: 2_500 }]);
  });

  test("a poster needs to know where it leads, then leads there", async () => {
    const [school] = await placesNamed("Trường Mẫu");
    const poster = [
      "place",
      "poster",
      "--place",
      String(school?.["place"]),
      "--format",
      "svg",
      "--out",
      "a.svg",
    ];

    const early = await run(...poster);
    await run("province", "set", "--public-url", "https://tinh.example.invalid/");
    const made = await run(...poster);

    expect(early).toMatchObject({ code: 1, err: expect.stringContaining("--public-url") });
    expect(made.lines[0]).toMatchObject({
      address: `https://tinh.example.invalid/c/${String(school?.["short_code"])}`,
    });
    expect(readFileSync(join(folder, "a.svg"), "utf8")).toContain("<svg");
    expect((await run("province", "set", "--public-url", "https://x/y")).code).toBe(1);
  });

  test("a place that waits is approved or rejected once, and the trail says by whom", async () => {
    const { place } = province.place;
    await province.pool.query("UPDATE places SET state = 'pending' WHERE place = $1", [place]);

    expect((await run("place", "list", "--state", "pending")).lines).toMatchObject([{ place }]);
    expect((await run("place", "approve", place)).code).toBe(0);
    expect((await run("place", "approve", place)).code).toBe(0);
    expect(await run("place", "reject", place, "--note", "trùng")).toMatchObject({ code: 1 });
    expect((await run("place", "show", place)).lines[0]).toMatchObject({
      state: "approved",
      decided_by: "local:test",
    });
  });

  test("zones, gates and lanes are said, and belong to one place", async () => {
    const { place, gate } = province.place;
    const zoneOf = async (of: string, name: string) =>
      String((await run("zone", "add", "--place", of, "--name", name)).lines[0]?.["zone"]);
    const zone = await zoneOf(place, "Tầng 1");
    const [school] = await placesNamed("Trường Mẫu");
    const foreign = await zoneOf(String(school?.["place"]), "Tầng 1");

    await run("gate", "zone", "--gate", gate, "--zone", zone);
    await run("lane", "set", "--gate", gate, "--lane", "trái", "--direction", "in");
    await run("lane", "set", "--gate", gate, "--lane", "trái", "--direction", "auto");

    expect(await zoneOf(place, "Tầng 1")).toBe(zone);
    expect(foreign).not.toBe(zone);
    expect((await run("gate", "zone", "--gate", gate, "--zone", foreign)).code).toBe(1);
    expect(
      (await run("lane", "set", "--gate", "g-x", "--lane", "a", "--direction", "in")).code,
    ).toBe(1);
    expect((await run("place", "show", place)).lines[0]).toMatchObject({
      zones: ["Tầng 1"],
      gates: [{ gate, zone: "Tầng 1", lanes: [{ lane: "trái", direction: "auto" }] }],
    });
  });

  test("an owner who lost the link gets another one, and the lost one opens nothing", async () => {
    const { place } = province.place;
    const link = async () =>
      String((await run("place", "owner-link", place)).lines[0]?.["owner_path"]);
    const statusOf = async (url: string) => (await province.app.inject({ url })).statusCode;
    const lost = await link();

    const found = await link();

    expect(await statusOf(lost)).toBe(404);
    expect(await statusOf(found)).toBe(200);
    expect((await run("place", "owner-link", "p-none")).code).toBe(1);
  });
});
