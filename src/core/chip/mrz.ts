/** The machine-readable zone of a card (Doc 9303-3 and -5): what opens its chip, and what the chip says in data group 1. */

/** What is printed on a card and opens its chip. */
export type ChipPassword =
  /** Card access number: six digits. */
  | { readonly kind: "can"; readonly digits: string }
  /** Three fields of the machine-readable zone; dates are `YYMMDD`. */
  | {
      readonly kind: "mrz";
      readonly documentNumber: string;
      readonly birthDate: string;
      readonly expiryDate: string;
    };

/** What a card's machine-readable zone says of its holder. */
export type MachineReadableZone = {
  readonly issuer: string;
  /** Twelve digits where the card carries a personal number, else the card's own number. */
  readonly number: string;
  /** `2026-11-24`. */
  readonly birthDate: string;
  readonly sex: "male" | "female" | null;
  /** Upper case, without marks, family name first. */
  readonly name: string;
};

const WEIGHTS = [7, 3, 1] as const;
/** Three lines of 30 signs: cards of the size of a bank card (TD1). */
const TD1_SIGNS = 90;
const PERSONAL_NUMBER = /^\d{12}$/;

/** Check digit over letters, digits and `<` (Doc 9303-3, 4.9). */
export function mrzCheckDigit(text: string): string {
  const sum = Array.from(text).reduce(
    (total, sign, index) => total + valueOf(sign) * (WEIGHTS[index % 3] ?? 0),
    0,
  );
  return String(sum % 10);
}

/** The text that the access key is derived from (Doc 9303-11, 9.7.2). */
export function mrzInformation(password: Extract<ChipPassword, { kind: "mrz" }>): string {
  const number = password.documentNumber.padEnd(9, "<");
  return [number, password.birthDate, password.expiryDate]
    .map((field) => field + mrzCheckDigit(field))
    .join("");
}

/** Reads the zone of a TD1 card; null when a check digit is wrong or it is of another size. `today` tells centuries. */
export function parseMrz(text: string, today: string): MachineReadableZone | null {
  if (text.length !== TD1_SIGNS) return null;
  const [upper, middle, lower] = [text.slice(0, 30), text.slice(30, 60), text.slice(60)];
  const fields = [upper.slice(5, 15), middle.slice(0, 7), middle.slice(8, 15)];
  const composite =
    upper.slice(5) + middle.slice(0, 7) + middle.slice(8, 15) + middle.slice(18, 29);
  const areRight = [...fields, composite + middle.slice(29)].every(
    (field) => mrzCheckDigit(field.slice(0, -1)) === field.slice(-1),
  );
  if (!areRight) return null;
  const personal = upper.slice(15, 27);
  return {
    issuer: upper.slice(2, 5),
    number: PERSONAL_NUMBER.test(personal) ? personal : upper.slice(5, 14).replaceAll("<", ""),
    birthDate: fullDate(middle.slice(0, 6), today),
    sex: sexOf(middle.charAt(7)),
    name: lower.replaceAll(/<+/g, " ").trim(),
  };
}

function valueOf(sign: string): number {
  if (sign === "<") return 0;
  const value = Number.parseInt(sign, 36);
  return Number.isNaN(value) ? 0 : value;
}

/** Nobody is born after today. */
function fullDate(yymmdd: string, today: string): string {
  const year = Number(today.slice(0, 2)) * 100 + Number(yymmdd.slice(0, 2));
  const rest = `-${yymmdd.slice(2, 4)}-${yymmdd.slice(4)}`;
  return `${year}${rest}` > today ? `${year - 100}${rest}` : `${year}${rest}`;
}

function sexOf(sign: string): "male" | "female" | null {
  if (sign === "M") return "male";
  return sign === "F" ? "female" : null;
}
