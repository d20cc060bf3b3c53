import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { testCodePayload } from "#core/scanner-test-codes.ts";
import { runRead } from "#main/read.ts";
import { UsageError } from "#main/usage-error.ts";

type Line = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), "tramqr-read-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* linesOf(lines: readonly string[]): AsyncIterable<string> {
  await Promise.resolve();
  yield* lines;
}

async function read(
  args: readonly string[],
  ...lines: readonly string[]
): Promise<readonly Line[]> {
  const written: string[] = [];
  const code = await runRead(args, linesOf(lines), (line) => written.push(line));
  expect(code).toBe(0);
  return written.map((line) => JSON.parse(line) as Line);
}

const card =
  "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một, Phường Mẫu|19042021";
const [austria] = readFileSync("test/fixtures/hc1/dgc-testdata.ndjson", "utf8")
  .split("\n")
  .map((line) => JSON.parse(line || "{}") as { qr: string });
const trustAustria = ["--trust", "test/fixtures/hc1/austria.pem"];

describe("tramqr read", () => {
  test("knows the codes of the test sheet, and says what is wrong with the scanner", async () => {
    const letters = testCodePayload("letters");
    const keys = testCodePayload("keys");
    const typed = keys.toLowerCase().replace("tbktchvnk", "TBKTCHVNK");

    expect(
      await read(
        [],
        letters,
        `]Q1${letters}`,
        letters.normalize("NFD").replaceAll(/\p{M}/gu, ""),
        typed,
      ),
    ).toEqual([
      { result: "recognized", format: "scanner-test", reason: null, warnings: [] },
      { result: "recognized", format: "scanner-test", reason: null, warnings: ["aim-identifier"] },
      { result: "damaged", format: "scanner-test", reason: "marks-lost", warnings: [] },
      { result: "damaged", format: "scanner-test", reason: "garbled", warnings: [] },
    ]);
    expect(await read(["--show"], keys.slice(0, 40))).toMatchObject([
      {
        reason: "truncated",
        fields: { code: "keys", findings: [{ kind: "truncated", missingBytes: 39 }] },
        text: keys.slice(0, 40).trim(),
      },
    ]);
  });

  test("answers one JSON object a line, in order, blank lines too", async () => {
    const lines = await read(
      [],
      card,
      "079085012345|024681357|Ngu",
      "00020101021138",
      "",
      "EMP-000123",
    );

    expect(lines).toEqual([
      { result: "recognized", format: "cccd", reason: null, warnings: [] },
      { result: "damaged", format: "cccd", reason: "fields-missing", warnings: [] },
      { result: "foreign", format: "payment", reason: "payment", warnings: [] },
      { result: "foreign", format: null, reason: "noise", warnings: [] },
      { result: "recognized", format: "opaque", reason: null, warnings: [] },
    ]);
  });

  test("keeps personal data off the terminal unless it is asked to show it", async () => {
    const [quiet] = await read([], card);
    const [shown] = await read(["--show"], card);

    expect(JSON.stringify(quiet)).not.toMatch(/Nguyễn|079085012345/);
    expect(shown).toMatchObject({
      text: card,
      fields: {
        document_kind: "cccd",
        identity: "cccd:079085012345",
        document: "079085012345",
        name: "Nguyễn Văn Thử",
        birth_date: "1985-03-15",
        sex: "male",
        valid_to: null,
        issued_on: "2021-04-19",
        address: "12, Đường Số Một, Phường Mẫu",
        old_document: "024681357",
      },
    });
  });

  test("takes any byte as \\xNN and shows the framed text", async () => {
    const escaped = `\\x02]Q1\\xEF\\xBB\\xBF${card.replace("ễ", "\\xe1\\xbb\\x85")}\\x00\\x03\\x0D\\x0A`;

    const [line] = await read(["--show"], escaped);

    expect(line).toMatchObject({ result: "recognized", format: "cccd", text: card });
  });

  test("shows the text of what it does not know, and no fields", async () => {
    const [line] = await read(["--show"], "https://example.invalid/menu");

    expect(line).toEqual({
      result: "foreign",
      format: "link",
      reason: "link",
      warnings: [],
      text: "https://example.invalid/menu",
    });
  });

  test("takes the clock from --at, Vietnam's where no zone is named", async () => {
    const future = card.replace("19042021", "25112026");

    const [before] = await read(["--at", "2026-11-24"], future);
    const [after] = await read(["--at", "2026-11-24T17:00:00Z"], future);
    const [local] = await read(["--at", "2026-11-25T00:00"], future);

    expect(before).toMatchObject({ warnings: ["issue-date-in-future"] });
    expect(after).toMatchObject({ warnings: [] });
    expect(local).toMatchObject({ warnings: [] });
  });
});

describe("tramqr read of a health certificate", () => {
  const qr = austria?.qr ?? "";

  test("checks the signature against the trust list", async () => {
    const [trusted] = await read([...trustAustria, "--at", "2021-05-06T18:00:00Z"], qr);
    const [unknown] = await read(["--at", "2021-05-06T18:00:00Z"], qr);
    const [other] = await read(["--trust", "resources/trust/vn-moh-dsc.pem"], qr);

    expect(trusted).toEqual({
      result: "recognized",
      format: "hc1",
      reason: null,
      warnings: [],
      signature: "valid",
      expired: false,
    });
    expect(unknown).toMatchObject({ signature: "unknown-signer" });
    expect(other).toMatchObject({ signature: "unknown-signer" });
  });

  test("flags a signer out of date and an expired certificate, and still verifies", async () => {
    const [line] = await read([...trustAustria, "--at", "2026-11-24", "--show"], qr);

    expect(line).toMatchObject({
      signature: "valid",
      expired: true,
      warnings: ["signer-out-of-date"],
      text: qr,
      fields: { name: "Musterfrau-Gößinger Gabriele", birth_date: "1998-02-26", issuer: "AT" },
    });
  });

  test("takes several certificates in one file", async () => {
    const path = join(folder, "two.pem");
    const both = ["resources/trust/vn-moh-dsc.pem", "test/fixtures/hc1/austria.pem"];
    writeFileSync(path, both.map((file) => readFileSync(file, "utf8")).join("\n"));

    const [line] = await read(["--trust", path], qr);

    expect(line).toMatchObject({ signature: "valid" });
  });
});

describe("tramqr read refuses in words", () => {
  test.each([
    [["--nope"], /--nope/],
    [["extra"], /extra/],
    [["--trust"], /trust/],
    [["--trust", "/nowhere/list.pem"], /\/nowhere\/list\.pem.*ENOENT/],
    [["--trust", "package.json"], /package\.json/],
    [["--at", "tomorrow"], /tomorrow/],
    [["--at", "2026-13-41"], /2026-13-41/],
  ])("%j", async (args, words) => {
    const run = runRead(args, linesOf([card]), () => undefined);

    await expect(run).rejects.toBeInstanceOf(UsageError);
    await expect(run).rejects.toThrow(words);
  });
});

describe("tramqr read --hid", () => {
  type Vector = {
    readonly name: string;
    readonly text: string;
    readonly reports: readonly string[];
  };
  const { vectors } = JSON.parse(readFileSync("test/fixtures/hid-pos.json", "utf8")) as {
    vectors: readonly Vector[];
  };
  const whole = vectors.filter(
    (vector) => typeof vector.text === "string" && vector.text.includes("|"),
  );

  test("puts the reports of each scan together, a blank line between scans", async () => {
    const lines = whole.flatMap((vector) => [...vector.reports, ""]);

    const answers = await read(["--hid", "--show"], ...lines);

    expect(whole.length).toBeGreaterThan(2);
    expect(answers.map((answer) => answer["text"])).toEqual(whole.map((vector) => vector.text));
  });

  test("a scan with a lost report is damaged, and what makes no scan at all is torn", async () => {
    const [first] = whole;

    const answers = await read(["--hid"], ...(first?.reports.slice(0, 1) ?? []), "", "zz");

    expect(answers[0]).toMatchObject({ result: "damaged" });
    expect(answers[1]).toMatchObject({ result: "damaged", reason: "torn" });
  });
});
