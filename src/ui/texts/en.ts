import type { Direction } from "#core/entry.ts";
import { spanInWords } from "#ui/format.ts";
import type { SpanWords } from "#ui/format.ts";
import { lostEn, unknownEn } from "#ui/texts/en-faults.ts";
import { orderEn } from "#ui/texts/en-order.ts";
import { scannerTestEn } from "#ui/texts/en-scanner-test.ts";
import { scannersEn } from "#ui/texts/en-scanners.ts";
import { chipEn } from "#ui/texts/en-chip.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

const counted = (unit: string) => (count: number) => `${count} ${unit}${count === 1 ? "" : "s"}`;
const spanWords: SpanWords = {
  day: counted("day"),
  hour: counted("hour"),
  minute: counted("minute"),
  second: counted("second"),
};
const span = (ms: number) => spanInWords(ms, spanWords);
const passage: Readonly<Record<Direction, string>> = { in: "In", out: "Out" };

/** The province's codes in words; one that is not known yet is read out as it is. */
const refusals: Readonly<Record<string, string>> = {
  "station-revoked": "station revoked",
  "station-unknown": "station not known",
  "signature-invalid": "signature does not match",
  "signature-missing": "signature does not match",
};

/** The screens' words in English, for visitors and technicians; one key away. */
export const en: StationTexts = {
  verdict: {
    in: "COME IN",
    out: "CHECKED OUT",
    notice: {
      repeat: "ALREADY SCANNED",
      "already-inside": "ALREADY INSIDE",
      expired: "CARD EXPIRED",
      "not-yet-valid": "NOT VALID YET",
      "over-capacity": "PLACE IS FULL",
      "opaque-code": "CODE NOT KNOWN",
      "refused-expired": "CARD EXPIRED",
      "certificate-invalid": "NOT GENUINE",
      "certificate-unknown-signer": "UNKNOWN ISSUER",
      "certificate-out-of-date": "OUT OF DATE",
      "certificate-other-person": "OTHER NAME",
    },
    at: (direction, time) => `${passage[direction]} at ${time}`,
    stayed: (ms) => `Was inside for ${span(ms)}`,
    noEntrySeen: "No entry was seen – the exit is recorded.",
    nameNeedsChecking: "The name on the card may be wrong, please check.",
    repeat: (direction, time, agoMs) =>
      `${direction === "in" ? "Came in" : "Went out"} at ${time}, ${span(agoMs)} ago. Not recorded again.`,
    repeatAsExit: "If this person is leaving, press F6.",
    alreadyInside: (time) =>
      time === null ? "No exit was seen last time." : `Came in at ${time}, no exit was seen.`,
    expired: (day) => (day === null ? "The card has expired." : `The card expired on ${day}.`),
    notYetValid: "The card is not valid yet.",
    overCapacity: "The place holds as many people as allowed.",
    opaqueCode: "This code is new here; it will be checked once online.",
    certificate: {
      about: {
        vaccination: "Vaccination certificate",
        test: "Test certificate",
        recovery: "Recovery certificate",
      },
      doses: (dose, doses) => (doses === null ? `dose ${dose}` : `dose ${dose}/${doses}`),
      standing: {
        valid: "Signature good, in date.",
        invalid: "The signature is wrong: not valid.",
        "unknown-signer": "The station does not know who signed it.",
        "out-of-date": "Outside its dates; the signature is good.",
      },
      holder: {
        same: "Same name as on the card.",
        other: "Name or birth date differ from the card.",
        unknown: "Please compare the name on the paper.",
      },
    },
    refusedExpired: "Please show another document.",
    recorded: (direction) => (direction === "in" ? "Entry recorded." : "Exit recorded."),
    notRecorded: "Not recorded.",
    noName: "No name",
  },
  unknown: unknownEn,
  stop: {
    word: "PLEASE STOP",
    callSupervisor: (caseNumber) =>
      caseNumber === null ? "Call the supervisor" : `Call the supervisor · Case ${caseNumber}`,
    howToEnd: "Press F9 when it is settled",
    question: "How was it settled?",
    outcomes: {
      "let-in": "Let in",
      "turned-away": "Turned away",
      mistaken: "Wrong person",
    },
    waiting: (count) => `${count} more waiting`,
    later: "Next scan",
  },
  idle: {
    word: "SCAN YOUR CODE",
    hint: "Hold your QR code, health or ID card to the scanner",
    way: { in: "WAY IN", out: "WAY OUT", auto: "WAY IN AND OUT" },
    scannerNumber: (number) => `Scanner ${number}`,
    noScanner: "No scanner is connected yet.",
  },
  frame: {
    title: "TramQR",
    inside: "Inside",
    direction: { in: "IN", out: "OUT", auto: "IN AND OUT" },
    recent: "Last scans",
    nobodyYet: "Nobody yet",
    undone: "Undone",
    passage,
    connecting: "STARTING",
    connectingHint: "One moment please, the station is almost ready.",
    stationLost: "STATION NOT ANSWERING",
    stationLostHint: "Connecting again. Meanwhile, please write on paper.",
  },
  lamps: {
    scanner: "Scanner",
    network: "Network",
    scannerState: { waiting: "waiting", alive: "good", lost: "lost" },
    networkState: {
      online: "good",
      offline: "lost",
      connecting: "connecting",
      "not-enrolled": "not enrolled",
      refused: "refused",
      backlog: "catching up",
    },
  },
  banner: {
    commitFailing: "NOT SAVED. Please write on paper and call the supervisor now.",
    scannerLost: (scanner, since, what) => `${scanner.toUpperCase()} LOST since ${since}. ${what}`,
    inputMethod: "VIETNAMESE INPUT METHOD IS ON and spoils codes. Turn Unikey off: Ctrl+Shift.",
    allScanners: "All scanners",
    onPaper: "Meanwhile, write on paper.",
    othersWork: "The other scanner works.",
    scannerSilent: (scanner, since) =>
      `${scanner} has read no code since ${since}. Please try a card.`,
    clock: (offsetMs) =>
      `CLOCK IS WRONG (${span(offsetMs)} ${offsetMs > 0 ? "slow" : "fast"}). The server's time is used. Call the supervisor.`,
    disk: (size) => `Storage is running low: ${size} left. Tell the supervisor.`,
    diskCritical: (size) => `STORAGE ALMOST FULL: ${size} left. Call the supervisor now.`,
    refused: (code) =>
      `The province refuses: ${refusals[code] ?? code}. Keep scanning, call the supervisor.`,
    notEnrolled: (waiting) =>
      `Station not enrolled yet – scanning goes on. ${waiting} entries waiting.`,
    offline: (since, waiting) =>
      `Offline since ${since} – scanning goes on. ${waiting} entries waiting.`,
    backlog: (waiting) => `Catching up: ${waiting} entries left. Scanning goes on.`,
    tellSupervisor: "Tell the supervisor.",
  },
  lost: lostEn,
  scanners: scannersEn,
  keys: {
    undo: "Undo",
    direction: "Direction",
    repeatAsExit: "Record exit",
    otherLanguage: "Tiếng Việt",
    display: "Text, theme",
    acknowledge: "Settled",
    silence: "Alarm off",
    scanners: "Scanners",
    back: "Back",
    chooseDirection: (scanner) => (scanner === null ? "Direction:" : `Direction of ${scanner}:`),
    choices: { in: "In", out: "Out", auto: "In and out" },
    nextScanner: "Other scanner",
    keys: "Keys",
  },
  notes: {
    undone: "The last entry was undone.",
    nothingToUndo: "There is nothing to undo.",
    tooLate: "Too long ago to undo.",
    notSaved: "Could not be saved. Please try again.",
    noAnswer: "The station does not answer. Please try again.",
    notRead: "This station reads no keyboard scanner. Call the technician.",
    directionSet: (direction) =>
      `Changed: ${{ in: "way in", out: "way out", auto: "way in and out" }[direction]}.`,
    acknowledged: "The outcome is recorded.",
    scannerBack: "Scanner is back.",
    held: "The station is paused; nothing can be recorded.",
    silenced: "Alarm off. The scanner still does not work.",
  },
  scannerTest: scannerTestEn,
  chip: chipEn,
  order: orderEn,
};
