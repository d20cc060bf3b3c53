import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mod11CheckDigit } from "#core/check-digits.ts";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import { runRetention } from "#server/operations/retention.ts";
import { findAuditBreak } from "#server/vault/audit.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { bearer, newOfficer, wholeProvince } from "../access/support.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import { ANSWERS, get, newToken, postJson } from "./desk.ts";

type Line = Readonly<Record<string, unknown>>;

describe("officers", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  async function run(actor: string, ...args: readonly string[]) {
    const lines: string[] = [];
    const errors: string[] = [];
    const io = {
      write: (line: string) => void lines.push(line),
      error: (line: string) => void errors.push(line),
    };
    const code = await runAndExplain(province, args, { actor, io });
    return {
      code,
      lines: lines.map((line) => JSON.parse(line) as Line),
      errors: errors.join("\n"),
    };
  }

  const actions = async () => {
    const rows = await province.pool.query<{ action: string }>(
      "SELECT record->>'action' AS action FROM audit ORDER BY audit_seq",
    );
    return rows.rows.map((row) => row.action);
  };

  test("read the inbox, page by page, and close messages; each look is in the audit trail", async () => {
    for (const text of ["Một", "Hai"]) {
      const body = {
        token: await newToken(province),
        category: "fault",
        text,
        phone: "0912345678",
        consent: "yes",
      };
      await postJson(province, "/v1/public/feedback", body);
    }

    const inbox = await run("local:an", "feedback", "list");
    const ticket = String(inbox.lines[0]?.["ticket"]);
    const rest = await run("local:an", "feedback", "list", "--after", ticket);
    const closed = await run("local:an", "feedback", "close", ticket, "--note", "Đã sửa");

    expect(inbox.lines.map((line) => line["text"])).toEqual(["Một", "Hai"]);
    expect(inbox.lines[0]).toMatchObject({
      category: "fault",
      phone: "0912345678",
      closed_at: null,
    });
    expect(rest.lines.map((line) => line["text"])).toEqual(["Hai"]);
    expect(closed.lines).toEqual([{ ticket, state: "closed" }]);
    expect((await run("local:an", "feedback", "list")).lines).toHaveLength(1);
    expect((await run("local:an", "feedback", "list", "--all")).lines[0]).toMatchObject({
      closed_by: "local:an",
      closing_note: "Đã sửa",
    });
    expect((await run("local:an", "feedback", "close", ticket, "--note", "x")).code).toBe(1);
    const mistyped = `${ticket.slice(0, -1)}${(Number(ticket.at(-1)) + 1) % 10}`;
    expect((await run("local:an", "feedback", "close", mistyped, "--note", "x")).code).toBe(2);
    expect(await actions()).toEqual([
      ...Array(2).fill("feedback-read"),
      "feedback-closed",
      ...Array(2).fill("feedback-read"),
    ]);
  });

  test("see over HTTP, page by page, what their scope holds, and only the province who wrote it", async () => {
    const code = `12345678${mod11CheckDigit("12345678")}`;
    await province.pool.query(
      "INSERT INTO places (place, name, short_code, made_at_ms) VALUES ('p-mau', 'Mẫu', $1, 0)",
      [code],
    );
    for (const place of [code, "99998888", code]) {
      const body = {
        token: await newToken(province),
        category: "place",
        text: `Về ${place}`,
        name: "Trần Mẫu",
        consent: "yes",
      };
      await postJson(province, "/v1/public/feedback", { ...body, place_code: place });
    }
    const admin = bearer(
      await newOfficer(province, "an", [{ role: "admin", scope: wholeProvince }]),
    );
    const owner = bearer(
      await newOfficer(province, "chu", [
        { role: "place-owner", scope: { kind: "place", place: "p-mau" } },
      ]),
    );
    const read = async (headers: Record<string, string>, query = "") =>
      JSON.parse((await get(province, `/v1/officers/feedback${query}`, headers)).body) as {
        messages: Line[];
        next: string | null;
      };

    const all = await read(admin, "?state=all");
    const first = await read(owner, "?limit=1");
    const second = await read(owner, `?limit=1&after=${first.next}`);

    expect(all.messages.filter((line) => line["name"] === "Trần Mẫu")).toHaveLength(3);
    expect([...first.messages, ...second.messages].map((line) => line["text"])).toEqual([
      `Về ${code}`,
      `Về ${code}`,
    ]);
    expect(first.messages[0]).not.toHaveProperty("name");
    expect((await read(owner)).messages).toHaveLength(2);
    const url = `/v1/officers/feedback/${first.next}/close`;
    expect((await postJson(province, url, { note: "Xong" }, owner)).status).toBe(403);
    expect((await postJson(province, url, { note: "Xong" }, admin)).status).toBe(200);
    expect((await postJson(province, url, { note: "Xong" }, admin)).status).toBe(404);
    expect((await get(province, "/v1/officers/feedback?after=1234567", admin)).status).toBe(400);
    expect((await read(owner)).messages).toHaveLength(1);
  });

  test("list declarations without names, and open them for a case alone", async () => {
    const body = {
      ...ANSWERS,
      token: await newToken(province),
      transport: "coach",
      from: "A",
      to: "B",
      departs: "hôm nay",
    };
    await postJson(province, "/v1/public/declarations/movement", body);
    const open = ["declaration", "list", "--open", "--case", "C-1", "--reason", "x"];

    const closed = await run("local:an", "declaration", "list");
    const refused = await run("local:an", ...open);
    await run("local:an", "case", "open", "C-1", "--basis", "Luật", "--reason", "x");
    const opened = await run("local:an", ...open);

    expect(closed.lines[0]).toMatchObject({ kind: "movement", place: null });
    expect(JSON.stringify(closed.lines)).not.toContain("Mẫu");
    expect(refused).toMatchObject({ code: 1, lines: [] });
    expect(opened.lines[0]).toMatchObject({
      name: "Nguyễn Thị Mẫu",
      answers: { from: "A", to: "B" },
    });
    expect((await actions()).at(-1)).toBe("entry-opened");
  });

  test("see only declarations that are still good, and none after retention", async () => {
    province.clock.advance(72 * 3_600_000 + 1);

    expect((await run("local:an", "declaration", "list")).lines).toHaveLength(0);
    expect((await run("local:an", "declaration", "list", "--all")).lines).toHaveLength(1);
    const signed = await runRetention(province, { days: 1, actor: "local:an" });
    expect(signed?.report.deleted).toContainEqual(
      expect.objectContaining({ table: "declarations", rows: 1 }),
    );
    expect((await run("local:an", "declaration", "list", "--all")).lines).toHaveLength(0);
  });

  test("join two documents of one person with two officers, and undo it without a trace in the events", async () => {
    const station = await newStation(province);
    const person = (identity: string) => ({
      identity,
      document: null,
      name: "X",
      birth_date: null,
      sex: null,
      valid_to: null,
    });
    const [bhyt, cccd] = ["bhyt:0123456789", "cccd:079185000001"].map((identity) =>
      subjectOf(identity, province.secrets.subjectKey).toString("hex"),
    );
    const add = [
      "link",
      "add",
      "--subject",
      bhyt!,
      "--same-as",
      cccd!,
      "--reason",
      "Hai thẻ một người",
    ];
    await station.send([
      station.event({}, person("bhyt:0123456789")),
      station.event({}, person("cccd:079185000001")),
    ]);
    const subjects = async () => {
      const entries = await run("local:an", "entries", "--ndjson");
      const named = (line: Line) =>
        line["subject"] === cccd ? "cccd" : line["subject"] === bhyt ? "bhyt" : "?";
      return entries.lines.map(named).toSorted();
    };
    expect(await subjects()).toEqual(["bhyt", "cccd"]);

    const proposed = await run("local:an", ...add);
    const again = await run("local:an", ...add);
    const own = await run("local:an", "link", "approve", bhyt!);
    expect(await subjects()).toEqual(["bhyt", "cccd"]);
    const approved = await run("local:binh", "link", "approve", bhyt!);
    await station.send([station.event({}, person("bhyt:0123456789"))]);

    expect(proposed.lines[0]).toMatchObject({ state: "proposed" });
    expect(again).toMatchObject({
      code: 1,
      errors: "This link waits for approval already: another officer says link approve HEX.",
    });
    expect(own).toMatchObject({
      code: 1,
      errors: "The officer who proposed a link cannot approve it.",
    });
    expect(approved.lines[0]).toMatchObject({ state: "joined", events: 1 });
    expect(await subjects()).toEqual(["cccd", "cccd", "cccd"]);
    expect((await run("local:an", ...add)).code).toBe(1);
    expect((await run("local:an", "link", "list")).lines[0]).toMatchObject({
      made_by: "local:an",
      approved_by: "local:binh",
    });
    expect((await run("local:an", "link", "remove", bhyt!, "--reason", "Nhầm")).code).toBe(0);
    expect(await subjects()).toEqual(["bhyt", "bhyt", "cccd"]);
    expect((await actions()).slice(-3)).toEqual(["link-proposed", "link-approved", "link-removed"]);
    expect(await findAuditBreak(province.pool)).toBeNull();
  });

  test("cannot make chains or circles of links", async () => {
    const [a, b, c] = ["a", "b", "c"].map((sign) => sign.repeat(32));
    const add = (subject: string, sameAs: string) =>
      run(
        "local:an",
        "link",
        "add",
        "--subject",
        subject,
        "--same-as",
        sameAs,
        "--reason",
        "x",
        "--approve",
      );

    expect((await add(a!, b!)).code).toBe(0);
    expect((await add(b!, a!)).errors).toContain("already");
    expect((await add(b!, c!)).errors).toContain("other way round");
    expect((await add(c!, a!)).errors).toContain("already");
    expect((await add(c!, c!)).errors).toContain("same subject");
    expect((await add(c!, b!)).code).toBe(0);
    expect(
      (
        await run(
          "local:an",
          "link",
          "add",
          "--subject",
          "079185000001",
          "--same-as",
          b!,
          "--reason",
          "x",
        )
      ).code,
    ).toBe(2);
  });
});
