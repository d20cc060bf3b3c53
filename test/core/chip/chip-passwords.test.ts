import { expect, test } from "vitest";
import { chipPasswords, lastDayOf } from "#core/chip/chip-passwords.ts";
import type { Credential } from "#core/credential.ts";

const credential: Credential = {
  format: "cccd",
  documentKind: "cccd",
  identity: "cccd:079085012345",
  number: "079085012345",
  name: "Nguyễn Văn Thử",
  birthDate: "1985-03-15",
  sex: "male",
  validFrom: null,
  validTo: null,
  issuedOn: "2021-04-19",
  extras: null,
  warnings: [],
};

test.each([
  ["before 25", "2003-03-21", "2021-08-14", "2028-03-21"],
  ["issued less than two years before 25 lasts until 40", "1998-01-10", "2021-08-14", "2038-01-10"],
  ["exactly two years before 25 lasts until 40", "1998-08-14", "2021-08-14", "2038-08-14"],
  ["a day more than two years before 25", "1998-08-15", "2021-08-14", "2023-08-15"],
  ["issued at 36 lasts until 40", "1985-03-15", "2021-04-19", "2025-03-15"],
  ["after 60 never ends", "1950-01-01", "2021-04-19", null],
  ["issued at 59 never ends", "1962-01-01", "2021-04-19", null],
  ["without a whole date of birth is not known", "1985", "2021-04-19", null],
])("the last day of a card %s", (_name, birthDate, issuedOn, lastDay) => {
  expect(lastDayOf(birthDate, issuedOn)).toBe(lastDay);
});

test("a chip card's code gives both ways to open its chip, the short one first", () => {
  expect(chipPasswords(credential)).toEqual([
    { kind: "can", digits: "012345" },
    { kind: "mrz", documentNumber: "085012345", birthDate: "850315", expiryDate: "250315" },
  ]);
});

test("without dates there is only the access number, and other cards have no chip", () => {
  expect(chipPasswords({ ...credential, issuedOn: null })).toEqual([
    { kind: "can", digits: "012345" },
  ]);
  expect(chipPasswords({ ...credential, documentKind: "bhyt" })).toEqual([]);
  expect(chipPasswords({ ...credential, number: null })).toEqual([]);
});
