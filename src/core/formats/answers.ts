import type { Credential } from "#core/credential.ts";
import type { DamageReason, ForeignReason, Recognition } from "#core/recognize.ts";

/** "Not mine, ask the next one." */
export const FOREIGN: Recognition = { kind: "foreign" };

export function recognized(credential: Credential): Recognition {
  return { kind: "recognized", credential };
}

/** "Mine, but broken." */
export function damaged(reason: DamageReason): Recognition {
  return { kind: "damaged", reason };
}

/** "Mine, and no person's code." */
export function diagnosed(reason: ForeignReason): Recognition {
  return { kind: "diagnosed", reason };
}
