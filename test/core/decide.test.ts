import { describe, expect, test } from "vitest";
import type { Credential } from "#core/credential.ts";
import { decide, forcedExit } from "#core/decide.ts";
import type { Decision, Situation } from "#core/decide.ts";
import type {
  CertificateStanding,
  HealthCertificate,
  HolderMatch,
} from "#core/health-certificate.ts";
import type { Recognized } from "#core/recognize.ts";
import { defaultRules } from "#core/rules.ts";
import type { Rules } from "#core/rules.ts";

const credential: Credential = {
  format: "bhyt",
  documentKind: "bhyt",
  identity: "bhyt:0204287000",
  number: "0204287000",
  name: "Hoàng Xuân Thử",
  birthDate: "1981-07-30",
  sex: "male",
  validFrom: null,
  validTo: null,
  issuedOn: null,
  extras: null,
  warnings: [],
};

const nobodyHere: Situation = {
  laneDirection: "in",
  today: "2026-11-24",
  sameCodeAgoMs: null,
  lastEntry: null,
  isInside: false,
  insideCount: 0,
  watchedCase: null,
  personHere: null,
};

const card = (changes: Partial<Credential> = {}): Recognized => ({
  kind: "recognized",
  format: "bhyt",
  credential: { ...credential, ...changes },
});
const ago = (direction: "in" | "out", agoMs: number) => ({ direction, atMs: 1_000, agoMs });
const entry = (
  direction: "in" | "out",
  rest: Partial<Extract<Decision, { kind: "entry" }>> = {},
): Decision => ({
  kind: "entry",
  direction,
  directionKnown: "seen",
  flags: [],
  notice: null,
  ...rest,
});
const damaged: Recognized = { kind: "damaged", format: "cccd", reason: "fields-missing" };
const payment: Recognized = { kind: "foreign", format: "payment", reason: "payment" };
const inside = { isInside: true, insideCount: 1, lastEntry: ago("in", 3_600_000) };

const certificate: HealthCertificate = {
  signature: "valid",
  isOutOfDate: false,
  isSignerOutOfDate: false,
  issuer: "VN",
  name: "XUAN THU HOANG",
  birthDate: "1981",
  event: { kind: "vaccination", on: "2021-10-01", dose: 2, doses: 2 },
  issuedAtMs: null,
  expiresAtMs: null,
};
const paper = (changes: Partial<HealthCertificate> = {}): Recognized => ({
  kind: "attachment",
  format: "hc1",
  certificate: { ...certificate, ...changes },
  reason: "health-certificate",
});
const justPassed = {
  entryId: "entry-1",
  name: credential.name,
  birthDate: credential.birthDate,
  agoMs: 5_000,
};
const unattached: Decision = { kind: "unread", reason: "health-certificate" };
const attached = (
  changes: Partial<HealthCertificate>,
  standing: CertificateStanding = "valid",
  holder: HolderMatch = "same",
): Decision => ({
  kind: "attached",
  entryId: "entry-1",
  certificate: { ...certificate, ...changes },
  standing,
  holder,
});

type Row = readonly [
  name: string,
  recognized: Recognized,
  situation: Partial<Situation>,
  rules: Partial<Rules>,
  expected: Decision,
];

const table: readonly Row[] = [
  // What cannot be read comes first, whatever else is known.
  ["a damaged card is unread", damaged, {}, {}, { kind: "unread", reason: "fields-missing" }],
  [
    "a payment code is unread",
    payment,
    { sameCodeAgoMs: 1 },
    {},
    { kind: "unread", reason: "payment" },
  ],
  // The watch list wins over everything that would hide it.
  ["a watched person stops", card(), { watchedCase: "07" }, {}, { kind: "stop", caseNumber: "07" }],
  [
    "a watched person read twice still stops",
    card(),
    { watchedCase: "07", sameCodeAgoMs: 100 },
    {},
    { kind: "stop", caseNumber: "07" },
  ],
  // The same code again.
  [
    "the same code after 2.9 s is swallowed",
    card(),
    { ...inside, sameCodeAgoMs: 2_999 },
    {},
    { kind: "swallowed" },
  ],
  ["the same code after 3 s is not swallowed", card(), { sameCodeAgoMs: 3_000 }, {}, entry("in")],
  ["a time before the last boot swallows nothing", card(), { sameCodeAgoMs: -5 }, {}, entry("in")],
  // The same person again within the window.
  [
    "in, in after 40 s is a repeat",
    card(),
    { ...inside, lastEntry: ago("in", 40_000) },
    {},
    { kind: "repeat", earlier: ago("in", 40_000) },
  ],
  [
    "in, in after 120 s is an entry with a notice",
    card(),
    { ...inside, lastEntry: ago("in", 120_000) },
    {},
    entry("in", { flags: ["no-exit-seen"], notice: "already-inside" }),
  ],
  [
    "in, out after 40 s by the out lane is an exit",
    card(),
    { ...inside, laneDirection: "out", lastEntry: ago("in", 40_000) },
    {},
    entry("out"),
  ],
  [
    "in, auto after 40 s is a repeat",
    card(),
    { ...inside, laneDirection: "auto", lastEntry: ago("in", 40_000) },
    {},
    { kind: "repeat", earlier: ago("in", 40_000) },
  ],
  [
    "out, auto after 40 s is a repeat",
    card(),
    { laneDirection: "auto", lastEntry: ago("out", 40_000) },
    {},
    { kind: "repeat", earlier: ago("out", 40_000) },
  ],
  [
    "an entry in the future of this clock is no repeat",
    card(),
    { lastEntry: ago("in", -1) },
    {},
    entry("in"),
  ],
  [
    "the window is the place's",
    card(),
    { ...inside, lastEntry: ago("in", 40_000) },
    { repeatWindowMs: 30_000 },
    entry("in", { flags: ["no-exit-seen"], notice: "already-inside" }),
  ],
  // The lane's direction.
  ["the in lane lets in", card(), {}, {}, entry("in")],
  ["the out lane lets out", card(), { ...inside, laneDirection: "out" }, {}, entry("out")],
  [
    "an exit without an entry is recorded with a flag",
    card(),
    { laneDirection: "out" },
    {},
    entry("out", { flags: ["no-entry-seen"] }),
  ],
  [
    "auto lets in who is outside",
    card(),
    { laneDirection: "auto" },
    {},
    entry("in", { directionKnown: "assumed" }),
  ],
  [
    "auto lets out who is inside",
    card(),
    { ...inside, laneDirection: "auto" },
    {},
    entry("out", { directionKnown: "assumed" }),
  ],
  // Notices of policy.
  [
    "an expired card comes in with a notice",
    card({ validTo: "2026-11-23" }),
    {},
    {},
    entry("in", { flags: ["expired"], notice: "expired" }),
  ],
  ["the last day is still good", card({ validTo: "2026-11-24" }), {}, {}, entry("in")],
  ["a card valid to a year is good in all of it", card({ validTo: "2026" }), {}, {}, entry("in")],
  [
    "an expired card is refused where the place wants so",
    card({ validTo: "2025" }),
    {},
    { expiredCard: "refuse" },
    { kind: "refused", reason: "refused-expired" },
  ],
  [
    "nobody is kept inside by an expired card",
    card({ validTo: "2025" }),
    { ...inside, laneDirection: "out" },
    { expiredCard: "refuse" },
    entry("out", { flags: ["expired"] }),
  ],
  [
    "a card of tomorrow comes in with a notice",
    card({ validFrom: "2026-11-25" }),
    {},
    {},
    entry("in", { flags: ["not-yet-valid"], notice: "not-yet-valid" }),
  ],
  [
    "a full house is said",
    card(),
    { insideCount: 5 },
    { capacity: 5 },
    entry("in", { flags: ["over-capacity"], notice: "over-capacity" }),
  ],
  ["the last free place is not full", card(), { insideCount: 4 }, { capacity: 5 }, entry("in")],
  [
    "an unknown code is let in and said",
    card({ documentKind: "opaque" }),
    {},
    {},
    entry("in", { flags: ["opaque-code"], notice: "opaque-code" }),
  ],
  [
    "warnings of the card become flags",
    card({
      warnings: ["name-needs-checking", "unverified-signature", "number-masked", "sex-mismatch"],
    }),
    {},
    {},
    entry("in", { flags: ["name-needs-checking", "unverified-signature", "number-masked"] }),
  ],
  // A certificate belongs to whoever passed last, for a minute.
  ["a certificate without a person is unread", paper(), {}, {}, unattached],
  [
    "a certificate a minute later may be the next person's",
    paper(),
    { personHere: { ...justPassed, agoMs: 60_000 } },
    {},
    unattached,
  ],
  [
    "a certificate read twice is swallowed",
    paper(),
    { personHere: justPassed, sameCodeAgoMs: 2_999 },
    {},
    { kind: "swallowed" },
  ],
  ["a good certificate of the person", paper(), { personHere: justPassed }, {}, attached({})],
  [
    "a certificate that nobody trusts is not called out of date",
    paper({ signature: "unknown-signer", isOutOfDate: true }),
    { personHere: justPassed },
    {},
    attached({ signature: "unknown-signer", isOutOfDate: true }, "unknown-signer"),
  ],
  [
    "a certificate out of date",
    paper({ isOutOfDate: true }),
    { personHere: justPassed },
    {},
    attached({ isOutOfDate: true }, "out-of-date"),
  ],
  [
    "a certificate with another name",
    paper({ name: "TRẦN THỊ MẪU" }),
    { personHere: justPassed },
    {},
    attached({ name: "TRẦN THỊ MẪU" }, "valid", "other"),
  ],
  [
    "a certificate with another year of birth",
    paper({ birthDate: "1982" }),
    { personHere: justPassed },
    {},
    attached({ birthDate: "1982" }, "valid", "other"),
  ],
  [
    "a certificate beside a card without a name",
    paper(),
    { personHere: { ...justPassed, name: null } },
    {},
    attached({}, "valid", "unknown"),
  ],
];

describe("decide", () => {
  test.each(table)("%s", (_name, recognized, situation, rules, expected) => {
    const facts = { ...nobodyHere, ...situation };

    expect(decide(recognized, facts, { ...defaultRules, ...rules })).toEqual(expected);
  });

  test("every kind of decision stands in the table", () => {
    const kinds = new Set(table.map((row) => row[4].kind));

    expect([...kinds].toSorted()).toEqual([
      "attached",
      "entry",
      "refused",
      "repeat",
      "stop",
      "swallowed",
      "unread",
    ]);
  });

  test("who insists on leaving after a repeat leaves, and the entry says that it was forced", () => {
    const facts = { ...nobodyHere, ...inside };

    expect(forcedExit(credential, facts)).toEqual(entry("out", { flags: ["repeat-forced"] }));
    expect(forcedExit(credential, nobodyHere).flags).toEqual(["repeat-forced", "no-entry-seen"]);
  });
});
