import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setPublicUrl } from "#server/registry/public-url.ts";
import { readCodes } from "#print/decode-back.ts";
import { bearer, newOfficer } from "../access/support.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";

const PHONE = "0900000123";
const form = {
  name: "Quán <Mẫu> & Con",
  type: "restaurant",
  address: "Số 1, đường Mẫu",
  commune: "25459",
  opening_hours: "T2-CN 06:00-22:00",
  owner_name: "Nguyễn Văn Mẫu",
  owner_phone: PHONE,
};

describe("a place that registers itself", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    await setPublicUrl(province.pool, "https://tinh.example.invalid");
  });
  afterAll(() => province.stop());

  type Answer = { readonly status: number; readonly body: string; readonly retryAfter: unknown };

  async function send(
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
    from = "203.0.113.7",
  ): Promise<Answer> {
    const response = await province.app.inject({
      method: "POST",
      url: "/dang-ky-co-so",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-forwarded-for": from,
        ...headers,
      },
      payload: new URLSearchParams(fields).toString(),
    });
    const { statusCode: status, body } = response;
    return { status, body, retryAfter: response.headers["retry-after"] };
  }

  async function get(url: string, token?: string) {
    return province.app.inject({ url, headers: token === undefined ? {} : bearer(token) });
  }

  async function post(url: string, token: string, body: object) {
    return province.app.inject({
      method: "POST",
      url,
      headers: { ...bearer(token), "content-type": "application/json" },
      payload: JSON.stringify(body),
    });
  }

  function ownerPath(page: Answer): string {
    const path = /href="(\/chu-co-so\/[^"]+)"/.exec(page.body)?.[1];
    if (path === undefined) throw new Error("the page has no link for the owner");
    return path;
  }

  async function placeNamed(name: string): Promise<string> {
    const found = await province.pool.query<{ place: string }>(
      "SELECT place FROM places WHERE name = $1",
      [name],
    );
    return found.rows[0]?.place ?? "";
  }

  const communeAdmin = (name: string, commune: string) =>
    newOfficer(province, name, [{ role: "admin", scope: { kind: "commune", commune } }]);

  test("finds a form with every commune and no script", async () => {
    const page = await get("/dang-ky-co-so");

    expect(page.statusCode).toBe(200);
    expect(page.body.match(/<option value="[0-9]{5}"/g)).toHaveLength(96);
    expect(page.body).not.toContain("<script");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test("waits, is approved by its commune's officer alone, and then gets its poster and counts", async () => {
    const owner = ownerPath(await send(form));
    const place = await placeNamed(form.name);
    const [here, elsewhere] = [
      await communeAdmin("xa-nay", "25459"),
      await communeAdmin("xa-kia", "25480"),
    ];

    expect((await get(owner)).body).toContain("Đang chờ");
    expect((await get(`${owner}/pdf-a4`)).statusCode).toBe(404);
    expect((await post(`/v1/officers/places/${place}/approve`, elsewhere, {})).statusCode).toBe(
      404,
    );
    expect((await post(`/v1/officers/places/${place}/approve`, here, {})).statusCode).toBe(200);
    const rejected = await post(`/v1/officers/places/${place}/reject`, here, { note: "nhầm" });
    expect(rejected.json()).toMatchObject({ code: "place-decided" });

    const page = await get(owner);
    expect(page.body).toContain("Đã được duyệt");
    expect(page.body).toContain("Quán &lt;Mẫu&gt; &amp; Con");
    const png = await get(`${owner}/png`);
    const [code] = await readCodes(png.rawPayload, ["QRCode"]);
    expect(Buffer.from(code!.bytes).toString()).toMatch(
      /^https:\/\/tinh\.example\.invalid\/c\/[0-9]{9}$/,
    );
    const audited = await province.pool.query(
      "SELECT FROM audit WHERE record->>'action' = 'place-approved' AND record->>'actor' = 'xa-nay'",
    );
    expect(audited.rowCount).toBe(1);
  });

  test("made before places had digits gets them with its first poster", async () => {
    const admin = await communeAdmin("xa-cu", "25459");
    await send({ ...form, name: "Đình Cũ" });
    const place = await placeNamed("Đình Cũ");
    await post(`/v1/officers/places/${place}/approve`, admin, {});
    await province.pool.query("UPDATE places SET short_code = NULL WHERE place = $1", [place]);

    const png = await get(`/v1/officers/places/${place}/poster/png`, admin);

    const [code] = await readCodes(png.rawPayload, ["QRCode"]);
    expect(Buffer.from(code!.bytes).toString()).toMatch(/\/c\/[0-9]{9}$/);
  });

  test("sees its own entries counted by local day, and nobody else's", async () => {
    const owner = ownerPath(await send({ ...form, name: "Chợ Đếm" }));
    const station = await newStation(province);
    const lateEvening = Date.UTC(2026, 10, 23, 16, 59);
    const events = [
      station.event({ wall_ms: lateEvening, offset_ms: 0, direction: "in" }),
      station.event({ wall_ms: lateEvening + 120_000, offset_ms: 0, direction: "out" }),
      station.event({ wall_ms: lateEvening + 180_000, offset_ms: 0, direction: "in" }),
    ];
    await station.send(events);
    const other = await get(owner);
    await province.pool.query("UPDATE events SET place = $1", [await placeNamed("Chợ Đếm")]);

    const own = await get(owner);

    expect(other.body).toContain("Chưa có lượt nào");
    const rows = own.body.replaceAll(/\s+/g, "");
    expect(rows).toContain('<thscope="row">24/11/2026</th><td>1</td><td>1</td>');
    expect(rows).toContain('<thscope="row">23/11/2026</th><td>1</td><td>0</td>');
  });

  test("keeps what was typed and names each fault beside its field", async () => {
    const page = await send({
      ...form,
      name: "",
      owner_phone: "12",
      commune: "99999",
      address: '"><b>',
    });

    expect(page.status).toBe(422);
    for (const field of ["name", "owner_phone", "commune"]) {
      expect(page.body).toContain(`id="${field}-fault"`);
    }
    expect(page.body).not.toContain('id="address-fault"');
    expect(page.body).toContain('value="&quot;&gt;&lt;b&gt;"');
    expect(await placeNamed("")).toBe("");
  });

  test("is not registered twice, and not by programs or from other sites", async () => {
    await send({ ...form, name: "Một Lần" });

    expect((await send({ ...form, name: "Một Lần" })).status).toBe(409);
    expect((await send({ ...form, name: "Máy", website: "x" })).status).toBe(400);
    expect((await send({ ...form, name: "Lạ" }, { "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    );
    expect((await send(form, { "content-type": "text/plain" })).status).toBe(415);
    expect(await placeNamed("Máy")).toBe("");
    expect(await placeNamed("Lạ")).toBe("");
  });

  test("registers through JSON as well, with faults by field", async () => {
    const register = (body: object) =>
      province.app.inject({
        method: "POST",
        url: "/v1/public/places",
        headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.8" },
        payload: JSON.stringify(body),
      });

    const made = await register({ ...form, name: "Qua JSON" });
    const faulty = await register({ ...form, name: "Qua JSON 2", type: "x", owner_name: "" });

    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ state: "pending", place: await placeNamed("Qua JSON") });
    expect(faulty.json()).toMatchObject({
      code: "fields-invalid",
      errors: [
        { field: "owner_name", reason: "missing" },
        { field: "type", reason: "malformed" },
      ],
    });
    expect((await register({ ...form, name: "Qua JSON" })).json()).toMatchObject({
      code: "place-known",
    });
  });

  test("from one address at most 60 an hour are taken", async () => {
    const answers: Answer[] = [];
    for (let count = 0; count <= 60; count += 1) {
      answers.push(await send({ ...form, name: "" }, {}, "203.0.113.99"));
    }

    expect(answers.slice(0, 60).every(({ status }) => status === 422)).toBe(true);
    expect(answers[60]).toMatchObject({ status: 429, retryAfter: "3600" });
    expect((await send({ ...form, name: "" }, {}, "203.0.113.98")).status).toBe(422);
  });

  test("an officer's list holds exactly the own communes and places, page by page", async () => {
    const here = await communeAdmin("ds-nay", "25459");
    const other = await communeAdmin("ds-kia", "25480");
    const name = "Ở xã kia";
    await send({ ...form, name, commune: "25480" });
    const id = await placeNamed(name);
    const owner = await newOfficer(province, "chu", [
      { role: "place-owner", scope: { kind: "place", place: id } },
    ]);
    const namesFor = async (token: string) => {
      const names: string[] = [];
      for (let after = ""; ;) {
        const page = (await get(`/v1/officers/places?limit=2${after}`, token)).json<{
          places: { name: string }[];
          next: string | null;
        }>();
        names.push(...page.places.map((place) => place.name));
        if (page.next === null) return names;
        after = `&after=${page.next}`;
      }
    };

    expect(await namesFor(other)).toEqual([name]);
    expect(await namesFor(owner)).toEqual([name]);
    expect(await namesFor(here)).not.toContain(name);
    expect((await namesFor(here)).length).toBeGreaterThan(2);
    expect((await get(`/v1/officers/places/${id}`, here)).statusCode).toBe(404);
    expect((await get(`/v1/officers/places/${id}`, other)).json()).toMatchObject({
      owner_phone: PHONE,
    });
    expect((await get(`/v1/officers/places/${id}`, owner)).json()).not.toHaveProperty(
      "owner_phone",
    );
    expect((await get("/v1/officers/unknown-codes", here)).statusCode).toBe(403);
  });

  test("an officer adopts an old code for a place, and not another place's", async () => {
    const admin = await newOfficer(province, "tinh", [
      { role: "admin", scope: { kind: "province" } },
    ]);
    const [first, second] = [await placeNamed("Một Lần"), await placeNamed("Chợ Đếm")];

    const made = await post(`/v1/officers/places/${first}/codes`, admin, { code: "OLD 7" });
    const again = await post(`/v1/officers/places/${second}/codes`, admin, { code: "OLD 7" });

    expect(made.json()).toEqual({ place: first, code: "OLD 7", new: true });
    expect(again.json()).toMatchObject({ code: "place-code-taken" });
  });

  test("no name, telephone or secret link is in the log", () => {
    expect(province.logged()).toContain("/chu-co-so/:token");
    for (const secret of [PHONE, "Mẫu", "tramqr_"]) expect(province.logged()).not.toContain(secret);
  });
});
