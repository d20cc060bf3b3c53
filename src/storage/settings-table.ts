import type Database from "better-sqlite3";

/** Small named values that must survive: the enrolment, the rules last sent, secrets of this station. JSON texts. */
export type SettingsTable = {
  get(name: string): string | null;
  set(name: string, value: string): void;
};

export function openSettingsTable(db: Database.Database): SettingsTable {
  const read = db.prepare("SELECT value FROM settings WHERE name = ?").pluck();
  const write = db.prepare(
    "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  return {
    get(name) {
      const value = read.get(name);
      return typeof value === "string" ? value : null;
    },
    set(name, value) {
      write.run(name, value);
    },
  };
}
