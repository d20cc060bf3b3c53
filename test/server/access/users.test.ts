import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import { findAuditBreak } from "#server/vault/audit.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { bearer } from "./support.ts";

type Line = Readonly<Record<string, unknown>>;
type Said = { readonly code: number; readonly lines: readonly Line[]; readonly err: string };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe("users and their keys", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  async function run(...args: string[]): Promise<Said> {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      write: (line: string) => void out.push(line),
      error: (line: string) => void err.push(line),
    };
    const code = await runAndExplain(province, args, { actor: "local:test", io });
    return { code, lines: out.map((line) => JSON.parse(line) as Line), err: err.join("\n") };
  }

  async function me(token: string): Promise<Line & { readonly status: number }> {
    const headers = bearer(token);
    const response = await province.app.inject({ url: "/v1/officers/me", headers });
    return { ...response.json<Line>(), status: response.statusCode };
  }

  async function keyOf(user: string, ...more: string[]): Promise<string> {
    const said = await run("key", "issue", user, ...more);
    return String(said.lines[0]?.["token"]);
  }

  async function keysOf(user: string): Promise<readonly Line[]> {
    return (await run("key", "list")).lines.filter((line) => line["user"] === user);
  }

  test("a new user with a key is let in with exactly the roles that were given", async () => {
    const { place } = province.place;
    await run("user", "add", "le.thi.mau", "--name", "Lê Thị Mẫu", "--role", "viewer");
    await run("user", "add", "le.thi.mau", "--role", "place-owner", "--place", place);
    const token = await keyOf("le.thi.mau");

    const answered = await me(token);

    expect(answered).toEqual({
      status: 200,
      user: "le.thi.mau",
      name: "Lê Thị Mẫu",
      roles: [
        { role: "place-owner", scope: "place", place },
        { role: "viewer", scope: "province" },
      ],
      rights: ["self.read", "places.read", "counts.read", "feedback.read"],
    });
  });

  test("a role that is taken away is gone with the next request", async () => {
    await run("user", "add", "ra-di", "--name", "Ra Đi", "--role", "admin");
    const token = await keyOf("ra-di");
    const before = await me(token);

    const said = await run("user", "revoke", "ra-di", "--role", "admin");

    expect(before.status).toBe(200);
    expect(said.lines[0]).toMatchObject({ taken: { role: "admin", scope: "province" } });
    expect((await me(token)).status).toBe(403);
    expect((await run("user", "revoke", "ra-di", "--role", "admin")).code).toBe(1);
  });

  test("a revoked user is out with every key, and gets no new one", async () => {
    await run("user", "add", "nghi-viec", "--name", "Nghỉ Việc", "--role", "fleet");
    const tokens = [await keyOf("nghi-viec"), await keyOf("nghi-viec")];

    await run("user", "revoke", "nghi-viec");

    for (const token of tokens) expect((await me(token)).status).toBe(401);
    const refused = await run("key", "issue", "nghi-viec");
    expect(refused).toMatchObject({ code: 1, err: "There is no active user nghi-viec." });
    const again = await run("user", "add", "nghi-viec", "--name", "X", "--role", "fleet");
    expect(again.code).toBe(1);
  });

  test("a revoked key is out, the user's other key is not", async () => {
    await run("user", "add", "hai-khoa", "--name", "Hai Khoá", "--role", "viewer");
    const lost = await run("key", "issue", "hai-khoa", "--label", "máy tính đã mất");
    const kept = await keyOf("hai-khoa");

    await run("key", "revoke", String(lost.lines[0]?.["key"]));

    expect((await me(String(lost.lines[0]?.["token"]))).status).toBe(401);
    expect((await me(kept)).status).toBe(200);
    expect((await run("key", "revoke", "k-nothing")).code).toBe(1);
  });

  test("a key ends on its day, and is noted as used to the minute", async () => {
    await run("user", "add", "het-han", "--name", "Hết Hạn", "--role", "viewer");
    const token = await keyOf("het-han", "--days", "1");
    const issuedAtMs = province.clock.nowMs();

    await me(token);
    province.clock.advance(MINUTE_MS - 1);
    await me(token);
    const [early] = await keysOf("het-han");
    province.clock.advance(1);
    await me(token);
    const [later] = await keysOf("het-han");
    province.clock.advance(DAY_MS - MINUTE_MS);

    expect(early?.["last_used_at"]).toBe(new Date(issuedAtMs).toISOString());
    expect(later?.["last_used_at"]).toBe(new Date(issuedAtMs + MINUTE_MS).toISOString());
    expect(await me(token)).toMatchObject({ status: 401, code: "token-invalid" });
  });

  test("no token is kept, listed or logged", async () => {
    await run("user", "add", "bi-mat", "--name", "Bí Mật", "--role", "viewer");
    const token = await keyOf("bi-mat");
    await me(token);
    await me(`${token.slice(0, -1)}_`);

    const secret = token.slice("tramqr_".length, -1);
    const rows = await province.pool.query<{ all: string }>(
      `SELECT (SELECT string_agg(k::text, ' ') FROM access_keys k)
             || (SELECT string_agg(record::text, ' ') FROM audit) AS all`,
    );
    const kept = rows.rows[0]?.all ?? "";
    expect(kept).toContain("bi-mat");
    expect(kept).not.toContain(Buffer.from(secret, "utf8").toString("hex"));
    const listed = JSON.stringify(await run("key", "list"));
    for (const text of [kept, listed, province.logged()]) expect(text).not.toContain(secret);
  });

  test("a command that makes no sense is refused in words, and changes nothing", async () => {
    const count = async () => (await run("user", "list")).lines.length;
    const before = await count();
    const add = (...args: string[]) => ["user", "add", ...args];
    const refusals: readonly (readonly [args: readonly string[], words: RegExp])[] = [
      [add("Chữ-Hoa", "--name", "X", "--role", "viewer"), /small letters/],
      [add("ai-do", "--name", "X", "--role", "king"), /one of viewer/],
      [add("ai-do", "--role", "viewer"), /no active user ai-do/],
      [add("ai-do", "--name", "X", "--role", "place-owner"), /owns a place/],
      [add("ai-do", "--name", "X", "--role", "viewer", "--place", "p-none"), /no place p-none/],
      [add("--name", "X", "--role", "viewer"), /signs in/],
      [["user", "revoke", "ai-do"], /no user ai-do/],
      [["key", "issue", "ai-do", "--days", "367"], /1 to 366/],
      [["key", "issue", "ai-do", "--days", "0"], /1 to 366/],
    ];

    for (const [args, words] of refusals) {
      const said = await run(...args);
      expect(said.err, args.join(" ")).toMatch(words);
      expect(said.code).not.toBe(0);
    }
    expect(await count()).toBe(before);
  });

  test("everything that was given and taken stands in the audit trail", async () => {
    await run("user", "add", "so-sach", "--name", "Sổ Sách", "--role", "auditor");
    const key = await run("key", "issue", "so-sach");
    await run("key", "revoke", String(key.lines[0]?.["key"]));
    await run("user", "revoke", "so-sach", "--role", "auditor");
    await run("user", "revoke", "so-sach");

    const rows = await province.pool.query<{ action: string }>(
      `SELECT record->>'action' AS action FROM audit
         WHERE record->>'target' IN ('so-sach', $1) ORDER BY audit_seq`,
      [key.lines[0]?.["key"]],
    );
    expect(rows.rows.map(({ action }) => action)).toEqual([
      "officer-added",
      "role-given",
      "key-issued",
      "key-revoked",
      "role-taken",
      "officer-revoked",
    ]);
    expect(await findAuditBreak(province.pool)).toBeNull();
  });
});
