import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemCodes } from "#server/http/problems.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { get } from "./desk.ts";

type Operation = {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly requestBody?: object;
  readonly responses: Record<string, { content: object }>;
};
type Document = {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<
      string,
      { properties?: Record<string, unknown>; required?: readonly string[] }
    >;
  };
};

describe("the description of the server's interface", () => {
  let province: TestProvince;
  let document: Document;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    document = JSON.parse((await get(province, "/openapi.json")).body) as Document;
  });
  afterAll(() => province.stop());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test("has every guarded route with its right, and every call that the program answers", () => {
    const listed = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);

    for (const { route, right } of province.app.guardedRoutes) {
      const [method = "", url = ""] = route.split(" ");
      if (method === "HEAD") continue;
      const operation = document.paths[url.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect([route, operation?.security]).toEqual([route, [{ officer: [right] }]]);
    }
    expect(listed).toContain("POST /v1/batches");
    expect(listed).toContain("POST /v1/public/check-ins");
    expect(listed).toContain("GET /v1/public/places/{code}");
    expect(listed).toContain("GET /readyz");
    expect(listed.filter((call) => call.includes("/c/"))).toEqual([]);
  });

  test("names every parameter of a path, an answer and a problem for each call, and nothing that is not there", () => {
    for (const { path, operation } of operations()) {
      const named = (operation.parameters ?? [])
        .filter((one) => one.in === "path")
        .map((one) => one.name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      const answers = Object.keys(operation.responses).filter((status) => status !== "202");
      expect(answers).toEqual(["200", "default"]);
      expect(operation.responses["default"]?.content).toHaveProperty(["application/problem+json"]);
    }
    const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty(reference.split("/").at(-1)!);
    }
  });

  test("says of every officers' call what it is sent and what it answers", () => {
    const officers = operations().filter(({ path }) => path.startsWith("/v1/officers/"));

    expect(officers.length).toBeGreaterThan(25);
    for (const { path, method, operation } of officers) {
      expect(operation.summary, path).not.toContain("For officers with the right");
      expect(operation.requestBody !== undefined, `${method} ${path}`).toBe(method === "post");
      const answer = JSON.stringify(operation.responses["200"]);
      expect(answer, path).toMatch(/#\/components\/schemas\/|image\/png/);
    }
  });

  test("asks in JSON what the form asks", () => {
    const request = document.components.schemas["CheckInRequest"];

    expect(request?.required?.toSorted()).toEqual([
      "consent",
      "direction",
      "document",
      "name",
      "place_code",
      "token",
    ]);
    expect(request?.properties?.["direction"]).toMatchObject({ enum: ["in", "out"] });
  });

  test("is a page for people, without scripts, that lists every call and every refusal", async () => {
    const page = await get(province, "/docs");

    expect(page.status).toBe(200);
    expect(page.body).not.toContain("<script");
    expect(page.body).not.toMatch(/(?:src|href)="https?:/);
    for (const { path } of operations()) expect(page.body).toContain(path);
    for (const code of problemCodes) expect(page.body).toContain(code);
  });
});
