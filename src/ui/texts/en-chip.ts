import type { ChipTexts } from "#ui/texts/texts.ts";

/** A card's chip, in English. */
export const chipEn: ChipTexts = {
  alone: {
    word: "SCAN FIRST",
    headline: "Scan the QR code of the card, then lay it on the reader.",
    lines: ["The station needs the card's number to open the chip."],
  },
  unread: "CHIP NOT READ",
  layAgain: "Lay the card still on the reader.",
  faults: {
    "not-a-document": "This is not an identity card with a chip.",
    refused: "The chip does not take this way of opening it.",
    "wrong-password": "The number on the card does not open the chip.",
    torn: "The card was taken away too early.",
  },
  notGenuine: "CHIP NOT GENUINE",
  otherPerson: "OTHER PERSON",
  callSupervisor: "Call the supervisor to compare documents.",
  standing: {
    valid: "Genuine chip, signed by its issuer.",
    "unknown-signer": "The chip was read; its signer is not known here.",
    invalid: "The chip's content is not what was signed.",
  },
  holder: {
    same: "Same person as the QR code.",
    other: "The chip's number is not that of the QR code.",
    unknown: "Could not be compared with the QR code.",
  },
};
