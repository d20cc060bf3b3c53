import { assert } from "#core/assert.ts";
import type { Queryable } from "#server/database/pool.ts";
import { isRole } from "#server/access/rights.ts";
import type { Grant, Officer, Role, Scope } from "#server/access/rights.ts";

/** The name of an officer is not of the form that signing in needs. */
export class BadOfficerName extends Error {
  override readonly name = "BadOfficerName";
}

/** There is no such officer, or it was revoked. */
export class UnknownOfficer extends Error {
  override readonly name = "UnknownOfficer";
}

/** The scope of a role names no commune or place that exists. */
export class UnknownScope extends Error {
  override readonly name = "UnknownScope";
}

export type OfficerKind = "person" | "system";

export type NewOfficer = {
  readonly officer: string;
  readonly name: string;
  readonly kind: OfficerKind;
};

/** An officer as administrators see it; times are UTC milliseconds. */
export type ListedOfficer = Officer & {
  readonly kind: OfficerKind;
  readonly madeAtMs: number;
  readonly revokedAtMs: number | null;
};

const OFFICER_NAME = /^[a-z0-9][a-z0-9._-]{1,39}$/;

/** Adds an officer without any role. False when there is one of that name. Throws {@link BadOfficerName}. */
export async function addOfficer(
  database: Queryable,
  added: NewOfficer,
  nowMs: number,
): Promise<boolean> {
  if (!OFFICER_NAME.test(added.officer)) {
    throw new BadOfficerName(
      "The name to sign in with is 2 to 40 small letters without marks, digits, dots or dashes.",
    );
  }
  const inserted = await database.query(
    `INSERT INTO officers (officer, name, kind, made_at_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [added.officer, added.name, added.kind, nowMs],
  );
  return inserted.rowCount === 1;
}

/** Gives a role; giving it twice changes nothing. Throws {@link UnknownOfficer} and {@link UnknownScope}. */
export async function giveRole(
  database: Queryable,
  officer: string,
  grant: Grant,
  nowMs: number,
): Promise<void> {
  await requireOfficer(database, officer);
  await requireScope(database, grant.scope);
  await database.query(
    `INSERT INTO officer_roles (officer, role, scope_kind, scope_id, given_at_ms)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [officer, grant.role, grant.scope.kind, scopeId(grant.scope), nowMs],
  );
}

/** Takes a role away from the next request on. False when the officer did not have it. */
export async function takeRole(
  database: Queryable,
  officer: string,
  grant: Grant,
): Promise<boolean> {
  const taken = await database.query(
    `DELETE FROM officer_roles
     WHERE officer = $1 AND role = $2 AND scope_kind = $3 AND scope_id = $4`,
    [officer, grant.role, grant.scope.kind, scopeId(grant.scope)],
  );
  return taken.rowCount === 1;
}

/** Ends an officer for good: its keys open nothing from the next request on. False when there is none. */
export async function revokeOfficer(
  database: Queryable,
  officer: string,
  nowMs: number,
): Promise<boolean> {
  const revoked = await database.query(
    "UPDATE officers SET revoked_at_ms = coalesce(revoked_at_ms, $2) WHERE officer = $1",
    [officer, nowMs],
  );
  return revoked.rowCount === 1;
}

/** An officer who is not revoked; null when there is none. */
export async function findOfficer(database: Queryable, officer: string): Promise<Officer | null> {
  const found = await database.query<OfficerRow>(
    `SELECT o.officer, o.name, ${GRANTS} AS grants FROM officers o
     WHERE o.officer = $1 AND o.revoked_at_ms IS NULL`,
    [officer],
  );
  const [row] = found.rows;
  return row === undefined ? null : officerFromRow(row);
}

/** Throws {@link UnknownOfficer} unless the officer exists and is not revoked. */
export async function requireOfficer(database: Queryable, officer: string): Promise<void> {
  const found = await database.query(
    "SELECT FROM officers WHERE officer = $1 AND revoked_at_ms IS NULL FOR SHARE",
    [officer],
  );
  if (found.rowCount === 0) throw new UnknownOfficer(`There is no active user ${officer}.`);
}

/** Every officer, revoked ones too, by name. */
export async function listOfficers(database: Queryable): Promise<readonly ListedOfficer[]> {
  const found = await database.query<OfficerRow & ListedRow>(
    `SELECT o.officer, o.name, o.kind, o.made_at_ms, o.revoked_at_ms, ${GRANTS} AS grants
     FROM officers o ORDER BY o.officer`,
  );
  return found.rows.map((row) => ({
    ...officerFromRow(row),
    kind: row.kind,
    madeAtMs: row.made_at_ms,
    revokedAtMs: row.revoked_at_ms,
  }));
}

/** A subquery: the roles of the officer of the row `o`. */
export const GRANTS = `(
  SELECT coalesce(json_agg(json_build_array(r.role, r.scope_kind, r.scope_id)
                           ORDER BY r.role, r.scope_kind, r.scope_id), '[]')
  FROM officer_roles r WHERE r.officer = o.officer)`;

/** What {@link officerFromRow} reads. */
export type OfficerRow = {
  readonly officer: string;
  readonly name: string;
  readonly grants: readonly (readonly [role: string, scopeKind: string, scopeId: string])[];
};

type ListedRow = {
  readonly kind: OfficerKind;
  readonly made_at_ms: number;
  readonly revoked_at_ms: number | null;
};

export function officerFromRow(row: OfficerRow): Officer {
  return {
    officer: row.officer,
    name: row.name,
    grants: row.grants.map(([role, kind, id]) => ({
      role: roleFromRow(role),
      scope: scopeFromRow(kind, id),
    })),
  };
}

function roleFromRow(role: string): Role {
  assert(isRole(role), "the table holds known roles only");
  return role;
}

function scopeFromRow(kind: string, id: string): Scope {
  if (kind === "commune") return { kind, commune: id };
  if (kind === "place") return { kind, place: id };
  assert(kind === "province", "the table holds known scopes only");
  return { kind };
}

function scopeId(scope: Scope): string {
  if (scope.kind === "commune") return scope.commune;
  return scope.kind === "place" ? scope.place : "";
}

async function requireScope(database: Queryable, scope: Scope): Promise<void> {
  if (scope.kind === "province") return;
  const found =
    scope.kind === "place"
      ? await database.query("SELECT FROM places WHERE place = $1", [scope.place])
      : await database.query("SELECT FROM communes WHERE commune = $1", [scope.commune]);
  if (found.rowCount === 1) return;
  throw new UnknownScope(`There is no ${scope.kind} ${scopeId(scope)}.`);
}
