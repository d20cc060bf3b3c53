import { foldName } from "#core/vietnamese.ts";
import type { Queryable } from "#server/database/pool.ts";

/** A commune or ward of today, and what it was made of; see decision record 0026. */
export type Commune = {
  readonly commune: string;
  /** `Xã …` or `Phường …`. */
  readonly name: string;
  readonly former: readonly FormerUnit[];
};

/** A commune, ward or town of before July 2025. Part of it may have gone elsewhere. */
export type FormerUnit = {
  readonly name: string;
  readonly district: string;
  readonly province: string;
};

/** Every commune, by number. */
export async function listCommunes(database: Queryable): Promise<readonly Commune[]> {
  const found = await database.query<{
    commune: string;
    name: string;
    former: readonly (readonly [name: string, district: string, province: string])[];
  }>(
    `SELECT c.commune, c.name,
            (SELECT coalesce(json_agg(json_build_array(f.name, f.district, f.province)
                                      ORDER BY f.province, f.district, f.name), '[]')
             FROM former_units f WHERE f.commune = c.commune) AS former
     FROM communes c ORDER BY c.commune`,
  );
  return found.rows.map(({ former, ...commune }) => ({
    ...commune,
    former: former.map(([name, district, province]) => ({ name, district, province })),
  }));
}

/** What was found for the words of an address. */
export type FoundCommune =
  | { readonly kind: "found"; readonly commune: string }
  | { readonly kind: "unknown" }
  /** A unit of before the reform that went into several communes. */
  | { readonly kind: "several"; readonly names: readonly string[] };

/** Finds communes by number, by name, or by an address of before the reform. */
export type CommuneFinder = (commune: string, district: string | null) => FoundCommune;

const UNIT_WORDS = /^(?:xa|phuong|thi tran|huyen|thi xa|thanh pho|tp|tx|p|x|tt|h)[. ]+/;

/** A finder over these communes; `district` is the district of before the reform, when the address names one. */
export function communeFinder(communes: readonly Commune[]): CommuneFinder {
  const byText = new Map<string, Set<Commune>>();
  const add = (key: string, commune: Commune) => {
    byText.set(key, (byText.get(key) ?? new Set()).add(commune));
  };
  for (const commune of communes) {
    add(commune.commune, commune);
    for (const name of namesOf(commune.name)) add(name, commune);
    for (const former of commune.former) {
      for (const name of namesOf(former.name)) {
        for (const district of namesOf(former.district)) add(`${name}, ${district}`, commune);
      }
    }
  }
  return (text, district) => {
    const name = foldName(text);
    const keys = district === null ? [name] : namesOf(district).map((of) => `${name}, ${of}`);
    const found = new Set(keys.flatMap((key) => [...(byText.get(key) ?? [])]));
    return foundOf([...found]);
  };
}

/** A name as people write it: with the kind of unit, and without it where that leaves more than a number. */
function namesOf(name: string): readonly string[] {
  const folded = foldName(name);
  const bare = folded.replace(UNIT_WORDS, "");
  return /^[0-9iv]+$/.test(bare) ? [folded, `p. ${bare}`, `p${bare}`] : [folded, bare];
}

function foundOf(communes: readonly Commune[]): FoundCommune {
  const [first, ...others] = communes;
  if (first === undefined) return { kind: "unknown" };
  if (others.length === 0) return { kind: "found", commune: first.commune };
  return { kind: "several", names: communes.map(({ name }) => name) };
}
