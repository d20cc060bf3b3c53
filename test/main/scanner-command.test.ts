import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { testCodeNames, testCodePayload } from "#core/scanner-test-codes.ts";
import { runScannerCommand } from "#main/scanner-command.ts";
import { profileNamed, readScannerProfiles, setUpSteps } from "#main/scanner-profiles.ts";
import { UsageError } from "#main/usage-error.ts";
import { pdfPages, pdfText, zbarPage } from "../print/zbar.ts";

const folder = mkdtempSync(join(tmpdir(), "tramqr-sheet-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW_MS = Date.UTC(2026, 10, 24, 1, 0, 0);
const profiles = readScannerProfiles();
const withSheet = profiles.filter(({ setup }) => setup !== undefined);
const testCodes = testCodeNames.map(testCodePayload);

async function run(...args: readonly string[]) {
  const lines: string[] = [];
  const code = await runScannerCommand(args, (line) => lines.push(line), NOW_MS);
  return { code, lines };
}

describe("the profiles", () => {
  test("name every step of setting up, where there is a sheet, in the order of the sheet", () => {
    expect(withSheet.length).toBeGreaterThanOrEqual(5);
    for (const { setup } of withSheet) {
      expect(setup?.map(({ step }) => step)).toEqual(setUpSteps);
    }
  });

  test("give a source for every setting code, and none without one", () => {
    const codes = withSheet.flatMap(({ setup }) => setup ?? []).filter(({ code }) => code);

    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter(({ code_source: source }) => (source ?? "").length < 20)).toEqual([]);
  });

  test("are found by file, by maker and by model, whatever the case", () => {
    const found = (name: string) => profileNamed(profiles, name)?.key ?? null;

    expect(["honeywell", "ZEBRA", "HR22", "ms7120", " Newland "].map(found)).toEqual([
      "honeywell",
      "zebra",
      "newland",
      "honeywell",
      "newland",
    ]);
    expect(["", "all", "no such scanner"].map(found)).toEqual([null, null, null]);
  });

  test("that are not of the form are an error with the file's name", () => {
    const bad = join(folder, "profiles");
    mkdirSync(bad);
    writeFileSync(join(bad, "broken.toml"), 'family = "X"\n');

    expect(() => readScannerProfiles(bad)).toThrow(/broken\.toml/);
  });
});

describe("tramqr scanner sheet", () => {
  test.each(withSheet)(
    "makes one page for $key, and every code on it is read at 150 dots an inch",
    async ({ key, family, setup }) => {
      const out = join(folder, `${key}.pdf`);

      expect(await run("sheet", "--model", key, "--out", out)).toMatchObject({ code: 0 });

      const pages = pdfPages(readFileSync(out), 150);
      const settings = setup?.flatMap(({ code }) => code ?? []) ?? [];
      expect(pages).toHaveLength(1);
      const read = zbarPage(pages[0] ?? new Uint8Array());
      expect(read).toEqual([...testCodes, ...settings].toSorted());
      const { text } = pdfText(readFileSync(out));
      expect(text).toContain("Cài đặt và thử máy quét");
      expect(text.includes(family)).toBe(key !== "other-makers");
      expect(text).toContain("24/11/2026");
    },
  );

  test("without a model is the general one", async () => {
    const out = join(folder, "general.pdf");

    await run("sheet", "--out", out);

    expect(readFileSync(out)).toEqual(readFileSync(join(folder, "other-makers.pdf")));
  });

  test.each([
    [["sheet"]],
    [["sheet", "--out"]],
    [["sheet", "--out", join(folder, "x.pdf"), "--nonsense"]],
    [["sheet", "--model", "no such scanner", "--out", join(folder, "x.pdf")]],
    [["sheet", "--model", "serial-cables", "--out", join(folder, "x.pdf")]],
    [["sheet", "--out", join(folder, "no-such-folder", "x.pdf")]],
    [["list", "more"]],
    [[]],
  ])("%j is refused in words", async (args) => {
    await expect(run(...args)).rejects.toThrow(UsageError);
  });
});

test("tramqr scanner list says what is known of every family, how it was verified, and from where", async () => {
  const { code, lines } = await run("list");

  expect(code).toBe(0);
  for (const { key, verified, sources } of profiles) {
    expect(lines.filter((line) => line.startsWith(`${key} (`))).toHaveLength(1);
    expect(lines).toContain(`  verified: ${verified}`);
    for (const source of sources) expect(lines).toContain(`  source: ${source}`);
  }
});
