import { Value } from "typebox/value";
import { defaultRules } from "#core/rules.ts";
import { WireRules } from "#contract/wire.ts";
import type { Queryable } from "#server/database/pool.ts";

/** Rules before the province has published any: what a station does by itself, version 0. */
const unpublished: WireRules = {
  version: defaultRules.version,
  swallow_ms: defaultRules.swallowMs,
  repeat_window_ms: defaultRules.repeatWindowMs,
  expired_card: defaultRules.expiredCard,
  capacity: defaultRules.capacity,
  keep_extras: defaultRules.keepExtras,
  watch_list: [],
};

/** The province's newest rules. */
export async function currentRules(database: Queryable): Promise<WireRules> {
  const found = await database.query<{ rules: unknown }>({
    name: "current-rules",
    text: "SELECT rules FROM rules ORDER BY version DESC LIMIT 1",
  });
  const [row] = found.rows;
  return row === undefined ? unpublished : Value.Parse(WireRules, row.rules);
}

/** The newest rules when they are newer than a station's; null: it has them. A watch list is large, and most stations do. */
export async function rulesAfter(database: Queryable, version: number): Promise<WireRules | null> {
  const found = await database.query<{ rules: unknown }>({
    name: "rules-after",
    text: "SELECT rules FROM rules WHERE version > $1 ORDER BY version DESC LIMIT 1",
    values: [version],
  });
  const [row] = found.rows;
  return row === undefined ? null : Value.Parse(WireRules, row.rules);
}

/** Version of the newest rules; 0 before any were published. */
export async function newestVersion(database: Queryable): Promise<number> {
  const found = await database.query<{ version: number }>(
    "SELECT coalesce(max(version), 0) AS version FROM rules",
  );
  return found.rows[0]?.version ?? 0;
}

/** Publishes rules under the next version; stations take them with their next hello. Returns the version. */
export async function publishRules(
  database: Queryable,
  rules: Omit<WireRules, "version">,
  nowMs: number,
): Promise<number> {
  const version = (await newestVersion(database)) + 1;
  const whole: WireRules = { ...rules, version };
  await database.query("INSERT INTO rules (version, rules, published_at_ms) VALUES ($1, $2, $3)", [
    version,
    JSON.stringify(whole),
    nowMs,
  ]);
  return version;
}
