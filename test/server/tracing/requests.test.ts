import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdminUsage } from "#server/admin/context.ts";
import { runCommand } from "#server/admin/commands.ts";
import { findAuditBreak } from "#server/vault/audit.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { madeUpPerson, newStation } from "../support/station.ts";

type Line = Readonly<Record<string, unknown>>;
type Said = { readonly code: number; readonly lines: readonly Line[]; readonly err: string };

const DAY_MS = 86_400_000;

describe.each(engines)("a second officer by commands on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    let cases = 0;
    beforeAll(async () => {
      province = await startTestProvince(engine);
      const station = await newStation(province);
      const wall_ms = province.clock.nowMs() - 3_600_000;
      await station.send(
        Array.from({ length: 52 }, (_, index) => station.event({ wall_ms }, madeUpPerson(index))),
      );
    });
    afterAll(() => province.stop());

    async function runAs(actor: string, args: readonly string[], isEmbedded = true): Promise<Said> {
      const out: string[] = [];
      const err: string[] = [];
      const io = {
        write: (line: string) => void out.push(line),
        error: (line: string) => void err.push(line),
      };
      const code = await runCommand({ ...province, isEmbedded }, args, { actor, io });
      return { code, lines: out.map((line) => JSON.parse(line) as Line), err: err.join("\n") };
    }
    const asker = (...args: string[]) => runAs("local:an", args);
    const second = (...args: string[]) => runAs("local:binh", args);

    async function newCase(): Promise<string> {
      cases += 1;
      const opened = await asker("case", "open", `VV-${cases}`, "--basis", "b", "--reason", "r");
      return String(opened.lines[0]?.["case"]);
    }

    function longQuestion(caseNumber: string): readonly string[] {
      const subject = subjectOf(madeUpPerson(1).identity, province.secrets.subjectKey);
      const who = ["--subject", subject.toString("hex")];
      return [
        "trace",
        "person",
        "--case",
        caseNumber,
        ...who,
        "--from",
        "2026-11-01",
        "--to",
        today(),
      ];
    }

    function today(): string {
      return new Date(province.clock.nowMs() + 7 * 3_600_000).toISOString().slice(0, 10);
    }

    async function waitingOf(caseNumber: string): Promise<readonly Line[]> {
      const listed = await second("trace", "request", "list");
      return listed.lines.filter((line) => line["case"] === caseNumber);
    }

    async function audited(caseNumber: string): Promise<readonly string[]> {
      const found = await province.pool.query<{ line: string }>(
        `SELECT (record->>'actor') || ' ' || (record->>'action') AS line FROM audit
         WHERE record->>'case' = $1 ORDER BY audit_seq`,
        [caseNumber],
      );
      return found.rows.map((row) => row.line);
    }

    test("asks, is granted by another one, and the same question again is answered", async () => {
      const caseNumber = await newCase();
      const question = longQuestion(caseNumber);

      const first = await asker(...question);
      const again = await asker(...question);
      const [request, ...more] = await waitingOf(caseNumber);
      const id = String(request?.["request"]);
      const own = await asker("trace", "request", "grant", id, "--note", "tôi đồng ý");
      const granted = await second("trace", "request", "grant", id, "--note", "đồng ý");
      const answered = await asker(...question);

      expect([first.code, again.code, own.code, more]).toEqual([1, 1, 1, []]);
      expect(first.err).toContain(`Request ${id} waits`);
      expect(again.err).toContain(`Request ${id} waits`);
      expect(request).toMatchObject({ asked_by: "local:an", persons: 52, days: 24 });
      expect(JSON.stringify(request)).not.toContain(madeUpPerson(1).document);
      expect(own.err).toContain("Nobody approves");
      expect(granted.lines[0]).toMatchObject({ state: "granted", decided_by: "local:binh" });
      expect(answered.code).toBe(0);
      expect(await audited(caseNumber)).toEqual([
        "local:an case-opened",
        "local:an approval-asked",
        "local:binh approval-granted",
        "local:an second-officer-approved",
        "local:an traced",
      ]);
      expect(await findAuditBreak(province.pool)).toBeNull();
    });

    test("a grant is of this question and of this officer alone, and lasts a day", async () => {
      const caseNumber = await newCase();
      const question = longQuestion(caseNumber);
      await asker(...question);
      const [request] = await waitingOf(caseNumber);
      await second("trace", "request", "grant", String(request?.["request"]), "--note", "x");

      const other = await runAs("local:chi", question);
      const wider = await asker(...question, "--lingering", "30");
      province.clock.advance(DAY_MS - 1_000);
      const inTime = await asker(...question);
      province.clock.advance(1_000);
      const late = await asker(...question);

      expect([other.code, wider.code, inTime.code, late.code]).toEqual([1, 1, 0, 1]);
    });

    test("a refusal is final, and is told", async () => {
      const caseNumber = await newCase();
      await asker(...longQuestion(caseNumber));
      const [request] = await waitingOf(caseNumber);
      const id = String(request?.["request"]);

      const refused = await second("trace", "request", "refuse", id, "--note", "không cần");
      const after = await runAs("local:chi", ["trace", "request", "grant", id, "--note", "x"]);

      expect(refused.lines[0]).toMatchObject({ state: "refused", note: "không cần" });
      expect(after).toMatchObject({ code: 1, err: "This request was decided before." });
      expect((await asker(...longQuestion(caseNumber))).code).toBe(1);
    });

    test("nobody can decide after a week, or once the case is closed", async () => {
      const [old, closed] = [await newCase(), await newCase()];
      await asker(...longQuestion(old));
      const [lapsed] = await waitingOf(old);
      province.clock.advance(7 * DAY_MS);
      await asker(...longQuestion(closed));
      const [open] = await waitingOf(closed);
      await asker("case", "close", closed, "--note", "xong");

      const grant = (line: Line | undefined) =>
        second("trace", "request", "grant", String(line?.["request"]), "--note", "x");

      expect((await grant(lapsed)).err).toContain("waited too long");
      expect((await grant(open)).err).toContain("The case was closed");
      expect((await second("trace", "request", "grant", "r-none", "--note", "x")).err).toContain(
        "no such request",
      );
    });

    test("a closed case answers nothing more, opens nothing more, and cannot be closed again", async () => {
      const caseNumber = await newCase();
      const short = [...longQuestion(caseNumber).slice(0, 6), "--from", today(), "--to", today()];
      const before = await asker(...short);
      await asker("case", "close", caseNumber, "--note", "xong");

      const after = await asker(...short);
      const named = await asker("trace", "name", "--reason", "x", ...short.slice(2, 6));
      const entries = ["entries", "--ndjson", "--open", "--case", caseNumber, "--reason", "x"];

      expect(before.code).toBe(0);
      expect(after.err).toContain("is closed and answers nothing more");
      expect(named.err).toContain("case-closed");
      expect((await asker(...entries)).code).toBe(1);
      expect((await asker("case", "close", caseNumber, "--note", "x")).code).toBe(1);
      const [listed] = (await asker("case", "list")).lines.filter(
        (line) => line["case"] === caseNumber,
      );
      expect(listed).toMatchObject({ closed_by: "local:an", closing_note: "xong" });
    });

    test("where the database is the province's own, --approve is not understood, and names are opened by two", async () => {
      const caseNumber = await newCase();
      const args = ["entries", "--ndjson", "--open", "--case", caseNumber, "--reason", "x"];

      await expect(runAs("local:an", [...args, "--approve"], false)).rejects.toThrow(AdminUsage);
      const asked = await runAs("local:an", args, false);
      const [request] = await waitingOf(caseNumber);
      await second("trace", "request", "grant", String(request?.["request"]), "--note", "x");
      const opened = await runAs("local:an", args, false);

      expect(asked).toMatchObject({ code: 1, lines: [] });
      expect(asked.err).not.toContain("--approve");
      expect(request).toMatchObject({ question: { kind: "entries" }, persons: 52 });
      expect(opened.code).toBe(0);
      expect(opened.lines).toHaveLength(52);
    });
  });
});
