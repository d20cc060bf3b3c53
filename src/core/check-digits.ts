/**
 * The two check digits of ISO 7064 MOD 97-10 for a string of digits. Finds every single wrong digit and every swap of
 * two neighbours.
 */
export function mod97CheckDigits(digits: string): string {
  return String(98 - mod97(`${digits}00`)).padStart(2, "0");
}

/** True when a string of digits ends in its own MOD 97-10 check digits. */
export function hasMod97CheckDigits(digits: string): boolean {
  return mod97(digits) === 1;
}

/** The check digit of ISO 7064 MOD 11,10: finds every single wrong digit and nearly every swap of neighbours. */
export function mod11CheckDigit(digits: string): string {
  let product = 10;
  for (const digit of digits) {
    const sum = (product + Number(digit)) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return String((11 - product) % 10);
}

/** True when a string of digits ends in its GS1 check digit (EAN-8, UPC-A, EAN-13; GS1 General Specifications 7.9). */
export function hasGs1CheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const weight = (digits.length - index) % 2 === 0 ? 3 : 1;
    sum += weight * digitAt(digits, index);
  }
  return sum % 10 === 0;
}

function mod97(digits: string): number {
  let rest = 0;
  for (let index = 0; index < digits.length; index += 1) {
    rest = (rest * 10 + digitAt(digits, index)) % 97;
  }
  return rest;
}

function digitAt(digits: string, index: number): number {
  return digits.charCodeAt(index) - 48;
}
