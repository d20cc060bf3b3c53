/** What kind of document identified the person. `manual` and `self` have no scan behind them. */
export type DocumentKind = "cccd" | "bhyt" | "national" | "tram" | "opaque" | "manual" | "self";

/** Every format the station can tell apart, persons first, diagnoses last. */
export type FormatName =
  | "cccd"
  | "bhyt"
  | "national"
  | "tram"
  | "hc1"
  | "place"
  | "payment"
  | "link"
  | "contact"
  | "product"
  | "opaque";

/** An ISO date that may stop early: `1985-03-15`, `1985-03` or `1985`. Cards of older people know only the year. */
export type PartialDate = string;

export type Sex = "male" | "female";

/**
 * Something about a readable card that its holder should not be refused for. Shown to the guard or counted in data
 * quality; never a reason to lose the entry.
 */
export type Warning =
  | "birth-year-mismatch"
  | "sex-mismatch"
  | "unknown-province"
  | "birth-date-unreadable"
  | "birth-date-in-future"
  | "issue-date-unreadable"
  | "issue-date-in-future"
  | "name-needs-checking"
  | "name-unreadable"
  | "number-masked"
  | "number-mismatch"
  | "unknown-object-code"
  | "terminator-missing"
  | "unverified-signature"
  | "extra-fields";

/** What any card says about its holder. Absent facts are null, never guessed. */
export type Credential = {
  readonly format: FormatName;
  readonly documentKind: DocumentKind;
  /**
   * What entries are joined by: `cccd:…`, `bhyt:…`, `tram:…`, `cmnd:…`, `passport:…`, `qid:…`, `opaque:…`. Sealed
   * before it leaves the station.
   */
  readonly identity: string;
  /** The document number as printed, for the masked line on the screen; null for opaque codes. */
  readonly number: string | null;
  /** In NFC, as the card spells it. */
  readonly name: string | null;
  readonly birthDate: PartialDate | null;
  readonly sex: Sex | null;
  /** First and last day of validity (BHYT); null when the card does not say or has no end. */
  readonly validFrom: PartialDate | null;
  readonly validTo: PartialDate | null;
  readonly issuedOn: PartialDate | null;
  /** Kept only when the place's policy asks for them; see {@link RecognizeContext.keepExtras}. */
  readonly extras: CredentialExtras | null;
  readonly warnings: readonly Warning[];
};

/** Fields that are dropped at parse time unless the place's policy asks for them (design: data minimisation). */
export type CredentialExtras = {
  readonly address: string | null;
  readonly oldNumber: string | null;
  readonly phone: string | null;
  readonly facility: string | null;
  readonly relatives: readonly string[];
};

/** What a format knows for certain; everything else starts as "the card does not say". */
export type CredentialFacts = Pick<Credential, "format" | "documentKind" | "identity" | "number"> &
  Partial<Credential>;

/** A whole credential from the facts that a format found. */
export function credentialOf(facts: CredentialFacts): Credential {
  return {
    format: facts.format,
    documentKind: facts.documentKind,
    identity: facts.identity,
    number: facts.number,
    name: facts.name ?? null,
    birthDate: facts.birthDate ?? null,
    sex: facts.sex ?? null,
    validFrom: facts.validFrom ?? null,
    validTo: facts.validTo ?? null,
    issuedOn: facts.issuedOn ?? null,
    extras: facts.extras ?? null,
    warnings: facts.warnings ?? [],
  };
}
