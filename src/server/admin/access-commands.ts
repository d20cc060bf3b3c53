import { isoTime } from "#core/dates.ts";
import { assertNever } from "#core/assert.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { AdminUsage } from "#server/admin/context.ts";
import { oneWord } from "#server/admin/flags.ts";
import type { Flags } from "#server/admin/flags.ts";
import { DEFAULT_KEY_DAYS, issueKey, listKeys, revokeKey } from "#server/access/keys.ts";
import {
  addOfficer,
  giveRole,
  listOfficers,
  revokeOfficer,
  takeRole,
} from "#server/access/officers.ts";
import type { NewOfficer } from "#server/access/officers.ts";
import { grantFields, isRole, roles } from "#server/access/rights.ts";
import type { Grant, Scope } from "#server/access/rights.ts";
import { inTransaction } from "#server/database/pool.ts";
import { appendAudit, audited } from "#server/vault/audit.ts";

const LOGIN = "The name that the user signs in with";

/**
 * `user add LOGIN --role ROLE [--name TEXT] [--kind person|system] [--commune ID | --place ID]`: a new user, or one
 * more role for a user that is there. Without a commune or place the role counts in the whole province.
 */
export async function addUserCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const officer = oneWord(flags, LOGIN);
  const grant = grantOf(flags, flags.text("role"));
  const added = newOfficerOf(officer, flags);
  const nowMs = parts.clock.nowMs();
  const isNew = await inTransaction(parts.pool, async (client) => {
    const isAdded = added !== null && (await addOfficer(client, added, nowMs));
    await giveRole(client, officer, grant, nowMs);
    const record = { at_ms: nowMs, actor, target: officer };
    if (isAdded) await appendAudit(client, [{ ...record, action: "officer-added" }]);
    const reason = grantText(grant);
    await appendAudit(client, [{ ...record, action: "role-given", reason }]);
    return isAdded;
  });
  await io.write(JSON.stringify({ user: officer, ...grantFields(grant), new: isNew }));
  return 0;
}

/** `user list`: one JSON object a line, revoked users too. */
export async function listUsersCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const officer of await listOfficers(parts.pool)) {
    const line = {
      user: officer.officer,
      name: officer.name,
      kind: officer.kind,
      roles: officer.grants.map(grantFields),
      made_at: isoTime(officer.madeAtMs),
      revoked_at: isoTime(officer.revokedAtMs),
    };
    await io.write(JSON.stringify(line));
  }
  return 0;
}

/** `user revoke LOGIN [--role ROLE [--commune ID | --place ID]]`: one role, or the user with all keys. */
export async function revokeUserCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const officer = oneWord(flags, LOGIN);
  const role = flags.optionalText("role");
  const grant = role === null ? null : grantOf(flags, role);
  if (grant === null) refuseScope(flags);
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, target: officer };
  const isDone = await audited(
    parts.pool,
    grant === null
      ? { ...record, action: "officer-revoked" }
      : { ...record, action: "role-taken", reason: grantText(grant) },
    (client) =>
      grant === null ? revokeOfficer(client, officer, nowMs) : takeRole(client, officer, grant),
  );
  if (!isDone) {
    await io.error(`There is no user ${officer}${grant === null ? "" : " with that role"}.`);
    return 1;
  }
  const what = grant === null ? { state: "revoked" } : { taken: grantFields(grant) };
  await io.write(JSON.stringify({ user: officer, ...what }));
  return 0;
}

/** `key issue LOGIN [--days N] [--label TEXT]`: a bearer token, shown this once. */
export async function issueKeyCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const officer = oneWord(flags, LOGIN);
  const days = flags.optionalText("days");
  const validDays = days === null ? DEFAULT_KEY_DAYS : Number(days);
  const label = flags.optionalText("label") ?? "";
  const nowMs = parts.clock.nowMs();
  const issued = await inTransaction(parts.pool, async (client) => {
    const key = await issueKey(client, { officer, label, validDays }, parts.random, nowMs);
    await appendAudit(client, [
      { at_ms: nowMs, actor, action: "key-issued", target: key.keyId, reason: officer },
    ]);
    return key;
  });
  const { keyId, token, expiresAtMs } = issued;
  const line = { key: keyId, user: officer, token, expires_at: isoTime(expiresAtMs) };
  await io.write(JSON.stringify(line));
  return 0;
}

/** `key list`: one JSON object a line, without the tokens. */
export async function listKeysCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const key of await listKeys(parts.pool)) {
    const line = {
      key: key.key_id,
      user: key.officer,
      label: key.label,
      made_at: isoTime(key.made_at_ms),
      expires_at: isoTime(key.expires_at_ms),
      revoked_at: isoTime(key.revoked_at_ms),
      last_used_at: isoTime(key.last_used_at_ms),
    };
    await io.write(JSON.stringify(line));
  }
  return 0;
}

/** `key revoke KEY`: its token opens nothing from now on. */
export async function revokeKeyCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const keyId = oneWord(flags, "The id of the key");
  const nowMs = parts.clock.nowMs();
  const record = { at_ms: nowMs, actor, action: "key-revoked", target: keyId } as const;
  const isDone = await audited(parts.pool, record, (client) => revokeKey(client, keyId, nowMs));
  if (!isDone) {
    await io.error(`There is no key ${keyId}.`);
    return 1;
  }
  await io.write(JSON.stringify({ key: keyId, state: "revoked" }));
  return 0;
}

function newOfficerOf(officer: string, flags: Flags): NewOfficer | null {
  const name = flags.optionalText("name");
  const kind = flags.optionalText("kind") ?? "person";
  if (kind !== "person" && kind !== "system") {
    throw new AdminUsage("--kind is person or system.");
  }
  return name === null ? null : { officer, name, kind };
}

function grantOf(flags: Flags, role: string): Grant {
  if (!isRole(role)) throw new AdminUsage(`--role is one of ${roles.join(", ")}.`);
  const scope = scopeOf(flags);
  if (role === "place-owner" && scope.kind !== "place") {
    throw new AdminUsage("A place-owner owns a place: name it with --place ID.");
  }
  return { role, scope };
}

function scopeOf(flags: Flags): Scope {
  const [commune, place] = [flags.optionalText("commune"), flags.optionalText("place")];
  if (commune !== null && place !== null) {
    throw new AdminUsage("A role counts in one --commune or at one --place, not in both.");
  }
  if (commune !== null) return { kind: "commune", commune };
  return place === null ? { kind: "province" } : { kind: "place", place };
}

function refuseScope(flags: Flags): void {
  if (scopeOf(flags).kind === "province") return;
  throw new AdminUsage("--commune and --place say where a --role is taken away.");
}

function grantText({ role, scope }: Grant): string {
  switch (scope.kind) {
    case "province":
      return role;
    case "commune":
      return `${role} commune ${scope.commune}`;
    case "place":
      return `${role} place ${scope.place}`;
    default:
      return assertNever(scope);
  }
}
