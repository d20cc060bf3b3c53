import { keepUnknownCode, resolvePlaceCode } from "#server/registry/place-codes.ts";
import type { Queryable } from "#server/database/pool.ts";

/** The place behind the digits of a poster. */
export type CodedPlace =
  | { readonly kind: "known"; readonly place: string; readonly name: string }
  /** Of the right form, but no place here has it: what comes in is kept and flagged. */
  | { readonly kind: "unknown" };

const CODE = /^[0-9]{4,20}$/;

/** True for what may be a place's code at all. */
export function isPlaceCode(text: string): boolean {
  return CODE.test(text);
}

/** A place that waits for its approval is known, one that was turned down is not. */
export async function findPlaceByCode(database: Queryable, code: string): Promise<CodedPlace> {
  const found = await resolvePlaceCode(database, code);
  if (found.kind === "unknown" || found.state === "rejected") return { kind: "unknown" };
  return { kind: "known", place: found.place, name: found.name };
}

/** As {@link findPlaceByCode}, for something that will be stored: a code that nobody has is remembered. */
export async function placeForRecord(
  database: Queryable,
  code: string,
  nowMs: number,
): Promise<CodedPlace> {
  const place = await findPlaceByCode(database, code);
  if (place.kind === "unknown") await keepUnknownCode(database, code, nowMs);
  return place;
}
