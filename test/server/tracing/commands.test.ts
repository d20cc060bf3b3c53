import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdminUsage } from "#server/admin/context.ts";
import { runCommand } from "#server/admin/commands.ts";
import { openOutput } from "#server/admin/output-file.ts";
import { csvCell, linesOf } from "#server/tracing/report.ts";
import type { Report } from "#server/tracing/report.ts";
import { findAuditBreak } from "#server/vault/audit.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { madeUpPerson, newStation } from "../support/station.ts";
import type { TestStation } from "../support/station.ts";
import { MINUTE_MS } from "./worlds.ts";

type Said = { readonly code: number; readonly out: readonly string[]; readonly err: string };
type Row = Readonly<Record<string, unknown>>;

const HOUR_MS = 60 * MINUTE_MS;
const DAYS = ["--from", "2026-11-23", "--to", "2026-11-24"];

describe.each(engines)("trace commands on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    let station: TestStation;
    beforeAll(async () => {
      province = await startTestProvince(engine);
      station = await newStation(province);
      const at = (minutes: number) => ({
        wall_ms: province.clock.nowMs() - 2 * HOUR_MS + minutes * MINUTE_MS,
      });
      await station.send([
        station.event({ ...at(0), offset_error_ms: 0 }, madeUpPerson(1)),
        station.event({ ...at(30), offset_error_ms: 0 }, madeUpPerson(2)),
        station.event({ ...at(45), type: "unread" }, null),
        station.event({ ...at(60), offset_error_ms: 0, direction: "out" }, madeUpPerson(1)),
        station.event({ ...at(90), offset_error_ms: 0, direction: "out" }, madeUpPerson(2)),
      ]);
      await run(
        "case",
        "open",
        "VV-1",
        "--basis",
        "Quyết định mẫu 1",
        "--reason",
        "ổ dịch giả định",
      );
    });
    afterAll(() => province.stop());

    function subject(number: number): string {
      return subjectOf(madeUpPerson(number).identity, province.secrets.subjectKey).toString("hex");
    }

    async function runWith(input: string | null, ...args: string[]): Promise<Said> {
      const out: string[] = [];
      const err: string[] = [];
      const io = {
        write: (line: string) => void out.push(line),
        error: (line: string) => void err.push(line),
      };
      const code = await runCommand(province, args, { actor: "local:test", input, io });
      return { code, out, err: err.join("\n") };
    }
    const run = (...args: string[]) => runWith(null, ...args);

    async function lastAudit(): Promise<Row> {
      const found = await province.pool.query<{ record: Row }>(
        "SELECT record FROM audit ORDER BY audit_seq DESC LIMIT 1",
      );
      return found.rows[0]!.record;
    }

    test("a document typed in leads to places, times and everybody who was there", async () => {
      const { document } = madeUpPerson(1);

      const said = await runWith(
        document,
        "trace",
        "person",
        "--case",
        "VV-1",
        "--document-stdin",
        ...DAYS,
      );

      expect(said.code).toBe(0);
      const answer = JSON.parse(said.out.join("")) as Record<string, readonly Row[]>;
      expect(answer["history"]).toMatchObject([
        {
          subject: subject(1),
          place_name: "Chợ Mẫu",
          exit_known: "seen",
          entered: "2026-11-24T07:00:00+07:00",
        },
      ]);
      expect(answer["contacts"]).toMatchObject([
        { subject: subject(2), certain_minutes: 30, expected_minutes: 30, possible_minutes: 30 },
      ]);
      expect(said.out.join("")).not.toContain(document);
    });

    test("says what may be missing, gate by gate", async () => {
      const health = { pending: 214, acknowledged_upto: 0 };
      await station.hello(health);
      await station.send([station.event({ seq: station.seq + 4 }, madeUpPerson(3))]);

      const said = await run("trace", "person", "--case", "VV-1", "--subject", subject(1), ...DAYS);

      const answer = JSON.parse(said.out.join("")) as Record<string, readonly Row[]>;
      expect(answer["completeness"]).toMatchObject([
        { gate: province.place.gate, unsent: 214, missing: 3, unreadable: 1, stations: 1 },
      ]);
      expect(said.err).toContain("còn 217 lượt chưa nhận được, liên lạc cuối 2026-11-24 09:00");
    });

    test("lists an hour in which an open gate recorded nobody", async () => {
      await province.pool.query(
        "INSERT INTO gate_hours SELECT $1, day, 360, 540 FROM generate_series(1, 7) AS day",
        [province.place.gate],
      );

      const said = await run(
        "trace",
        "person",
        "--case",
        "VV-1",
        "--subject",
        subject(1),
        "--from",
        "2026-11-24",
        "--to",
        "2026-11-24",
      );

      const answer = JSON.parse(said.out.join("")) as Record<string, readonly Row[]>;
      expect(answer["completeness"]).toMatchObject([{ silent_hours: 1 }]);
    });

    test("a place and a window lead to people", async () => {
      const { place } = province.place;
      const said = await run(
        "trace",
        "place",
        "--case",
        "VV-1",
        "--place",
        place,
        "--from",
        "2026-11-24T08:05",
        "--to",
        "2026-11-24T08:20",
        "--format",
        "ndjson",
      );

      const rows = said.out.map((line) => JSON.parse(line) as Row);
      const people = rows.filter((row) => row["section"] === "people");
      expect(people).toMatchObject([{ subject: subject(2), certain_minutes: 15 }]);
    });

    test("counts by the hour need no case and name nobody", async () => {
      const said = await run(
        "trace",
        "counts",
        "--place",
        province.place.place,
        "--from",
        "2026-11-24T07:00",
        "--to",
        "2026-11-24T09:00",
      );

      expect(said.out.map((line) => JSON.parse(line) as Row)).toEqual([
        { hour: "2026-11-24T07:00:00+07:00", entries: 2, surely_inside: 1, possibly_inside: 1 },
        { hour: "2026-11-24T08:00:00+07:00", entries: 0, surely_inside: 1, possibly_inside: 1 },
      ]);
    });

    test.each([
      ["no case", ["--case", "VV-0", ...DAYS], "There is no case VV-0", "trace-refused"],
      [
        "days beyond the case",
        ["--case", "VV-1", "--from", "2026-10-01", "--to", "2026-10-02"],
        "allows 2026-10-28 to 2026-11-24",
        "trace-refused",
      ],
      [
        "more than 14 days",
        ["--case", "VV-1", "--from", "2026-11-01", "--to", "2026-11-24"],
        "24 days need a second officer",
        "approval-asked",
      ],
    ])("refuses %s, and the refusal is audited", async (_what, flags, words, action) => {
      const said = await run("trace", "person", "--subject", subject(1), ...flags);

      expect(said).toMatchObject({ code: 1, out: [] });
      expect(said.err).toContain(words);
      expect(await lastAudit()).toMatchObject({ action, actor: "local:test" });
    });

    test("a second officer's word lets a long window through, and is audited", async () => {
      const flags = ["--case", "VV-1", "--from", "2026-11-01", "--to", "2026-11-24", "--approve"];

      const said = await run("trace", "person", "--subject", subject(1), ...flags);

      expect(said.code).toBe(0);
      const found = await province.pool.query<{ action: string }>(
        "SELECT record->>'action' AS action FROM audit ORDER BY audit_seq DESC LIMIT 2",
      );
      expect(found.rows.map((row) => row.action)).toEqual(["traced", "second-officer-approved"]);
    });

    test("more than 50 persons need a second officer", async () => {
      const crowd = await newStation(province);
      const dayBefore = province.clock.nowMs() - 24 * HOUR_MS;
      await crowd.send(
        Array.from({ length: 51 }, (_, index) =>
          crowd.event({ wall_ms: dayBefore }, madeUpPerson(100 + index)),
        ),
      );
      const place = ["--place", province.place.place, "--from", "2026-11-23", "--to", "2026-11-23"];

      const alone = await run("trace", "place", "--case", "VV-1", ...place);
      const approved = await run("trace", "place", "--case", "VV-1", ...place, "--approve");

      expect(alone).toMatchObject({ code: 1, out: [] });
      expect(alone.err).toContain("51 persons");
      expect(approved.code).toBe(0);
    });

    test("names are opened one by one, for a reason, of persons whom an answer of the case has named", async () => {
      await run("case", "open", "VV-2", "--basis", "b", "--reason", "r");
      await run("trace", "person", "--case", "VV-1", "--subject", subject(1), ...DAYS);
      const name = ["trace", "name", "--reason", "gọi điện", "--subject", subject(2)];

      const refused = await run(...name, "--case", "VV-2");
      const opened = await run(...name, "--case", "VV-1");

      expect(refused).toMatchObject({ code: 1, out: [] });
      expect(JSON.parse(opened.out.join(""))).toMatchObject({ name: madeUpPerson(2).name });
      expect(await lastAudit()).toMatchObject({
        action: "entry-opened",
        subject: subject(2),
        case: "VV-1",
      });
    });

    test("tells a citizen who looked at their entries", async () => {
      await run("trace", "person", "--case", "VV-1", "--subject", subject(1), ...DAYS);
      await run("trace", "name", "--case", "VV-1", "--reason", "x", "--subject", subject(2));

      const said = await runWith(madeUpPerson(2).document, "trace", "looks", "--document-stdin");

      const looks = said.out.map((line) => JSON.parse(line) as Row);
      expect(looks.map((look) => look["kind"])).toEqual(
        expect.arrayContaining(["traced", "opened"]),
      );
      expect(looks[0]).toMatchObject({
        officer: "local:test",
        case: "VV-1",
        basis: "Quyết định mẫu 1",
      });
    });

    test("review finds a card in two places at once, and one that passes all day", async () => {
      await run("place", "add", "--name", "Kho Mẫu");
      const other = await newStation(province);
      const here = await newStation(province);
      const wall_ms = province.clock.nowMs() - 3 * HOUR_MS;
      const elsewhere = other.event(
        { wall_ms: wall_ms + 20_000, place: "p-elsewhere" },
        madeUpPerson(60),
      );
      await other.send([elsewhere]);
      await here.send([here.event({ wall_ms }, madeUpPerson(60))]);
      await here.send(
        Array.from({ length: 41 }, (_, index) =>
          here.event({ wall_ms: wall_ms + index * MINUTE_MS }, madeUpPerson(61)),
        ),
      );

      const said = await run("trace", "review", "--case", "VV-1", ...DAYS);

      expect(said.out.map((line) => JSON.parse(line) as Row)).toEqual([
        { subject: subject(61), kind: "too-many-entries", local_day: "2026-11-24", count: 41 },
        { subject: subject(60), kind: "two-places-at-once", local_day: "2026-11-24", count: 1 },
      ]);
    });

    test("the audit trail is whole, and no number of a document is in it or in the log", async () => {
      expect(await findAuditBreak(province.pool)).toBeNull();
      const found = await province.pool.query<{ text: string }>(
        "SELECT string_agg(record::text, '') AS text FROM audit",
      );
      expect(found.rows[0]!.text).not.toContain(madeUpPerson(1).document);
      expect(province.logged()).not.toContain(madeUpPerson(1).document);
    });

    test.each([
      [["--subject", "xyz"], "32 hex digits"],
      [["--subject", "00".repeat(16), "--document-stdin"], "Either"],
      [["--document-stdin"], "no number of a document"],
      [["--subject", "00".repeat(16), "--format", "pdf"], "--format"],
      [["--subject", "00".repeat(16), "--degree", "3"], "--degree"],
      [["--subject", "00".repeat(16), "--from", "2026-02-30"], "--from"],
    ])("%j is not understood", async (flags, words) => {
      const asked = run("trace", "person", "--case", "VV-1", ...DAYS, ...flags);

      await expect(asked).rejects.toThrow(AdminUsage);
      await expect(asked).rejects.toThrow(words);
    });
  });
});

describe("exports", () => {
  const report: Report = {
    stamp: {
      caseNumber: "VV-1",
      officer: "local:test",
      askedAtMs: Date.UTC(2026, 10, 24, 2),
      traceId: "abc",
    },
    sections: [
      {
        name: "contacts",
        columns: ["subject", "minutes", "note"],
        rows: [
          ["s-1", 30, '=HYPERLINK("x","y")'],
          ["s-2", 5, null],
        ],
      },
    ],
  };

  test.each([
    ["=1+1", "'=1+1"],
    ["+84", "'+84"],
    ["-2", "'-2"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "' =1"],
    [" =1", "' =1"],
    ['="a"', `"'=""a"""`],
    ["|cmd", "'|cmd"],
    ["Chợ, Mẫu", '"Chợ, Mẫu"'],
    ["dòng\nmới", "dòng mới"],
    ["Nguyễn", "Nguyễn"],
  ])("%j cannot become a formula in CSV", (cell, expected) => {
    expect(csvCell(cell)).toBe(expected);
  });

  test("every line of NDJSON and CSV says whose answer it is, and which line", async () => {
    const ndjson = await linesOf(report, "ndjson");
    const csv = await linesOf(report, "csv");

    expect(ndjson.map((line) => JSON.parse(line) as Row)).toMatchObject([
      {
        line_id: "abc-1",
        case: "VV-1",
        officer: "local:test",
        trace_id: "abc",
        asked_at: "2026-11-24T09:00:00+07:00",
      },
      { line_id: "abc-2", subject: "s-2" },
    ]);
    expect(csv.at(-1)).toBe("contacts,abc-2,VV-1,local:test,s-2,5,");
    expect(csv[0]).toContain("case: VV-1");
  });

  test("an XLSX file has text cells and no formula, and only its owner can read it", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "tramqr-export-")), "out.xlsx");
    const io = { write: () => {}, error: () => {} };
    const output = openOutput(["trace", "person", "--format", "xlsx", "--out", path], io);
    for (const line of await linesOf(report, "xlsx")) await output.io.write(line);
    output.finish();

    expect(output.rest).toEqual(["trace", "person", "--format", "xlsx"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const parts = unzippedParts(readFileSync(path));
    const sheet = parts.find((part) => part.includes("<sheetData>"))!;
    expect(sheet).not.toContain("<f>");
    expect(parts.join("")).toContain("=HYPERLINK(");
    expect(parts.join("")).toContain("case: VV-1");
  });

  test("XLSX without a file is not understood", () => {
    const io = { write: () => {}, error: () => {} };
    expect(() => openOutput(["trace", "person", "--format=xlsx"], io)).toThrow(AdminUsage);
  });
});

/** The texts of a ZIP file's entries, by its central directory (PKWARE APPNOTE 4.3). */
function unzippedParts(zip: Buffer): readonly string[] {
  const parts: string[] = [];
  for (
    let at = zip.indexOf("PK\u0001\u0002");
    at !== -1;
    at = zip.indexOf("PK\u0001\u0002", at + 4)
  ) {
    const [method, size, start] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt32LE(at + 42),
    ];
    const dataAt = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const bytes = zip.subarray(dataAt, dataAt + size);
    parts.push((method === 8 ? inflateRawSync(bytes) : bytes).toString("utf8"));
  }
  return parts;
}
