import { existsSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { EnrolmentAnswer, WireRules } from "#contract/wire.ts";
import type { Rules } from "#core/rules.ts";
import { defaultRules } from "#core/rules.ts";
import { fromBase64url, keyPairFromSecret, secretOfKey, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** Who this station is to the province: kept in the encrypted book. */
export type EnrolmentRecord = { readonly serverUrl: string; readonly answer: EnrolmentAnswer };

/** Names of the settings; values are JSON. */
const SIGNING_KEY = "signing-key";
const ENROLMENT = "enrolment";
const RULES = "rules";

/** The station's Ed25519 pair: made before the first attempt to enrol, so that a lost answer can be asked for again. */
export function signingKeyOf(settings: SettingsTable, newPair: () => KeyPair): KeyPair {
  const kept = settings.get(SIGNING_KEY);
  if (kept !== null) return keyPairFromSecret("ed25519", fromBase64url(kept));
  const pair = newPair();
  settings.set(SIGNING_KEY, toBase64url(secretOfKey(pair.privateKey)));
  return pair;
}

/** Null until the station is enrolled. */
export function readEnrolment(settings: SettingsTable): EnrolmentRecord | null {
  const text = settings.get(ENROLMENT);
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  const isRecord = typeof value === "object" && value !== null;
  if (!isRecord || !("serverUrl" in value) || !("answer" in value)) return null;
  return {
    serverUrl: String(value.serverUrl),
    answer: Value.Parse(EnrolmentAnswer, value.answer),
  };
}

/**
 * The province's server that this station was enrolled at; null when it is not enrolled, or beside a server of its own,
 * whose folder then lies in the same data folder and whose port changes with every start.
 */
export function serverOfBefore(settings: SettingsTable, dataDir: string): string | null {
  if (existsSync(join(dataDir, "province"))) return null;
  return readEnrolment(settings)?.serverUrl ?? null;
}

export function writeEnrolment(settings: SettingsTable, record: EnrolmentRecord): void {
  settings.set(ENROLMENT, JSON.stringify(record));
}

/** The rules last sent by the province; the local defaults until then. */
export function readRules(settings: SettingsTable): Rules {
  const text = settings.get(RULES);
  return text === null ? defaultRules : rulesFromWire(Value.Parse(WireRules, JSON.parse(text)));
}

export function writeRules(settings: SettingsTable, rules: WireRules): void {
  settings.set(RULES, JSON.stringify(rules));
}

export function rulesFromWire(rules: WireRules): Rules {
  return {
    version: rules.version,
    swallowMs: rules.swallow_ms,
    repeatWindowMs: rules.repeat_window_ms,
    expiredCard: rules.expired_card,
    capacity: rules.capacity,
    keepExtras: rules.keep_extras,
    watchList: rules.watch_list.map((entry) => ({
      identityHash: entry.identity_hash,
      caseNumber: entry.case_number,
    })),
  };
}
