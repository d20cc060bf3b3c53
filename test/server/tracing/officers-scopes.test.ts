import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roles } from "#server/access/rights.ts";
import type { Grant, Role, Scope } from "#server/access/rights.ts";
import { officerCalls } from "#server/http/officer-calls.ts";
import { engines } from "../support/province.ts";
import { wholeProvince } from "../access/support.ts";
import { CASES, approver, inCommune, ofCase, openDesk, tracer } from "./desk.ts";
import type { Desk, Json, Reply } from "./desk.ts";

const REQUESTS = "/v1/officers/requests";
const APPROVALS = "/v1/officers/approvals";

/** Endpoints about persons, by what they need: the role, and what a role of one commune or place gets there. */
const expected: Readonly<Record<string, readonly [roles: readonly Role[], narrow: number]>> = {
  [`GET ${CASES}`]: [["tracer", "approver", "auditor"], 200],
  [`POST ${CASES}`]: [["tracer"], 200],
  [`GET ${CASES}/:case`]: [["tracer", "approver", "auditor"], 404],
  [`POST ${CASES}/:case/close`]: [["tracer"], 404],
  [`GET ${CASES}/:case/traces`]: [["tracer", "approver", "auditor"], 404],
  [`POST ${CASES}/:case/traces`]: [["tracer"], 404],
  [`POST ${CASES}/:case/openings`]: [["tracer"], 404],
  [`GET ${REQUESTS}`]: [["tracer"], 200],
  // Of somebody else, so also for the whole province.
  [`GET ${REQUESTS}/:request`]: [["tracer"], 404],
  [`GET ${REQUESTS}/:request/answer`]: [["tracer"], 404],
  [`GET ${APPROVALS}`]: [["approver"], 200],
  [`POST ${APPROVALS}/:request/grant`]: [["approver"], 404],
  [`POST ${APPROVALS}/:request/refuse`]: [["approver"], 404],
  "POST /v1/officers/looks": [["auditor"], 403],
  "GET /v1/officers/audit": [["auditor"], 403],
  "GET /v1/officers/audit/verify": [["auditor"], 403],
};

describe("scopes of officers who trace", () => {
  let desk: Desk;
  let an = "";
  /** Traces and approves in the first commune alone. */
  let xa = "";
  let duyet = "";
  beforeAll(async () => {
    desk = await openDesk(engines[0]!);
    const [first] = desk.communes;
    an = await desk.officer("an", tracer);
    xa = await desk.officer("xa", { role: "tracer", scope: inCommune(first) });
    duyet = await desk.officer("duyet", { role: "approver", scope: inCommune(first) });
  });
  afterAll(() => desk.stop());

  const question = (change: Json): Json => ({ from: "2026-11-24", to: "2026-11-24", ...change });
  const long = { from: "2026-11-01", to: "2026-11-24" };
  const about = (place: string) => question({ kind: "place", place });
  const traces = (number: string) => ofCase(number, "/traces");

  test("every endpoint about persons has a row here, and every row is an endpoint", () => {
    const published = Object.keys(officerCalls).filter((route) =>
      /officers\/(?:cases|requests|approvals|looks|audit)/.test(route),
    );

    expect(Object.keys(expected).toSorted()).toEqual(published.toSorted());
  });

  const scopes: readonly [string, () => Scope][] = [
    ["province", () => wholeProvince],
    ["commune", () => inCommune(desk.communes[0])],
    ["other-commune", () => inCommune(desk.communes[1])],
    ["place", () => ({ kind: "place", place: desk.place })],
  ];
  const who = roles.flatMap((role) => scopes.map(([name, scope]) => ({ role, name, scope })));

  test.each(who)(
    "$role of a $name gets exactly what the table says",
    async ({ role, name, scope }) => {
      const officer = await desk.officer(`${role}-${name}`, { role, scope: scope() });
      const number = await desk.newCase(an);
      const asked = await desk.ask(an, traces(number), question({ kind: "review", ...long }));
      const paths = { case: encodeURIComponent(number), request: String(asked.json["request"]) };

      const seen: Record<string, number> = {};
      for (const route of Object.keys(expected))
        seen[route] = await statusOf(officer, route, paths);

      const wanted = Object.entries(expected).map(([route, [mayEnter, narrow]]) => {
        if (!mayEnter.includes(role)) return [route, 403];
        const isOthers = route.startsWith(`GET ${REQUESTS}/`);
        return [route, name === "province" && !isOthers ? 200 : narrow];
      });
      expect(seen).toEqual({ ...Object.fromEntries(wanted), ...afterwards(role, name) });
    },
  );

  /** The rows are asked in their order: what the first closed or decided, the next finds so. */
  function afterwards(role: Role, name: string): Readonly<Record<string, number>> {
    if (name !== "province") return {};
    if (role === "tracer") {
      return { [`POST ${CASES}/:case/traces`]: 409, [`POST ${CASES}/:case/openings`]: 409 };
    }
    return role === "approver" ? { [`POST ${APPROVALS}/:request/refuse`]: 409 } : {};
  }

  async function statusOf(
    token: string,
    route: string,
    paths: Readonly<Record<"case" | "request", string>>,
  ): Promise<number> {
    const [method, pattern = ""] = route.split(" ");
    const path = pattern.replace(":case", paths.case).replace(":request", paths.request);
    const bodies: Readonly<Record<string, Json>> = {
      [CASES]: { case: `của-${token.slice(-12)}`, basis: "b", reason: "r" },
      [`${CASES}/:case/traces`]: question({ kind: "review" }),
      [`${CASES}/:case/openings`]: { subject: desk.subject(1), reason: "x" },
      "/v1/officers/looks": { subject: desk.subject(1) },
    };
    const body = method === "POST" ? (bodies[pattern] ?? { note: "x" }) : undefined;
    return (await desk.ask(token, path, body)).status;
  }

  describe("a tracer of a commune", () => {
    test("asks about places of that commune, and about nothing and nobody else", async () => {
      const number = await desk.newCase(xa);

      const inside = await desk.ask(xa, traces(number), about(desk.place));
      const refused = [
        await desk.ask(xa, traces(number), about(desk.elsewhere)),
        await desk.ask(xa, traces(number), about("p-nowhere")),
        await desk.ask(xa, traces(number), question({ kind: "review" })),
        await desk.ask(
          xa,
          traces(number),
          question({ kind: "person", subjects: [desk.subject(1)] }),
        ),
      ];

      expect(inside.json["people"]).toHaveLength(45);
      for (const one of refused)
        expect([one.status, one.json["code"]]).toEqual([403, "right-missing"]);
    });

    test("sees the own cases alone, and opens names of the own answers alone", async () => {
      const [own, others] = [await desk.newCase(xa), await desk.newCase(an)];
      const opening = { subject: desk.subject(1), reason: "gọi" };
      // Of the whole province, in a case of the commune's officer.
      await desk.ask(an, traces(own), about(desk.place));

      const listed = await desk.ask(xa, CASES);
      const other = await desk.ask(xa, ofCase(others));
      const before = await desk.ask(xa, ofCase(own, "/openings"), opening);
      await desk.ask(xa, traces(own), about(desk.place));
      const after = await desk.ask(xa, ofCase(own, "/openings"), opening);

      const openers = (listed.json["cases"] as readonly Json[]).map((one) => one["opened_by"]);
      expect(new Set(openers)).toEqual(new Set(["xa"]));
      expect(other.status).toBe(404);
      expect([before.status, before.json["code"]]).toEqual([403, "person-not-named"]);
      expect(after.status).toBe(200);
    });

    test("who no longer traces there does not get what was granted", async () => {
      const scope = inCommune(desk.communes[0]);
      const grant: Grant = { role: "tracer", scope };
      const leaving = await desk.officer("chuyen", grant, {
        ...grant,
        scope: inCommune(desk.communes[1]),
      });
      const number = await desk.newCase(leaving);
      const asked = await desk.ask(leaving, traces(number), { ...about(desk.place), ...long });
      const request = String(asked.json["request"]);
      await desk.ask(duyet, `${APPROVALS}/${request}/grant`, { note: "x" });
      await desk.province.pool.query(
        "DELETE FROM officer_roles WHERE officer = 'chuyen' AND scope_id = $1",
        [desk.communes[0]],
      );

      const answer = await desk.ask(leaving, `${REQUESTS}/${request}/answer`);

      expect([answer.status, answer.json["code"]]).toEqual([403, "right-missing"]);
    });
  });

  describe("an approver of a commune", () => {
    test("sees and decides what is asked about places there, and nothing else", async () => {
      const whole = await desk.officer("duyet-tinh", approver);
      const number = await desk.newCase(an);
      const here = await desk.ask(an, traces(number), { ...about(desk.place), ...long });
      const there = await desk.ask(an, traces(number), { ...about(desk.elsewhere), ...long });
      const person = { kind: "person", subjects: [desk.subject(1)], ...long };
      const everywhere = await desk.ask(an, traces(number), person);
      const ids = [here, there, everywhere].map((one) => String(one.json["request"]));

      const listedBy = async (token: string) => {
        const listed = await desk.ask(token, APPROVALS);
        const all = (listed.json["requests"] as readonly Json[]).map((one) =>
          String(one["request"]),
        );
        return all.filter((one) => ids.includes(one));
      };
      const seen = [await listedBy(duyet), await listedBy(whole)];
      const statuses: number[] = [];
      for (const id of ids) {
        const decided = await desk.ask(duyet, `${APPROVALS}/${id}/grant`, { note: "x" });
        statuses.push(decided.status);
      }

      expect(seen).toEqual([ids.slice(0, 1), ids]);
      expect(statuses).toEqual([200, 404, 404]);
    });

    test("finds what waits page by page", async () => {
      const number = await desk.newCase(an);
      for (const from of ["2026-11-02", "2026-11-03", "2026-11-04"]) {
        await desk.ask(an, traces(number), { ...about(desk.place), ...long, from });
      }
      const found: unknown[] = [];
      let after = "";
      for (;;) {
        const page = await desk.ask(duyet, `${APPROVALS}?limit=2${after}`);
        found.push(
          ...(page.json["requests"] as readonly Json[]).filter((one) => one["case"] === number),
        );
        const { next } = page.json;
        if (typeof next !== "string") break;
        after = `&after=${next}`;
      }

      expect(found).toMatchObject([
        { question: { from: "2026-11-02T00:00:00+07:00" } },
        { question: { from: "2026-11-03T00:00:00+07:00" } },
        { question: { from: "2026-11-04T00:00:00+07:00" } },
      ]);
    });
  });

  test("what officers are told beside persons has the published form, too", async () => {
    const admin = await desk.officer("quan-tri", { role: "admin", scope: wholeProvince });
    const viewer = await desk.officer("xem", { role: "viewer", scope: wholeProvince });
    const place = `/v1/officers/places/${desk.place}`;
    const paths = ["me", "users", "communes", "places", "unknown-codes", "feedback", "fleet"];

    const told: Reply[] = [];
    for (const path of paths) told.push(await desk.ask(admin, `/v1/officers/${path}`));
    told.push(await desk.ask(admin, place), await desk.ask(viewer, place));
    told.push(await desk.ask(admin, `${place}/codes`, { code: "mã cũ" }));

    expect(told.map((one) => one.status)).toEqual(told.map(() => 200));
    expect(told.at(-3)?.json["gates"]).toMatchObject([{ name: "Cổng 1" }]);
    expect(told.at(-2)?.json).not.toHaveProperty("owner_phone");
  });
});
