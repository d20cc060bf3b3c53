import type { BaudMemory } from "#drivers/auto-baud.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** Keeps the speeds that were found in the station's settings, one by port. */
export function createBaudMemory(settings: Pick<SettingsTable, "get" | "set">): BaudMemory {
  return {
    known(path) {
      const kept = Number(settings.get(`baud:${path}`) ?? Number.NaN);
      return Number.isInteger(kept) && kept > 0 ? kept : null;
    },
    keep: (path, baudRate) => settings.set(`baud:${path}`, String(baudRate)),
  };
}
