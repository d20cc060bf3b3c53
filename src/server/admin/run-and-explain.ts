import { BadKeyValidity } from "#server/access/keys.ts";
import { BadOfficerName, UnknownOfficer, UnknownScope } from "#server/access/officers.ts";
import { runCommand } from "#server/admin/commands.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import {
  DatabaseTooNew,
  DatabaseUnavailable,
  DatabaseUnsafe,
  MigrationChanged,
  PostgresTooOld,
  isPassing,
  sqlState,
} from "#server/database/errors.ts";
import { ProvinceInUse } from "#server/folder-lock.ts";
import { BadHold } from "#server/operations/holds.ts";
import { OperationsBusy } from "#server/operations/one-at-a-time.ts";
import { BadRecoveryKey } from "#server/operations/recovery-key.ts";
import { BadBackup } from "#server/operations/sealed-file.ts";
import { BadCsv } from "#server/registry/csv.ts";
import { BadPlaceCode, CodeTaken } from "#server/registry/place-codes.ts";
import { BadPublicUrl, NoPublicUrl } from "#server/registry/public-url.ts";
import { QuestionTooLong } from "#server/tracing/find-answer.ts";
import { BadValidity, NoFreeCode } from "#server/stations/issue-code.ts";
import { NoFreeShortCode, UnknownPlace } from "#server/stations/places.ts";
import { ProvinceKeysLost, WrongProvinceKeys } from "#server/vault/province-keys.ts";

const EXIT_REFUSED = 1;
const EXIT_USAGE = 2;
const INSUFFICIENT_PRIVILEGE = "42501";

/** Errors whose message is one sentence for the person at the terminal. */
const spoken = [
  DatabaseTooNew,
  DatabaseUnavailable,
  DatabaseUnsafe,
  MigrationChanged,
  PostgresTooOld,
  ProvinceInUse,
  ProvinceKeysLost,
  WrongProvinceKeys,
  BadKeyValidity,
  BadOfficerName,
  BadCsv,
  BadPlaceCode,
  BadPublicUrl,
  BadValidity,
  CodeTaken,
  NoFreeShortCode,
  NoPublicUrl,
  NoFreeCode,
  UnknownOfficer,
  UnknownPlace,
  UnknownScope,
  BadBackup,
  BadHold,
  BadRecoveryKey,
  OperationsBusy,
  QuestionTooLong,
];

/** What to tell the person at the terminal, and with which exit code; null for what is a bug. */
export function explain(cause: unknown): { readonly code: number; readonly text: string } | null {
  if (cause instanceof AdminUsage) return { code: EXIT_USAGE, text: cause.message };
  const isSpoken = cause instanceof Error && spoken.some((kind) => cause instanceof kind);
  if (isSpoken) return { code: EXIT_REFUSED, text: cause.message };
  if (sqlState(cause) === INSUFFICIENT_PRIVILEGE) {
    const text = "The database's role may not create tables: grant it CREATE on its schema.";
    return { code: EXIT_REFUSED, text };
  }
  if (isPassing(cause)) {
    return { code: EXIT_REFUSED, text: "The database is away; try again in a moment." };
  }
  return null;
}

/** Runs a command; errors that have words for the person at the terminal become them. */
export async function runAndExplain(
  parts: AdminParts,
  args: readonly string[],
  caller: Caller,
): Promise<number> {
  try {
    return await runCommand(parts, args, caller);
  } catch (cause) {
    const words = explain(cause);
    if (words === null) throw cause;
    await caller.io.error(words.text);
    return words.code;
  }
}
