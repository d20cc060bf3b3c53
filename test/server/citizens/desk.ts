import { Value } from "typebox/value";
import { FormTokenAnswer } from "#contract/public.ts";
import { Problem } from "#contract/wire.ts";
import type { TestProvince } from "../support/province.ts";

/** Answers that every form takes; all made up. */
export const ANSWERS = {
  direction: "in",
  name: "Nguyễn Thị Mẫu",
  document: "079185000001",
  birth_date: "15/03/1985",
  phone: "0912 345 678",
  consent: "yes",
} as const;

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

type Headers = Readonly<Record<string, string>>;

export async function get(province: TestProvince, url: string, headers: Headers = {}) {
  const response = await province.app.inject({ method: "GET", url, headers });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

export async function newToken(province: TestProvince): Promise<string> {
  const reply = await get(province, "/v1/public/form-token");
  return Value.Parse(FormTokenAnswer, JSON.parse(reply.body)).token;
}

export async function postJson(
  province: TestProvince,
  url: string,
  body: Readonly<Record<string, unknown>>,
  headers: Headers = {},
): Promise<Reply> {
  const response = await province.app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...headers },
    payload: JSON.stringify(body),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

/** As a browser sends a form. */
export async function postForm(
  province: TestProvince,
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Headers = {},
): Promise<Reply> {
  const response = await province.app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    payload: new URLSearchParams(fields).toString(),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

/** The hidden token of a page. */
export function tokenOf(page: string): string {
  const token = /name="token"\s+value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error("the page has no token");
  return token;
}

export function problemCode(reply: Reply): string {
  const problem = Value.Parse(Problem, JSON.parse(reply.body));
  return `${reply.status} ${problem.code}`;
}
