import { array, assert, constant, constantFrom, oneof, property, record } from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { may, mayAnywhere, reachOf, rights, roles, rightsOfRole } from "#server/access/rights.ts";
import type { Grant, Officer, Right, Scope, Target } from "#server/access/rights.ts";

function officerWith(...grants: Grant[]): Officer {
  return { officer: "can-bo", name: "Cán bộ Mẫu", grants };
}

const communeA = { kind: "commune", commune: "00001" } as const;
const communeB = { kind: "commune", commune: "00002" } as const;
const placeInA = { kind: "place", place: "p-1", commune: "00001" } as const;
const placeNowhere = { kind: "place", place: "p-2", commune: null } as const;

const scope: Arbitrary<Scope> = oneof(
  constant({ kind: "province" } as const),
  record({ kind: constant("commune" as const), commune: constantFrom("1", "2") }),
  record({ kind: constant("place" as const), place: constantFrom("a", "b") }),
);
const placeTarget = record({
  kind: constant("place" as const),
  place: constantFrom("a", "b"),
  commune: constantFrom("1", "2", null),
});
const target: Arbitrary<Target> = oneof(
  constant({ kind: "province" } as const),
  record({ kind: constant("commune" as const), commune: constantFrom("1", "2") }),
  placeTarget,
);
const grants = array(record({ role: constantFrom(...roles), scope }), { maxLength: 4 });
const right = constantFrom(...rights);

describe("what an officer may do", () => {
  test("a role of the whole province reaches every target", () => {
    const officer = officerWith({ role: "viewer", scope: { kind: "province" } });

    for (const one of [{ kind: "province" } as const, communeA, placeInA, placeNowhere]) {
      expect(may(officer, "places.read", one)).toBe(true);
    }
  });

  test("a role of a commune reaches that commune and its places, and nothing else", () => {
    const officer = officerWith({ role: "admin", scope: communeA });

    expect(may(officer, "places.approve", communeA)).toBe(true);
    expect(may(officer, "places.approve", placeInA)).toBe(true);
    expect(may(officer, "places.approve", communeB)).toBe(false);
    expect(may(officer, "places.approve", placeNowhere)).toBe(false);
    expect(may(officer, "places.approve", { kind: "province" })).toBe(false);
  });

  test("an owner reaches the own place, and not even its commune", () => {
    const officer = officerWith({ role: "place-owner", scope: { kind: "place", place: "p-1" } });

    expect(may(officer, "counts.read", placeInA)).toBe(true);
    expect(may(officer, "counts.read", communeA)).toBe(false);
    expect(may(officer, "counts.read", placeNowhere)).toBe(false);
    expect(may(officer, "places.write", placeInA)).toBe(false);
  });

  test("a right of one role and the scope of another do not add up to a third", () => {
    const officer = officerWith(
      { role: "viewer", scope: { kind: "province" } },
      { role: "tracer", scope: communeA },
    );

    expect(may(officer, "trace.run", communeA)).toBe(true);
    expect(may(officer, "trace.run", communeB)).toBe(false);
  });

  test("nobody who gives out roles may trace, and nobody who traces may approve or audit", () => {
    const holders = (wanted: Right) =>
      roles.filter((role) => (rightsOfRole[role] as readonly Right[]).includes(wanted));

    expect(holders("users.manage")).toEqual(["admin"]);
    expect(holders("trace.run")).toEqual(["tracer"]);
    expect(holders("trace.approve")).toEqual(["approver"]);
    expect(holders("audit.read")).toEqual(["auditor"]);
  });

  test("a role more never takes a right away, and what reaches wider reaches narrower", () => {
    assert(
      property(grants, right, target, (all, wanted, where) => {
        const whole = officerWith(...all);
        const isAllowed = may(whole, wanted, where);

        for (const index of all.keys()) {
          const less = officerWith(...all.filter((_, at) => at !== index));
          expect(isAllowed || !may(less, wanted, where)).toBe(true);
        }
        expect(isAllowed || !may(whole, wanted, { kind: "province" })).toBe(true);
        expect(mayAnywhere(whole, wanted) || !isAllowed).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a list narrowed by the reach holds exactly what may be seen one by one", () => {
    assert(
      property(grants, right, placeTarget, (all, wanted, where) => {
        const officer = officerWith(...all);
        const reach = reachOf(officer, wanted);
        const isListed =
          reach.kind === "everywhere" ||
          reach.places.includes(where.place) ||
          (where.commune !== null && reach.communes.includes(where.commune));

        expect(isListed).toBe(may(officer, wanted, where));
      }),
      { numRuns: 1_000 },
    );
  });
});
