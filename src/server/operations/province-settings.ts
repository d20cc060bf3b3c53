import { Type } from "typebox";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Queryable } from "#server/database/pool.ts";

/** What an administrator may set, and its form. */
const settings = {
  /** Raw X25519 public key, base64url, to which backups are sealed. */
  backup_key: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
} satisfies Record<string, TSchema>;

type SettingName = keyof typeof settings;

/** Null when nobody has set it. */
export async function readSetting<N extends SettingName>(
  database: Queryable,
  name: N,
): Promise<Static<(typeof settings)[N]> | null> {
  const found = await database.query<{ value: unknown }>(
    "SELECT value FROM province_settings WHERE name = $1",
    [name],
  );
  const [row] = found.rows;
  return row === undefined ? null : Value.Parse(settings[name], row.value);
}

export async function writeSetting<N extends SettingName>(
  database: Queryable,
  name: N,
  value: Static<(typeof settings)[N]>,
  nowMs: number,
): Promise<void> {
  await database.query(
    `INSERT INTO province_settings (name, value, set_at_ms) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, set_at_ms = excluded.set_at_ms`,
    [name, JSON.stringify(value), nowMs],
  );
}
