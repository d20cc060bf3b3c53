import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UnguardedRoute, requireRight } from "#server/access/require-right.ts";
import { roles } from "#server/access/rights.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { matrix } from "./matrix.ts";
import { bearer, newOfficer, wholeProvince } from "./support.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];

function methodOf(route: string): Method {
  const method = METHODS.find((one) => route.startsWith(`${one} `));
  if (method === undefined) throw new Error(`no method in ${route}`);
  return method;
}

describe("roles and endpoints", () => {
  let province: TestProvince;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    for (const role of roles) {
      tokens.set(role, await newOfficer(province, `is-${role}`, [{ role, scope: wholeProvince }]));
    }
    tokens.set("no role", await newOfficer(province, "is-nobody", []));
  });
  afterAll(() => province.stop());

  async function statusOf(route: string, token: string | null): Promise<string> {
    const [, path = ""] = route.split(" ");
    const response = await province.app.inject({
      method: methodOf(route),
      url: path.replaceAll(/:[a-zA-Z]+/g, "x").replaceAll("*", "x"),
      headers: token === null ? {} : bearer(token),
    });
    if (response.statusCode !== 401 && response.statusCode !== 403) return "in";
    const body: { readonly code: string } = response.json();
    return `${response.statusCode} ${body.code}`;
  }

  function routes(): readonly string[] {
    const all = province.app.guardedRoutes.map(({ route }) => route);
    // Fastify makes a HEAD beside every GET, with the same guard.
    return all.filter((route) => !route.startsWith("HEAD ")).toSorted();
  }

  test("every guarded route has a row in the matrix, and every row is a route", () => {
    expect(routes().length).toBeGreaterThan(0);
    expect(Object.keys(matrix).toSorted()).toEqual(routes());
  });

  test("every cell of roles and routes is as the matrix says", async () => {
    const seen: Record<string, readonly string[]> = {};
    for (const route of routes()) {
      const entered: string[] = [];
      for (const [who, token] of tokens) {
        const status = await statusOf(route, token);
        expect(["in", "403 right-missing"], `${who}: ${route}`).toContain(status);
        if (status === "in") entered.push(who);
      }
      seen[route] = entered.toSorted();
    }

    const wanted = Object.entries(matrix).map(([route, who]) => [route, who.toSorted()]);
    expect(seen).toEqual(Object.fromEntries(wanted));
  });

  test("nobody enters any of them without a token that is good now", async () => {
    const nowMs = province.clock.nowMs();
    const admin = { role: "admin", scope: wholeProvince } as const;
    const revokedKey = await newOfficer(province, "has-lost-key", [admin]);
    const revokedOfficer = await newOfficer(province, "has-left", [admin]);
    const outOfDate = await newOfficer(province, "is-out-of-date", [admin]);
    const set = (sql: string) => province.pool.query(sql, [nowMs]);
    await set("UPDATE access_keys SET revoked_at_ms = $1 WHERE officer = 'has-lost-key'");
    await set("UPDATE officers SET revoked_at_ms = $1 WHERE officer = 'has-left'");
    await set("UPDATE access_keys SET expires_at_ms = $1 WHERE officer = 'is-out-of-date'");
    const unknown = `tramqr_${"A".repeat(43)}`;

    for (const route of routes()) {
      expect(await statusOf(route, null), route).toBe("401 token-missing");
      for (const token of [revokedKey, revokedOfficer, outOfDate, unknown, "x", ""]) {
        expect(await statusOf(route, token), route).toBe("401 token-invalid");
      }
    }
  });

  test("a route for officers that asks for no right cannot be made", () => {
    const app = province.anotherApp();

    expect(() => app.get("/v1/officers/open", () => "open")).toThrow(UnguardedRoute);
    expect(() => app.get("/v1/officers/shut", requireRight("audit.read"), () => "")).not.toThrow();
  });
});
