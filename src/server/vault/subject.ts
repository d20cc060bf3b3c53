import { createHmac } from "node:crypto";
import type { KeyObject } from "node:crypto";

const DOMAIN = "tramqr-subject-v1\n";
const SUBJECT_BYTES = 16;

/**
 * The province's pseudonym of a person: HMAC-SHA-256 of the canonical identity (`cccd:…`), first 128 bits. Without the
 * key nobody can find out whose it is by trying all numbers.
 */
export function subjectOf(identity: string, subjectKey: KeyObject): Buffer {
  const mac = createHmac("sha256", subjectKey).update(DOMAIN).update(identity, "utf8").digest();
  return mac.subarray(0, SUBJECT_BYTES);
}
