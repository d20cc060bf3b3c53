import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { revokeOfficer, takeRole } from "#server/access/officers.ts";
import { findAuditBreak } from "#server/vault/audit.ts";
import { engines } from "../support/province.ts";
import { madeUpPerson } from "../support/station.ts";
import { CASES, DAY_MS, approver, auditor, numbers, ofCase, openDesk, tracer } from "./desk.ts";
import type { Desk, Json, Reply } from "./desk.ts";

describe.each(engines.filter((engine) => engine.isHere))(
  "officers over HTTP on $name",
  (engine) => {
    let desk: Desk;
    let an = "";
    let binh = "";
    beforeAll(async () => {
      desk = await openDesk(engine);
      an = await desk.officer("an", tracer);
      binh = await desk.officer("binh", approver);
    });
    afterAll(() => desk.stop());

    /** Nobody is alone for so many days. */
    function long(person = 1): Json {
      const days = { from: "2026-11-01", to: desk.today() };
      return { kind: "person", subjects: [desk.subject(person)], ...days, reason: "ổ dịch" };
    }
    function short(change: Json = {}): Json {
      const days = { from: "2026-11-24T07:30", to: "2026-11-24T08:30" };
      return { kind: "person", documents: [madeUpPerson(1).document], ...days, ...change };
    }
    const ask = (number: string, question: Json) =>
      desk.ask(an, ofCase(number, "/traces"), question);
    const decide = (token: string, request: Reply, word: "grant" | "refuse") =>
      desk.ask(token, `/v1/officers/approvals/${String(request.json["request"])}/${word}`, {
        note: "đã xem",
      });
    const fetchAnswer = (request: Reply, query = "") =>
      desk.ask(an, `/v1/officers/requests/${String(request.json["request"])}/answer${query}`);

    const openName = (token: string, number: string, person: number) =>
      desk.ask(token, ofCase(number, "/openings"), {
        subject: desk.subject(person),
        reason: "gọi",
      });

    async function openAll(number: string, persons: readonly number[]): Promise<readonly number[]> {
      const statuses: number[] = [];
      for (const person of persons) statuses.push((await openName(an, number, person)).status);
      return statuses;
    }

    async function actionsOf(number: string): Promise<readonly string[]> {
      const found = await desk.province.pool.query<{ line: string }>(
        `SELECT (record->>'actor') || ' ' || (record->>'action') AS line FROM audit
       WHERE record->>'case' = $1 ORDER BY audit_seq`,
        [number],
      );
      return found.rows.map((row) => row.line);
    }

    describe("cases", () => {
      test("are opened once, listed page by page from the newest on, and shown with who asked what", async () => {
        const opened = [await desk.newCase(an), await desk.newCase(an), await desk.newCase(an)];
        const [first = ""] = opened;
        await ask(first, short({ documents: [madeUpPerson(7).document] }));

        const again = await desk.ask(an, CASES, { case: first, basis: "b", reason: "r" });
        const page = await desk.ask(an, `${CASES}?limit=2`);
        const rest = await desk.ask(
          an,
          `${CASES}?limit=2&after=${encodeURIComponent(String(page.json["next"]))}`,
        );
        const shown = await desk.ask(binh, ofCase(first));

        expect([again.status, again.json["code"]]).toEqual([409, "case-known"]);
        const listed = [page, rest].flatMap((one) => one.json["cases"] as readonly Json[]);
        expect(listed.map((one) => one["case"])).toEqual(opened.toReversed());
        expect(rest.json["next"]).toBeNull();
        expect(shown.json["traces"]).toMatchObject([
          { officer: "an", persons: 45, question: { kind: "person", index_persons: 1 } },
        ]);
        expect(shown.bytes.toString("utf8")).not.toContain(desk.subject(7));
      });

      test("answer and open nothing more once they are closed, also what was granted before", async () => {
        const number = await desk.newCase(an);
        await ask(number, short());
        const request = await ask(number, long());
        await decide(binh, request, "grant");

        const closed = await desk.ask(an, ofCase(number, "/close"), { note: "xong" });

        const opening = { subject: desk.subject(2), reason: "x" };
        const refused = [
          await ask(number, short()),
          await fetchAnswer(request),
          await desk.ask(an, ofCase(number, "/openings"), opening),
          await desk.ask(an, ofCase(number, "/close"), { note: "lại" }),
        ];
        expect(closed.json).toMatchObject({ closed_by: "an", closing_note: "xong" });
        for (const one of refused)
          expect([one.status, one.json["code"]]).toEqual([409, "case-closed"]);
      });
    });

    describe("questions", () => {
      test("by a document in the body are answered with what may be missing, and its number is nowhere", async () => {
        const number = await desk.newCase(an);

        const answer = await ask(number, short());

        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({ case: number, officer: "an" });
        expect(answer.json["history"]).toMatchObject([
          { subject: desk.subject(1), place_name: "Chợ Mẫu" },
        ]);
        expect(answer.json["contacts"]).toHaveLength(44);
        expect(answer.json["completeness"]).toMatchObject([{ gate_name: "Cổng 1" }]);
        expect(answer.headers.get("cache-control")).toBe("no-store");
        const { document } = madeUpPerson(1);
        expect(answer.bytes.toString("utf8")).not.toContain(document);
        expect(desk.province.logged()).not.toContain(document);
      });

      test("come as a file with its watermark when a file is asked for", async () => {
        const number = await desk.newCase(an);
        const path = ofCase(number, "/traces");

        const csv = await desk.ask(
          an,
          `${path}?format=csv`,
          short({ subjects: [desk.subject(1)] }),
        );
        const ndjson = await desk.askAs({ accept: "application/x-ndjson, */*" }, an, path, short());
        const xlsx = await desk.ask(an, `${path}?format=xlsx`, short());
        const odd = await desk.ask(an, `${path}?format=pdf`, short());

        expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
        expect(csv.headers.get("content-disposition")).toMatch(
          /^attachment; filename="trace-[0-9a-f]{12}\.csv"$/,
        );
        expect(csv.bytes.toString("utf8")).toContain(`case: ${number},officer: an,`);
        const lines = ndjson.bytes.toString("utf8").trimEnd().split("\n");
        expect(lines.map((line) => (JSON.parse(line) as Json)["case"])).toEqual(
          lines.map(() => number),
        );
        expect(lines.length).toBeGreaterThan(45);
        expect(xlsx.bytes.subarray(0, 2).toString("latin1")).toBe("PK");
        expect(xlsx.headers.get("cache-control")).toBe("no-store");
        expect(odd.json["code"]).toBe("request-invalid");
      });

      test("about a place and about odd cards are answered as well", async () => {
        const number = await desk.newCase(an);
        const days = { from: desk.today(), to: desk.today() };

        const place = await ask(number, { kind: "place", place: desk.elsewhere, ...days });
        const review = await ask(number, { kind: "review", ...days });

        expect(place.json).toMatchObject({ people: [], completeness: [{ place: desk.elsewhere }] });
        expect(review.json["review"]).toEqual([]);
      });

      test.each([
        ["days beyond the case", { from: "2026-10-01", to: "2026-10-02" }, 422, "outside-case"],
        ["a number of no document", { documents: ["12345"] }, 422, "document-unknown"],
        ["nobody", { documents: [] }, 400, "request-invalid"],
        [
          "an end before the beginning",
          { from: "2026-11-24", to: "2026-11-23" },
          400,
          "request-invalid",
        ],
        ["a day that is none", { from: "2026-02-30" }, 400, "request-invalid"],
        ["another degree", { degree: 3 }, 400, "request-invalid"],
      ])("about %s are refused", async (_what, change, status, code) => {
        const number = await desk.newCase(an);

        const refused = await ask(number, short(change));

        expect([refused.status, refused.json["code"]]).toEqual([status, code]);
        expect(refused.bytes.toString("utf8")).not.toContain("12345");
      });
    });

    describe("a second officer", () => {
      test("sees what is asked, without persons; the asker then fetches the answer, for a day, as often as needed", async () => {
        const number = await desk.newCase(an);

        const request = await ask(number, long());
        const waiting = await fetchAnswer(request);
        const listed = await desk.ask(binh, "/v1/officers/approvals");
        const granted = await decide(binh, request, "grant");
        const answers = [
          await fetchAnswer(request),
          await fetchAnswer(request, "?format=xlsx"),
          await ask(number, long()),
        ];
        const { clock } = desk.province;
        const nowMs = clock.nowMs();
        onTestFinished(() => clock.setNow(nowMs));
        clock.setNow(nowMs + DAY_MS);
        const late = await fetchAnswer(request);

        expect([request.status, waiting.status]).toEqual([202, 202]);
        const seen = (listed.json["requests"] as readonly Json[]).find(
          (one) => one["case"] === number,
        );
        expect(seen).toMatchObject({
          asked_by: "an",
          persons: 45,
          days: 24,
          reason: "ổ dịch",
          basis: "Quyết định mẫu",
          question: { kind: "person", index_persons: 1 },
        });
        expect(listed.bytes.toString("utf8")).not.toContain(desk.subject(1));
        expect(granted.json).toMatchObject({
          state: "granted",
          decided_by: "binh",
          note: "đã xem",
        });
        expect(answers.map((one) => one.status)).toEqual([200, 200, 200]);
        expect(answers[0]?.json["contacts"]).toHaveLength(44);
        expect([late.status, late.json["code"]]).toEqual([410, "approval-lapsed"]);
        const once = ["an second-officer-approved", "an traced"];
        expect(await actionsOf(number)).toEqual([
          "an case-opened",
          "an approval-asked",
          "binh approval-granted",
          ...once,
          ...once,
          ...once,
        ]);
      });

      test("is never the one who asked, whatever roles that one has", async () => {
        const both = await desk.officer("ca-hai", tracer, approver);
        const number = await desk.newCase(both);

        const request = await desk.ask(both, ofCase(number, "/traces"), long());
        const own = await decide(both, request, "grant");
        const listed = await desk.ask(both, "/v1/officers/approvals");
        const others = await desk.ask(
          an,
          `/v1/officers/requests/${String(request.json["request"])}`,
        );

        expect([own.status, own.json["code"]]).toEqual([403, "own-request"]);
        const ids = (listed.json["requests"] as readonly Json[]).map((one) => one["request"]);
        expect(ids).not.toContain(request.json["request"]);
        expect(others.status).toBe(404);
        await expect(
          desk.province.pool.query(
            `UPDATE approval_requests SET decision = 'granted', decided_by = asked_by, decided_at_ms = 0, note = ''
           WHERE request = $1`,
            [request.json["request"]],
          ),
        ).rejects.toThrow("check");
      });

      test("is a person, not a key of another system", async () => {
        const machine = await desk.officer("may-tinh", approver);
        await desk.province.pool.query(
          "UPDATE officers SET kind = 'system' WHERE officer = 'may-tinh'",
        );
        const request = await ask(await desk.newCase(an), long());

        const decided = await decide(machine, request, "grant");

        expect([decided.status, decided.json["code"]]).toEqual([403, "right-missing"]);
        expect((await fetchAnswer(request)).status).toBe(202);
      });

      test("decides once, and a refusal is told", async () => {
        const number = await desk.newCase(an);
        const request = await ask(number, long());

        const refused = await decide(binh, request, "refuse");
        const again = await decide(binh, request, "grant");
        const answer = await fetchAnswer(request);

        expect(refused.json["state"]).toBe("refused");
        expect([again.status, again.json["code"]]).toEqual([409, "request-decided"]);
        expect([answer.status, answer.json["code"]]).toEqual([403, "approval-refused"]);
      });

      test.each([
        ["is revoked", (nowMs: number) => revokeOfficer(desk.province.pool, "roi-di", nowMs)],
        ["loses the role", () => takeRole(desk.province.pool, "roi-di", approver)],
      ])("who %s takes the grants along", async (_what, leave) => {
        await desk.province.pool.query(
          "UPDATE officers SET revoked_at_ms = NULL WHERE officer = 'roi-di'",
        );
        const leaving = await desk.officer("roi-di", approver);
        const number = await desk.newCase(an);
        const request = await ask(number, long());
        await decide(leaving, request, "grant");
        const before = await fetchAnswer(request);

        await leave(desk.province.clock.nowMs());
        const after = await fetchAnswer(request);

        expect([before.status, after.status, after.json["code"]]).toEqual([
          200,
          410,
          "approval-lapsed",
        ]);
        expect((await ask(number, long())).status).toBe(202);
      });

      test("agreed to as many persons as there were, and fifty more; beyond that is asked again", async () => {
        const number = await desk.newCase(an);
        const place = "p-crowded";
        await desk.enter(place, numbers(200, 10));
        const question = { kind: "place", place, from: "2026-11-01", to: "2026-11-24" };
        const request = await ask(number, question);
        await decide(binh, request, "grant");

        await desk.enter(place, numbers(300, 50));
        const within = await fetchAnswer(request);
        await desk.enter(place, [400]);
        const beyond = await fetchAnswer(request);

        expect([request.json["persons"], within.status, beyond.status]).toEqual([10, 200, 202]);
        expect(beyond.json).toMatchObject({ state: "waiting", persons: 61 });
      });

      test("what waits for one holds no document's number on the disk", async () => {
        const number = await desk.newCase(an);
        const document = madeUpPerson(3).document ?? "";
        const days = { from: "2026-11-01", to: desk.today() };
        const request = await ask(number, { kind: "person", documents: [document], ...days });

        const kept = await desk.province.pool.query<{ text: string }>(
          "SELECT r::text AS text FROM approval_requests r WHERE request = $1",
          [request.json["request"]],
        );

        expect(kept.rows[0]?.text).toContain(desk.subject(3));
        expect(kept.rows[0]?.text).not.toContain(document);
        expect(kept.rows[0]?.text).not.toContain(document.slice(-6));
      });
    });

    describe("names", () => {
      test("are opened of one person whom an answer has named, by person or event, and the opening is audited", async () => {
        const [number, other] = [await desk.newCase(an), await desk.newCase(an)];
        await ask(number, short());
        const path = (ofWhich: string) => ofCase(ofWhich, "/openings");
        const opening = { subject: desk.subject(2), reason: "gọi điện" };

        const opened = await desk.ask(an, path(number), opening);
        const byEvent = await desk.ask(an, path(number), {
          event_id: opened.json["event_id"] as string,
          reason: "gọi lại",
        });
        const unnamed = await desk.ask(an, path(other), opening);

        const { name, document } = madeUpPerson(2);
        expect(opened.json).toMatchObject({ subject: desk.subject(2), name, document });
        expect(byEvent.json).toEqual(opened.json);
        expect([unnamed.status, unnamed.json["code"]]).toEqual([403, "person-not-named"]);
        expect((await actionsOf(number)).slice(-2)).toEqual(["an entry-opened", "an entry-opened"]);
        expect((await actionsOf(other)).at(-1)).toBe("an opening-refused");
      });

      test("beyond the fiftieth of a case need a second officer, who grants the next fifty", async () => {
        const number = await desk.newCase(an);
        await ask(number, short());
        const open = (person: number) =>
          desk.ask(an, ofCase(number, "/openings"), {
            subject: desk.subject(person),
            reason: "gọi",
          });
        await desk.enter(desk.elsewhere, numbers(46, 10));
        const days = { from: desk.today(), to: desk.today() };
        await ask(number, { kind: "place", place: desk.elsewhere, ...days });
        const alone: number[] = [];
        for (let person = 1; person <= 50; person += 1) alone.push((await open(person)).status);

        const asked = await open(51);
        const again = await open(50);
        await decide(binh, asked, "grant");
        const [more, andMore] = [await open(51), await open(52)];

        expect(new Set(alone)).toEqual(new Set([200]));
        expect([asked.status, again.status, more.status, andMore.status]).toEqual([
          202, 200, 200, 200,
        ]);
        expect(asked.json["question"]).toEqual({ kind: "openings", up_to: 100 });
        expect((await actionsOf(number)).slice(-2)).toEqual([
          "an second-officer-approved",
          "an entry-opened",
        ]);
      });

      test("of persons who were opened before in the case need nobody more, whoever asks", async () => {
        const [number, chi] = [await desk.newCase(an), await desk.officer("chi", tracer)];
        await ask(number, short());
        await desk.enter(desk.elsewhere, numbers(46, 10));
        const days = { from: desk.today(), to: desk.today() };
        await ask(number, { kind: "place", place: desk.elsewhere, ...days });
        await openAll(number, numbers(1, 50));
        await decide(binh, await openName(an, number, 51), "grant");
        await openName(an, number, 51);

        const [before, more] = [await openName(chi, number, 1), await openName(chi, number, 52)];

        expect([before.status, more.status]).toEqual([200, 202]);
      });

      test("opened at the same moment are counted one after another", async () => {
        const number = await desk.newCase(an);
        await ask(number, short());
        await desk.enter(desk.elsewhere, numbers(46, 10));
        const days = { from: desk.today(), to: desk.today() };
        await ask(number, { kind: "place", place: desk.elsewhere, ...days });

        await openAll(number, numbers(1, 48));
        const hands = numbers(49, 4).map((person) => openAll(number, [person]));
        const opened = (await Promise.all(hands)).flat();

        expect(opened.filter((status) => status === 200)).toHaveLength(2);
        expect(opened.filter((status) => status === 202)).toHaveLength(2);
      });
    });

    describe("auditors", () => {
      test("tell a citizen who looked, page through the trail, and verify it", async () => {
        const dung = await desk.officer("dung", auditor);
        const number = await desk.newCase(an);
        await ask(number, short());
        await desk.ask(an, ofCase(number, "/openings"), {
          subject: desk.subject(2),
          reason: "gọi",
        });
        const { document } = madeUpPerson(2);

        const looks = await desk.ask(dung, "/v1/officers/looks", { document });
        const nobody = await desk.ask(dung, "/v1/officers/looks", { document: "x" });
        const page = await desk.ask(dung, "/v1/officers/audit?limit=5");
        const next = await desk.ask(
          dung,
          `/v1/officers/audit?limit=5&after=${String(page.json["next"])}`,
        );
        const verdict = await desk.ask(dung, "/v1/officers/audit/verify");

        const found = (looks.json["looks"] as readonly Json[]).filter(
          (look) => look["case"] === number,
        );
        expect(new Set(found.map((look) => look["kind"]))).toEqual(new Set(["opened", "traced"]));
        expect(found).toHaveLength(2);
        expect(found[0]).toMatchObject({ officer: "an", basis: "Quyết định mẫu" });
        expect([nobody.status, nobody.json["code"]]).toEqual([422, "document-unknown"]);
        const seqs = [page, next].flatMap((one) => one.json["records"] as readonly Json[]);
        expect(seqs.map((one) => one["seq"])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        expect(verdict.json).toMatchObject({ sound: true, first_broken: null, first_row: 1 });
        expect(await findAuditBreak(desk.province.pool)).toBeNull();
        const trail = await desk.province.pool.query<{ text: string }>(
          "SELECT string_agg(record::text, '') AS text FROM audit",
        );
        expect(trail.rows[0]?.text).not.toContain(document);
      });
    });

    describe("limits", () => {
      test("an officer who asks too often waits, and nobody else does", async () => {
        const [number, chi] = [await desk.newCase(an), await desk.officer("chi", tracer)];
        const app = desk.province.anotherApp({ questionsPerMinute: 2 });
        const url = ofCase(number, "/traces");
        const askOnce = (token: string) =>
          app.inject({
            method: "POST",
            url,
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            payload: JSON.stringify(short()),
          });

        const statuses = [
          await askOnce(an),
          await askOnce(an),
          await askOnce(an),
          await askOnce(chi),
        ];

        expect(statuses.map((one) => one.statusCode)).toEqual([200, 200, 429, 200]);
        expect(Number(statuses[2]?.headers["retry-after"])).toBeGreaterThan(0);
        expect(statuses[2]?.json()).toMatchObject({ code: "too-many-requests" });
      });

      test("a server that answers as many questions as it may says so", async () => {
        const number = await desk.newCase(an);

        const busy = await desk.askOther(
          { maxQuestions: 0 },
          an,
          ofCase(number, "/traces"),
          short(),
        );

        expect([busy.status, busy.json["code"]]).toEqual([429, "too-many-requests"]);
      });

      test("a question that takes too long is cut, and nothing of it is recorded", async () => {
        const number = await desk.newCase(an);
        await ask(number, short());
        const before = await actionsOf(number);
        const blocker = await desk.province.pool.connect();
        await blocker.query("BEGIN; LOCK TABLE visits");

        const cut = await desk.askOther(
          { questionMs: 200 },
          an,
          ofCase(number, "/traces"),
          short(),
        );
        await blocker.query("ROLLBACK");
        blocker.release();

        expect([cut.status, cut.json["code"]]).toEqual([503, "question-too-long"]);
        expect(Number(cut.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(await actionsOf(number)).toEqual(before);
        expect((await ask(number, short())).status).toBe(200);
      });
    });
  },
);
