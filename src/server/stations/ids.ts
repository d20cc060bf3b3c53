import type { Random } from "#core/ports.ts";

/** Letters and digits that nobody mistakes for one another on paper or on the telephone. */
const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";
const LENGTH = 8;

/** A new id such as `s-7k2m9xqa`: 31^8 of them, so two alike are one in a million among a million. */
export function newId(prefix: "p" | "g" | "s" | "k" | "z" | "r", random: Random): string {
  let id = `${prefix}-`;
  while (id.length < LENGTH + 2) {
    for (const byte of random.bytes(LENGTH)) {
      // 248 is the largest multiple of 31: without this the first letters would come more often.
      if (byte < 248 && id.length < LENGTH + 2) id += ALPHABET[byte % ALPHABET.length] ?? "";
    }
  }
  return id;
}
