/** The fields of a health-insurance card by name, whichever of its layouts they came in. */
export type InsuranceFields = {
  readonly code: string;
  readonly name: string;
  readonly birthDate: string;
  readonly sex: string;
  readonly address: string;
  readonly facility: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly issuedOn: string;
  /** Province, district and social-insurance number; empty in the short layouts. */
  readonly managementCode: string;
  readonly parent: string;
  readonly hasTerminator: boolean;
};

const TERMINATOR = "$";
/** Province and number of the hospital, such as `72 - 065`; some cards have an en dash or a letter in it. */
const FACILITY = /^\d{2}\s*[-–]\s*[A-Z0-9]{3,5}$/i;

/**
 * Names the fields of a whole card: 15 (before April 2021), 17 (since), 9 or 10 (short). Null when there are too few,
 * too many, or when the end is not where this layout ends.
 */
export function nameInsuranceFields(fields: readonly string[]): InsuranceFields | null {
  if (fields.length === 15 || fields.length === 17) return nameLongLayout(fields);
  if (fields.length === 9 || fields.length === 10) return nameShortLayout(fields);
  return null;
}

function nameLongLayout(fields: readonly string[]): InsuranceFields | null {
  const end = (fields.at(-1) ?? "").trim();
  // Some readers lose the `$`, but keep the pipe before it.
  if (end !== TERMINATOR && end !== "") return null;
  const [code = "", name = "", birthDate = "", sex = "", address = "", facility = ""] = fields;
  const [validFrom = "", validTo = "", issuedOn = "", managementCode = "", parent = ""] =
    fields.slice(6);
  return {
    code: code.trim().toUpperCase(),
    name,
    birthDate,
    sex: sex.trim(),
    address: fields.length === 17 ? (fields[15] ?? "") : address,
    facility,
    validFrom,
    validTo,
    issuedOn,
    managementCode: managementCode.trim(),
    parent,
    hasTerminator: end === TERMINATOR,
  };
}

/** Without an address: the facility stands where a long card, cut off at this length, would have the address. */
function nameShortLayout(fields: readonly string[]): InsuranceFields | null {
  const [code = "", name = "", birthDate = "", sex = "", facility = "", validFrom = ""] = fields;
  if (!FACILITY.test(facility.trim())) return null;
  return {
    code: code.trim().toUpperCase(),
    name,
    birthDate,
    sex: sex.trim(),
    address: "",
    facility,
    validFrom,
    validTo: fields[6] ?? "",
    issuedOn: fields[7] ?? "",
    managementCode: "",
    parent: "",
    hasTerminator: true,
  };
}
