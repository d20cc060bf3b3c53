import { Value } from "typebox/value";
import { ProvinceOrder } from "#contract/wire.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

const ORDER = "order";

/** The order last heard, also over restarts and without a network; `active` until there was one. */
export function readOrder(settings: SettingsTable): ProvinceOrder {
  const kept = settings.get(ORDER);
  return Value.Check(ProvinceOrder, kept) ? kept : "active";
}

/** Durable on return. */
export function writeOrder(settings: SettingsTable, order: ProvinceOrder): void {
  settings.set(ORDER, order);
}
