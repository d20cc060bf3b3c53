import { assertNever } from "#core/assert.ts";

/** Where a role counts: everywhere, in one commune, or at one place. */
export type Scope =
  | { readonly kind: "province" }
  | { readonly kind: "commune"; readonly commune: string }
  | { readonly kind: "place"; readonly place: string };

/** What a right is wanted for. A place that is in no known commune belongs to the province alone. */
export type Target =
  | { readonly kind: "province" }
  | { readonly kind: "commune"; readonly commune: string }
  | { readonly kind: "place"; readonly place: string; readonly commune: string | null };

/** Everything that an officers' endpoint can ask for. */
export const rights = [
  "self.read",
  "places.read",
  "places.write",
  "places.approve",
  "counts.read",
  "fleet.read",
  "fleet.manage",
  "feedback.read",
  "feedback.answer",
  "cases.read",
  "cases.open",
  "trace.run",
  "trace.approve",
  "audit.read",
  "users.manage",
  "rules.manage",
] as const;
export type Right = (typeof rights)[number];

/**
 * What each role may do; nothing else. Nobody who gives out roles may trace, and nobody who traces may approve or audit:
 * an officer who needs both is given two roles, which the audit trail shows.
 */
export const rightsOfRole = {
  viewer: ["self.read", "places.read", "counts.read"],
  "place-owner": ["self.read", "places.read", "counts.read", "feedback.read"],
  fleet: ["self.read", "places.read", "fleet.read", "fleet.manage"],
  tracer: ["self.read", "places.read", "counts.read", "cases.read", "cases.open", "trace.run"],
  approver: ["self.read", "places.read", "cases.read", "trace.approve"],
  auditor: ["self.read", "cases.read", "audit.read"],
  admin: [
    "self.read",
    "places.read",
    "places.write",
    "places.approve",
    "counts.read",
    "fleet.read",
    "fleet.manage",
    "feedback.read",
    "feedback.answer",
    "users.manage",
    "rules.manage",
  ],
} as const satisfies Readonly<Record<string, readonly Right[]>>;
export type Role = keyof typeof rightsOfRole;

export const roles = Object.keys(rightsOfRole).filter((role) => isRole(role));

export function isRole(role: string): role is Role {
  return Object.hasOwn(rightsOfRole, role);
}

/** One role within its scope. */
export type Grant = { readonly role: Role; readonly scope: Scope };

/** Whoever asks: a person, or another system. */
export type Officer = {
  /** The name that signs in and that the audit trail names. */
  readonly officer: string;
  readonly name: string;
  readonly grants: readonly Grant[];
};

/** True when one of the officer's roles has the right and its scope holds the whole target. */
export function may(officer: Officer, right: Right, target: Target): boolean {
  return scopesOf(officer, right).some((scope) => holds(scope, target));
}

/** True when the officer has the right anywhere at all. */
export function mayAnywhere(officer: Officer, right: Right): boolean {
  return scopesOf(officer, right).length > 0;
}

/** Where an officer has a right, for queries: everywhere, or in these communes and at these places. */
export type Reach =
  | { readonly kind: "everywhere" }
  | {
      readonly kind: "some";
      readonly communes: readonly string[];
      readonly places: readonly string[];
    };

export function reachOf(officer: Officer, right: Right): Reach {
  const scopes = scopesOf(officer, right);
  if (scopes.some((scope) => scope.kind === "province")) return { kind: "everywhere" };
  return {
    kind: "some",
    communes: scopes.flatMap((scope) => (scope.kind === "commune" ? [scope.commune] : [])),
    places: scopes.flatMap((scope) => (scope.kind === "place" ? [scope.place] : [])),
  };
}

function scopesOf(officer: Officer, right: Right): readonly Scope[] {
  return officer.grants.filter(({ role }) => hasRight(role, right)).map(({ scope }) => scope);
}

function hasRight(role: Role, right: Right): boolean {
  const given: readonly Right[] = rightsOfRole[role];
  return given.includes(right);
}

function holds(scope: Scope, target: Target): boolean {
  switch (scope.kind) {
    case "province":
      return true;
    case "commune":
      return target.kind !== "province" && target.commune === scope.commune;
    case "place":
      return target.kind === "place" && target.place === scope.place;
    default:
      return assertNever(scope);
  }
}

/** A grant as interfaces write it: role, kind of scope, and what the scope is. */
export function grantFields({ role, scope }: Grant): object {
  const { kind, ...where } = scope;
  return { role, scope: kind, ...where };
}
