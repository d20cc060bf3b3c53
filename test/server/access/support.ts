import { issueKey } from "#server/access/keys.ts";
import { addOfficer, giveRole } from "#server/access/officers.ts";
import type { Grant } from "#server/access/rights.ts";
import type { TestProvince } from "../support/province.ts";

/** A new officer with these roles and a token that is good for a day. */
export async function newOfficer(
  province: TestProvince,
  officer: string,
  grants: readonly Grant[],
): Promise<string> {
  const nowMs = province.clock.nowMs();
  await addOfficer(province.pool, { officer, name: "Cán bộ Mẫu", kind: "person" }, nowMs);
  for (const grant of grants) await giveRole(province.pool, officer, grant, nowMs);
  const key = { officer, label: "test", validDays: 1 };
  const { token } = await issueKey(province.pool, key, province.random, nowMs);
  return token;
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The scope that reaches everything. */
export const wholeProvince = { kind: "province" } as const;
