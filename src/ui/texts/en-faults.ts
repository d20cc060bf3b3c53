import type { LostWords, ScannerTrouble, UnknownReason, UnknownWords } from "#ui/texts/texts.ts";

const notRead = "NOT READ";
const wrongCode = "WRONG CODE";
const again = "Scan again. If that fails, write on paper.";
const personal = "Please show a personal code, health or ID card.";
const paper = "Ask for another document, or write on paper.";

const unread = (cause: string, action = again): UnknownWords => ({ word: notRead, action, cause });
const wrong = (cause: string): UnknownWords => ({ word: wrongCode, action: personal, cause });

/** Unknown verdicts in English. */
export const unknownEn: Readonly<Record<UnknownReason, UnknownWords>> = {
  "too-short": unread("The code is blurred or incomplete. Wipe it, hold it 10–20 cm away."),
  "fields-missing": unread("The code was cut short. Hold it still, 10–20 cm away."),
  "bad-number": unread("The number in the code is not right. Wipe the card, scan again."),
  "bad-check-digit": unread("The code is blurred or misread. Wipe it, hold it 10–20 cm away."),
  "bad-signature": unread("The signature in the code is not right.", paper),
  "not-hex": unread("The name on the health card was misread. Wipe it, scan again."),
  "input-method-on": unread(
    "The Vietnamese input method is on and spoils the code.",
    "Turn Unikey off (Ctrl+Shift), then scan again.",
  ),
  "wrong-layout": unread(
    "The keyboard layout is not US.",
    "Call the supervisor. Meanwhile, write on paper.",
  ),
  "two-cards": unread("Two codes were read as one.", "Scan one card at a time."),
  "newer-format": unread("A newer kind of code – the station needs an update.", paper),
  corrupt: unread("The code was damaged on the way. Wipe it, hold it 10–20 cm away."),
  noise: unread("The scanner did not read a whole code."),
  "place-code": wrong("This is the code of a place."),
  payment: wrong("This is a payment code."),
  link: wrong("This is the code of a web page."),
  contact: wrong("This is a business card."),
  product: wrong("This is a product code."),
  "health-certificate": {
    word: wrongCode,
    action: "Scan the card first, then this certificate.",
    cause: "This is a vaccination certificate.",
  },
  "not-saved": {
    word: "NOT SAVED",
    action: "Write it on paper and call the supervisor.",
    cause: "The station could not save this entry.",
  },
};

const reconnect = "Unplug the scanner's USB cable and plug it in again";
const light = "The light on the scanner must be on";
const tryCard = "Pull the trigger, try a card";

/** Lost scanners in English. */
export const lostEn: Readonly<Record<ScannerTrouble, LostWords>> = {
  unplugged: {
    banner: "Plug the USB cable in.",
    steps: [reconnect, light, tryCard],
  },
  "not-found": {
    banner: "Plug the USB cable in.",
    steps: [reconnect, light, tryCard],
  },
  failed: {
    banner: "Plug the USB cable in.",
    steps: [reconnect, light, tryCard],
  },
  busy: {
    banner: "Another program is using the scanner.",
    steps: ["Close the other program that uses the scanner", reconnect, tryCard],
  },
  "no-permission": {
    banner: "This computer does not allow the scanner. Call a technician.",
    steps: [
      "Call a technician: the computer does not allow the scanner",
      "Meanwhile, write on paper",
      tryCard,
    ],
  },
};
