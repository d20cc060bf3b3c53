import { Value } from "typebox/value";
import { localDay } from "#core/dates.ts";
import { issueKey } from "#server/access/keys.ts";
import type { Grant, Scope } from "#server/access/rights.ts";
import { officerCalls, officerSchemas } from "#server/http/officer-calls.ts";
import type { ServerLimits } from "#server/http/parts.ts";
import { ensureGate } from "#server/stations/places.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { bearer, newOfficer, wholeProvince } from "../access/support.ts";
import { startTestProvince } from "../support/province.ts";
import type { Engine, TestProvince } from "../support/province.ts";
import { madeUpPerson, newStation } from "../support/station.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A whole answer over real HTTP. */
export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly json: Json;
};

export const CASES = "/v1/officers/cases";
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const ROOMY = { questionsPerMinute: 100_000 };

/** A province that listens, with two places in two communes, people in the first, and officers of several kinds. */
export type Desk = {
  readonly province: TestProvince;
  /** In the first commune, with entries of persons 1 to 45. */
  readonly place: string;
  readonly elsewhere: string;
  readonly communes: readonly [string, string];
  /** The token of an officer of that name, made when it is first asked for. */
  officer(name: string, ...grants: readonly Grant[]): Promise<string>;
  /** `POST /v1/officers/…` with a body, `GET` without. An answer is checked against its published schema. */
  ask(token: string, path: string, body?: Json): Promise<Reply>;
  /** The same from another process of the server. */
  askOther(limits: Partial<ServerLimits>, token: string, path: string, body: Json): Promise<Reply>;
  askAs(
    headers: Readonly<Record<string, string>>,
    token: string,
    path: string,
    body: Json,
  ): Promise<Reply>;
  newCase(token: string): Promise<string>;
  subject(person: number): string;
  /** Entries of these persons at a place, an hour before now. */
  enter(place: string, persons: readonly number[]): Promise<void>;
  today(): string;
  stop(): Promise<void>;
};

export async function openDesk(engine: Engine): Promise<Desk> {
  const province = await startTestProvince(engine, ROOMY);
  const { pool, clock, random } = province;
  const { place } = province.place;
  const other = await ensureGate(pool, { place: "Kho Mẫu", gate: "Cổng 1" }, random, clock.nowMs());
  const communes = await settle(province, [place, other.place]);
  const url = await province.app.listen({ host: "127.0.0.1", port: 0 });
  const tokens = new Map<string, string>();
  const station = await newStation(province);
  let cases = 0;

  async function enter(at: string, persons: readonly number[]): Promise<void> {
    const wall_ms = clock.nowMs() - HOUR_MS;
    const events = persons.map((one) => station.event({ wall_ms, place: at }, madeUpPerson(one)));
    await station.send(events);
  }
  await enter(place, numbers(1, 45));

  const desk: Desk = {
    province,
    place,
    elsewhere: other.place,
    communes,
    async officer(name, ...grants) {
      const known = tokens.get(name);
      if (known !== undefined) return known;
      await newOfficer(province, name, grants);
      const key = { officer: name, label: "for days", validDays: 30 };
      const { token } = await issueKey(pool, key, random, clock.nowMs());
      tokens.set(name, token);
      return token;
    },
    ask: (token, path, body) => send(url, bearer(token), path, body),
    askAs: (headers, token, path, body) => send(url, { ...bearer(token), ...headers }, path, body),
    async askOther(limits, token, path, body) {
      const app = province.anotherApp({ ...ROOMY, ...limits });
      const another = await app.listen({ host: "127.0.0.1", port: 0 });
      return send(another, bearer(token), path, body);
    },
    async newCase(token) {
      cases += 1;
      const made = { case: `VV-${cases}/QĐ`, basis: "Quyết định mẫu", reason: "ổ dịch giả định" };
      return String((await desk.ask(token, CASES, made)).json["case"]);
    },
    subject: (person) =>
      subjectOf(madeUpPerson(person).identity, province.secrets.subjectKey).toString("hex"),
    enter,
    today: () => localDay(clock.nowMs()),
    stop: () => province.stop(),
  };
  return desk;
}

/** The path of a case, or of what is below it. */
export function ofCase(number: string, below = ""): string {
  return `${CASES}/${encodeURIComponent(number)}${below}`;
}

/** So many numbers, from the first on. */
export function numbers(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

export function inCommune(commune: string): Scope {
  return { kind: "commune", commune };
}

export const tracer: Grant = { role: "tracer", scope: wholeProvince };
export const approver: Grant = { role: "approver", scope: wholeProvince };
export const auditor: Grant = { role: "auditor", scope: wholeProvince };

async function settle(
  { pool }: TestProvince,
  places: readonly [string, string],
): Promise<readonly [string, string]> {
  const found = await pool.query<{ commune: string }>(
    "SELECT commune FROM communes ORDER BY commune LIMIT 2",
  );
  const [one, two] = found.rows.map((row) => row.commune);
  if (one === undefined || two === undefined) throw new Error("the province has communes");
  await pool.query("UPDATE places SET commune = $2 WHERE place = $1", [places[0], one]);
  await pool.query("UPDATE places SET commune = $2 WHERE place = $1", [places[1], two]);
  return [one, two];
}

async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  path: string,
  body?: Json,
): Promise<Reply> {
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(`${url}${path}`, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const isLines = response.headers.get("content-type")?.includes("ndjson") === true;
  const json = isJson && !isLines ? (JSON.parse(bytes.toString("utf8")) as Json) : {};
  if (isJson && !isLines) requirePublished(method, path, response.status, json);
  return { status: response.status, headers: response.headers, bytes, json };
}

/** Throws when an answer is not of the form that is published for its call. */
function requirePublished(method: string, path: string, status: number, json: Json): void {
  if (status !== 200 && status !== 202) return;
  const known = Object.entries(officerCalls).find(([route]) => isOf(route, method, path))?.[1];
  const name = status === 200 ? known?.answer : known?.accepted;
  const schema = officerSchemas[name ?? ""];
  if (schema === undefined) throw new Error(`no schema for ${status} of ${method} ${path}`);
  const [error] = Value.Errors(schema, json);
  if (error !== undefined) throw new Error(`${path}: ${JSON.stringify(error)}`);
}

function isOf(route: string, method: string, path: string): boolean {
  const pattern = route.replaceAll(/:\w+/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(`${method} ${path.split("?")[0]}`);
}
