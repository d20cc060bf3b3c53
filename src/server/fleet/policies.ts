import { isoTime } from "#core/dates.ts";
import canonicalize from "canonicalize";
import { Value } from "typebox/value";
import { assert } from "#core/assert.ts";
import { WireRules } from "#contract/wire.ts";
import { isSignatureValid, signMessage } from "#sealing/signature.ts";
import type { Queryable } from "#server/database/pool.ts";
import { publishRules } from "#server/stations/rules.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

export type RulesWithoutVersion = Omit<WireRules, "version">;

/** One version of the rules, without its watch list. */
export type ListedPolicy = {
  readonly version: number;
  readonly published_at: string;
  readonly published_by: string | null;
  /** Null: published before policies were signed. */
  readonly is_signature_valid: boolean | null;
  readonly watched: number;
  /** Stations that follow this version. */
  readonly stations: number;
};

type Publisher = {
  readonly secrets: ProvinceSecrets;
  readonly actor: string;
  readonly nowMs: number;
};

const DOMAIN = "tramqr-rules-v1\n";
/** Serialises publishers. Any number of our own. */
const POLICY_LOCK = 7_418_004;

/** Publishes rules under the next version, signed by the province. Returns the version. In the caller's transaction. */
export async function publishPolicy(
  client: Queryable,
  rules: RulesWithoutVersion,
  publisher: Publisher,
): Promise<number> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [POLICY_LOCK]);
  const version = await publishRules(client, rules, publisher.nowMs);
  const message = messageOf({ ...rules, version });
  const signature = signMessage(message, publisher.secrets.answerKey.privateKey);
  await client.query("UPDATE rules SET published_by = $2, signature = $3 WHERE version = $1", [
    version,
    publisher.actor,
    Buffer.from(signature),
  ]);
  return version;
}

/** Null when there is no such version. */
export async function rulesOfVersion(
  database: Queryable,
  version: number,
): Promise<WireRules | null> {
  const found = await database.query<{ rules: unknown }>(
    "SELECT rules FROM rules WHERE version = $1",
    [version],
  );
  const [row] = found.rows;
  return row === undefined ? null : Value.Parse(WireRules, row.rules);
}

/** Every version, oldest first. */
export async function listPolicies(
  database: Queryable,
  secrets: ProvinceSecrets,
): Promise<readonly ListedPolicy[]> {
  const found = await database.query<{
    version: number;
    rules: unknown;
    published_at_ms: number;
    published_by: string | null;
    signature: Buffer | null;
    stations: number;
  }>(
    `SELECT r.version, r.rules, r.published_at_ms, r.published_by, r.signature,
            (SELECT count(*) FROM station_health h WHERE h.policy_version = r.version) AS stations
     FROM rules r ORDER BY r.version`,
  );
  return found.rows.map((row) => {
    const rules = Value.Parse(WireRules, row.rules);
    return {
      version: row.version,
      published_at: isoTime(row.published_at_ms),
      published_by: row.published_by,
      is_signature_valid:
        row.signature === null
          ? null
          : isSignatureValid(messageOf(rules), row.signature, secrets.answerKey.publicKey),
      watched: rules.watch_list.length,
      stations: row.stations,
    };
  });
}

function messageOf(rules: WireRules): Buffer {
  const text = canonicalize(rules);
  assert(text !== undefined, "rules are always JSON");
  return Buffer.from(`${DOMAIN}${text}`, "utf8");
}
