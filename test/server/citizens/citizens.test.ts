import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Value } from "typebox/value";
import {
  CheckInAnswer,
  DeclarationAnswer,
  FeedbackAnswer,
  PersonalCodeAnswer,
} from "#contract/public.ts";
import { Problem } from "#contract/wire.ts";
import { mod11CheckDigit } from "#core/check-digits.ts";
import { recognize } from "#core/recognize.ts";
import { createPersonalCodeCheck } from "#sealing/personal-code.ts";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import { isTicket } from "#server/citizens/feedback.ts";
import { TOKEN_LIFE_MS } from "#server/citizens/form-token.ts";
import { readEntries } from "#server/admin/entries.ts";
import { publicKeysOf } from "#server/vault/province-keys.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import { ANSWERS, get, newToken, postForm, postJson, problemCode, tokenOf } from "./desk.ts";

/** Of the one registered place. */
const CODE = `12345678${mod11CheckDigit("12345678")}`;
const CHECK_INS = "/v1/public/check-ins";
const CODES = "/v1/public/personal-codes";

describe.each(engines.filter((engine) => engine.isHere))("citizens on $name", (engine) => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engine);
    await province.pool.query(
      "INSERT INTO places (place, name, short_code, made_at_ms) VALUES ('p-mau', 'Nhà văn hóa <Mẫu>', $1, 0)",
      [CODE],
    );
  });
  afterAll(() => province.stop());
  // A new hour: the limits of one test are not another's.
  beforeEach(() => province.clock.advance(3_600_000));

  async function entries() {
    await province.vault.catchUp();
    const pages = [];
    for await (const page of readEntries(province.pool, { withBodies: true })) pages.push(...page);
    return pages;
  }

  test("a self check-in is an entry of the person whose card a station scans, marked as self-declared", async () => {
    const station = await newStation(province);
    await station.send([station.event({}, { ...personOf("079185000001"), name: "X" })]);
    const body = { ...ANSWERS, token: await newToken(province), place_code: CODE };

    const reply = await postJson(province, CHECK_INS, body);

    const answer = Value.Parse(CheckInAnswer, JSON.parse(reply.body));
    expect(answer).toMatchObject({
      result: "stored",
      is_evidence: false,
      place_name: "Nhà văn hóa <Mẫu>",
    });
    const all = await entries();
    const own = all.find(({ line }) => line.document_kind === "self");
    expect(own?.line).toMatchObject({
      station: "self",
      seq: 1,
      place: "p-mau",
      direction: "in",
      flags: ["self-declared"],
      subject: all.find(({ line }) => line.document_kind === "cccd")?.line.subject,
    });
    const opened = createBodyOpener(province.secrets.openingKey, 1).open(
      own!.sealedBody!,
      own!.line.event_id,
    );
    expect(opened).toMatchObject({
      name: "Nguyễn Thị Mẫu",
      birth_date: "1985-03-15",
      phone: "0912345678",
    });
  });

  test("the same form sent again, also at the same moment, is one entry", async () => {
    const before = (await entries()).length;
    const body = { ...ANSWERS, token: await newToken(province), place_code: CODE };

    const replies = await Promise.all([1, 2, 3].map(() => postJson(province, CHECK_INS, body)));

    const results = replies.map(
      (reply) => Value.Parse(CheckInAnswer, JSON.parse(reply.body)).result,
    );
    expect(results.toSorted()).toEqual(["duplicate", "duplicate", "stored"]);
    expect((await entries()).length).toBe(before + 1);
  });

  test("many at once make one unbroken chain", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => newToken(province)));
    const replies = await Promise.all(
      tokens.map((token, index) =>
        postJson(province, CHECK_INS, {
          ...ANSWERS,
          document: `0791850001${String(index).padStart(2, "0")}`,
          token,
          place_code: CODE,
        }),
      ),
    );

    expect(replies.map((reply) => reply.status)).toEqual(Array(20).fill(200));
    const streams = await province.pool.query<{ contiguous_upto: number; head_seq: number }>(
      "SELECT contiguous_upto, head_seq FROM instances WHERE station = 'self'",
    );
    for (const stream of streams.rows) expect(stream.contiguous_upto).toBe(stream.head_seq);
    const incidents = await province.pool.query("SELECT FROM incidents");
    expect(incidents.rowCount).toBe(0);
  });

  test("an unknown place code is kept and flagged; what is no code is not found", async () => {
    const body = { ...ANSWERS, token: await newToken(province), place_code: "99998888" };

    const reply = await postJson(province, CHECK_INS, body);

    expect(reply.status).toBe(200);
    const own = (await entries()).find(({ line }) => line.place === "code-99998888");
    expect(own?.line.flags).toEqual(["self-declared", "unknown-place"]);
    const remembered = await province.pool.query("SELECT code, times FROM unknown_place_codes");
    expect(remembered.rows).toEqual([{ code: "99998888", times: 1 }]);
    expect((await get(province, "/c/abc")).status).toBe(404);
    expect(problemCode(await get(province, "/v1/public/places/abc"))).toBe("404 not-found");
  });

  test("bad answers are named with stable reasons, and nothing is stored", async () => {
    const before = (await entries()).length;
    const token = await newToken(province);
    const body = { ...ANSWERS, name: "", document: "12345", token, place_code: CODE };

    const reply = await postJson(province, CHECK_INS, body);

    expect(problemCode(reply)).toBe("422 fields-invalid");
    expect(Value.Parse(Problem, JSON.parse(reply.body)).errors).toEqual([
      { field: "name", reason: "missing" },
      { field: "document", reason: "not-a-document" },
    ]);
    expect((await entries()).length).toBe(before);
    const corrected = await postJson(province, CHECK_INS, { ...body, ...ANSWERS });
    expect(corrected.status).toBe(200);
  });

  test("other bad requests get their own problem", async () => {
    const good = { ...ANSWERS, token: await newToken(province), place_code: CODE };
    const post = async (body: object, headers = {}) =>
      problemCode(await postJson(province, CHECK_INS, { ...body }, headers));

    expect(await post({ ...good, place_code: "abc" })).toBe("400 request-invalid");
    expect(await post({ ...good, name: 5 })).toBe("400 request-invalid");
    expect(await post({ ...good, token: "x" })).toBe("400 form-token-unknown");
    expect(await post(good, { "content-type": "text/plain" })).toBe("415 media-type-unsupported");
    expect(await post({ ...good, more: "x".repeat(40_000) })).toBe("413 request-too-large");
    province.clock.advance(TOKEN_LIFE_MS + 1);
    expect(await post(good)).toBe("410 form-token-expired");
  });

  test("a page keeps what was typed and names each mistake beside its field", async () => {
    const first = await get(province, `/c/${CODE}`);
    const typed = { ...ANSWERS, document: "12345", name: `"><script>`, token: tokenOf(first.body) };

    const reply = await postForm(province, `/c/${CODE}`, typed);

    expect(first.body).toContain("Nhà văn hóa &lt;Mẫu&gt;");
    expect(reply.status).toBe(422);
    expect(reply.body).toContain("&quot;&gt;&lt;script&gt;");
    expect(reply.body).not.toContain("<script>");
    expect(reply.body).toContain('value="12345"');
    expect(reply.body).toMatch(/id="document-fault"[^>]*>\s*Không nhận ra số giấy tờ/);
    const done = await postForm(province, `/c/${CODE}`, {
      ...ANSWERS,
      token: tokenOf(reply.body),
    });
    expect(done.status).toBe(200);
    expect(done.body).toContain("Đã ghi nhận lượt vào");
  });

  test("a form from another site is shown again instead of being taken", async () => {
    const before = (await entries()).length;
    const token = tokenOf((await get(province, `/c/${CODE}`)).body);
    const send = (headers: Record<string, string>) =>
      postForm(province, `/c/${CODE}`, { ...ANSWERS, token }, headers);

    expect((await send({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await send({ origin: "https://other.example.invalid" })).status).toBe(403);
    expect((await send({ origin: "null" })).status).toBe(403);
    expect((await entries()).length).toBe(before);
    expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await entries()).length).toBe(before + 1);
  });

  test("declarations are kept sealed for 72 hours, under the subject of the person's card", async () => {
    const health = {
      ...ANSWERS,
      token: await newToken(province),
      fever: "yes",
      cough: "no",
      breath: "no",
      contact: "no",
      outbreak: "yes",
      outbreak_where: "Xã Mẫu",
    };

    const reply = await postJson(province, "/v1/public/declarations/health", health);
    await postJson(province, "/v1/public/declarations/health", health);

    const answer = Value.Parse(DeclarationAnswer, JSON.parse(reply.body));
    expect(answer.expires_at_ms - answer.declared_at_ms).toBe(72 * 3_600_000);
    const kept = await province.pool.query<Record<string, Buffer & string>>(
      "SELECT * FROM declarations",
    );
    expect(kept.rows).toHaveLength(1);
    const [row] = kept.rows;
    expect(row!["subject"]).toEqual(subjectOf("cccd:079185000001", province.secrets.subjectKey));
    const opener = createBodyOpener(province.secrets.openingKey, 1);
    expect(opener.open(row!["sealed_body"]!, row!["declaration"]!)).toMatchObject({
      name: "Nguyễn Thị Mẫu",
      answers: { fever: "yes", cough: "no", outbreak_where: "Xã Mẫu" },
    });
  });

  test("a movement declaration asks from where to where", async () => {
    const movement = { ...ANSWERS, token: await newToken(province), transport: "coach", from: "A" };

    const reply = await postJson(province, "/v1/public/declarations/movement", {
      ...movement,
      to: " ",
      departs: "x",
    });

    expect(Value.Parse(Problem, JSON.parse(reply.body)).errors).toEqual([
      { field: "to", reason: "missing" },
    ]);
    const whole = { ...movement, to: "B", departs: "24/11/2026 08:00" };
    expect((await postJson(province, "/v1/public/declarations/movement", whole)).status).toBe(200);
  });

  async function codeOf(change: Record<string, string> = {}): Promise<string> {
    const body = { ...ANSWERS, token: await newToken(province), ...change };
    const reply = await postJson(province, CODES, body);
    return Value.Parse(PersonalCodeAnswer, JSON.parse(reply.body)).code;
  }

  function numberIn(code: string): string {
    const keys = publicKeysOf(province.secrets).personal_code_keys;
    const found = recognize(Buffer.from(code), {
      nowMs: province.clock.nowMs(),
      keepExtras: false,
      hashOpaque: () => "",
      checkPersonalCode: createPersonalCodeCheck(keys),
    });
    if (found.kind !== "recognized") throw new Error(found.kind);
    expect(found.credential.warnings).toEqual([]);
    return found.credential.identity;
  }

  test("a personal code verifies at a station, and its entries are the holder's", async () => {
    const identity = numberIn(await codeOf());
    const station = await newStation(province);

    await station.send([station.event({ document_kind: "tram" }, { ...personOf("x"), identity })]);

    const own = (await entries()).findLast(({ line }) => line.document_kind === "tram");
    const subject = subjectOf("cccd:079185000001", province.secrets.subjectKey);
    expect(own?.line.subject).toBe(subject.toString("hex"));
    const kept = await province.pool.query<{ keyed_as: Buffer }>(
      "SELECT keyed_as FROM event_subjects WHERE event_id = $1",
      [own?.line.event_id],
    );
    expect(kept.rows[0]?.keyed_as).toEqual(subjectOf(identity, province.secrets.subjectKey));
  });

  test("the same claim gets the same code back; another claim gets another, and cannot tell", async () => {
    const first = numberIn(await codeOf());
    const codes = (change: Record<string, string>) => codeOf(change).then(numberIn);

    expect(await codes({ name: "NGUYEN THI MAU", birth_date: "1985-03-15" })).toBe(first);
    const guesses = await Promise.all([
      codes({ birth_date: "16/03/1985" }),
      codes({ name: "Trần Thị Mẫu" }),
      codes({ document: "079185000002" }),
    ]);
    expect(new Set([first, ...guesses]).size).toBe(4);
    const rows = await province.pool.query("SELECT FROM document_links");
    expect(rows.rowCount).toBe(4);
  });

  test("the page of a code shows a QR that is its digits, to print", async () => {
    const token = tokenOf((await get(province, "/ma-ca-nhan")).body);

    const reply = await postForm(province, "/ma-ca-nhan", { ...ANSWERS, token });

    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/<svg[^>]+role="img"/);
    expect(reply.body).toContain("Nguyễn Thị Mẫu");
  });

  test("feedback gets a ticket, the same one when it is sent twice", async () => {
    const body = {
      token: await newToken(province),
      category: "data",
      text: "Xin cảm ơn.",
      consent: "yes",
    };

    const replies = [
      await postJson(province, "/v1/public/feedback", body),
      await postJson(province, "/v1/public/feedback", body),
    ];

    const tickets = replies.map(
      (reply) => Value.Parse(FeedbackAnswer, JSON.parse(reply.body)).ticket,
    );
    expect(isTicket(tickets[0]!)).toBe(true);
    expect(tickets[1]).toBe(tickets[0]);
  });

  test("nothing of a person is in the log, and nothing readable in the database", async () => {
    await postJson(province, CHECK_INS, { ...ANSWERS, token: "x", place_code: CODE });
    const tables = ["events", "declarations", "personal_codes", "feedback", "document_links"];
    const dumps = await Promise.all(
      tables.map((table) => province.pool.query(`SELECT t::text AS row FROM ${table} t`)),
    );

    const stored = JSON.stringify(dumps.map((dump) => dump.rows));
    for (const text of [stored, province.logged()]) {
      expect(text).not.toMatch(/079185|Mẫu\b(?!>)|912345678|Xin cảm ơn/);
      expect(text).not.toContain(Buffer.from("079185000001").toString("hex"));
    }
    expect(province.logged()).toContain('"status":400');
  });
});

describe("limits", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!, {
      citizens: {
        formsPerAddress: 30,
        codesPerAddress: 3,
        feedbackPerAddress: 3,
        formsPerPlace: 8,
        formsPerDocument: 5,
      },
    });
  });
  afterAll(() => province.stop());
  beforeEach(() => province.clock.advance(3_600_000));

  async function send(change: Record<string, string>, address = "192.0.2.1", url = CHECK_INS) {
    const body = { ...ANSWERS, token: await newToken(province), place_code: "11112222", ...change };
    return postJson(province, url, body, { "x-forwarded-for": address });
  }

  async function statuses(count: number, one: (index: number) => Promise<{ status: number }>) {
    const all = [];
    for (let index = 0; index < count; index += 1) all.push((await one(index)).status);
    return all;
  }

  const document = (index: number) => ({ document: `07919500${String(index).padStart(4, "0")}` });

  test("one address, one place, one document and one hour of codes have their limits, with Retry-After", async () => {
    const perDocument = await statuses(6, (index) => send({ place_code: `2222000${index}` }));
    const perPlace = await statuses(9, (index) => send(document(index)));
    const perCode = await statuses(4, (index) =>
      send({ ...document(index + 50), place_code: "44440000" }, "192.0.2.2", CODES),
    );

    expect(perDocument).toEqual([200, 200, 200, 200, 200, 429]);
    expect(perPlace).toEqual([...Array(8).fill(200), 429]);
    expect(perCode).toEqual([200, 200, 200, 429]);
    const refused = await send(document(99), "192.0.2.2", CODES);
    expect(problemCode(refused)).toBe("429 too-many-requests");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(
      (await send({ ...document(99), place_code: "44440000" }, "192.0.2.3", CODES)).status,
    ).toBe(200);
    province.clock.advance(3_600_000);
    expect((await send(document(99), "192.0.2.2", CODES)).status).toBe(200);
  });

  test("one address fills its own minute only, and a page keeps what was typed meanwhile", async () => {
    const flood = await statuses(31, (index) =>
      send({ ...document(index), place_code: `3333${String(index).padStart(4, "0")}` }),
    );

    const page = await postForm(
      province,
      "/c/11112222",
      { ...ANSWERS, token: "x" },
      { "x-forwarded-for": "192.0.2.1" },
    );

    expect(flood.filter((status) => status === 200)).toHaveLength(30);
    expect(page.status).toBe(429);
    expect(page.body).toContain('value="Nguyễn Thị Mẫu"');
    expect(page.headers["retry-after"]).toBeDefined();
    expect((await send(document(77), "192.0.2.9")).status).toBe(200);
  });

  test("a crowd of citizens never keeps a station waiting", async () => {
    const app = province.anotherApp({ maxCitizensInFlight: 0 });

    const page = await app.inject({ method: "GET", url: "/gop-y" });
    const call = await app.inject({ method: "GET", url: "/v1/public/form-token" });
    const hello = await app.inject({ method: "POST", url: "/v1/hello" });

    expect(page.statusCode).toBe(429);
    expect(page.body).toContain("Quá nhiều yêu cầu");
    expect(call.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(hello.statusCode).toBe(401);
  });
});

function personOf(document: string) {
  return {
    identity: `cccd:${document}`,
    document,
    name: "Nguyễn Thị Mẫu",
    birth_date: null,
    sex: null,
    valid_to: null,
  };
}
