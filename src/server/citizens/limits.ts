import { createHmac } from "node:crypto";
import type { Clock, Random } from "#core/ports.ts";
import type { FormId } from "#server/citizens/forms.ts";
import { createRateLimit } from "#server/http/admission.ts";
import type { RateLimit } from "#server/http/admission.ts";

/** How much of this is still people. Counted by each server process for itself. */
export type CitizenLimits = {
  /** Forms sent from one address, per minute. Whole gates and villages share one. */
  readonly formsPerAddress: number;
  /** Personal codes from one address, per hour. */
  readonly codesPerAddress: number;
  /** Messages from one address, per hour. */
  readonly feedbackPerAddress: number;
  /** Forms that name one place, per minute. */
  readonly formsPerPlace: number;
  /** Forms that name one document, per hour. */
  readonly formsPerDocument: number;
};

/** Largest form on the wire: every field full, percent-encoded, with room to spare. */
export const MAX_FORM_BYTES = 32 * 1024;

export const defaultCitizenLimits: CitizenLimits = {
  formsPerAddress: 60,
  codesPerAddress: 60,
  feedbackPerAddress: 20,
  formsPerPlace: 300,
  formsPerDocument: 20,
};

/** Each answers null when there is room, else the seconds until there is. */
export type CitizenGuard = {
  address(form: FormId, address: string): number | null;
  place(code: string): number | null;
  document(identity: string): number | null;
};

const HOUR_MS = 3_600_000;

export function createCitizenGuard(
  limits: CitizenLimits,
  clock: Clock,
  random: Random,
): CitizenGuard {
  const forms = createRateLimit(limits.formsPerAddress, clock);
  const codes = createRateLimit(limits.codesPerAddress, clock, HOUR_MS);
  const feedback = createRateLimit(limits.feedbackPerAddress, clock, HOUR_MS);
  const places = createRateLimit(limits.formsPerPlace, clock);
  const documents = createRateLimit(limits.formsPerDocument, clock, HOUR_MS);
  // So that no table of documents lies in this process's memory.
  const key = random.bytes(32);
  return {
    address(form, address) {
      const name = addressGroup(address);
      if (form === "personal-code") return ask(codes, name) ?? ask(forms, name);
      if (form === "feedback") return ask(feedback, name) ?? ask(forms, name);
      return ask(forms, name);
    },
    place: (code) => ask(places, code),
    document: (identity) =>
      ask(documents, createHmac("sha256", key).update(identity, "utf8").digest("base64")),
  };
}

/** An IPv4 address, or the first 64 bits of an IPv6 one: a single subscriber has all the rest. */
export function addressGroup(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = "", tail = ""] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = address.includes("::") && tail !== "" ? tail.split(":") : [];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}

function ask(limit: RateLimit, name: string): number | null {
  return limit.allows(name) ? null : limit.retryAfterS();
}
