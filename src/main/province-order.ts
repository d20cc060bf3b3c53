import { Value } from "typebox/value";
import { ProvinceOrder } from "#contract/wire.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { Log } from "#main/log.ts";
import type { Screens } from "#main/screens.ts";
import type { StatusBoard } from "#main/status-board.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

const ORDER = "order";

/** The order last heard, also over restarts and without a network; `active` until there was one. */
export function readOrder(settings: SettingsTable): ProvinceOrder {
  const kept = settings.get(ORDER);
  return Value.Check(ProvinceOrder, kept) ? kept : "active";
}

/** What a station does of what the province orders. */
export type Obedience = {
  /** Only an `active` station takes scans. Durable on return; throws what the settings throw. */
  setOrder(order: ProvinceOrder): void;
  order(): ObeyedOrder;
  /** From now on nothing is recorded, and nothing is asked of the book: it may be closed and removed. */
  forget(): void;
};

export type ObedienceParts = { readonly settings: SettingsTable; readonly log: Log };

/** Obeys in memory and on the screens first, so that a disk that refuses changes nothing about it. */
export function createObedience(
  { settings, log }: ObedienceParts,
  state: { order: ObeyedOrder },
  { board, screens }: { readonly board: StatusBoard; readonly screens: Screens },
): Obedience {
  return {
    setOrder(order) {
      if (state.order === order || state.order === "wiped") return;
      state.order = order;
      board.setOrder(order);
      log.event("order", { order });
      settings.set(ORDER, order);
    },
    order: () => state.order,
    forget() {
      state.order = "wiped";
      board.setOrder("wiped");
      board.setInside(0);
      screens.showRecent([]);
    },
  };
}
