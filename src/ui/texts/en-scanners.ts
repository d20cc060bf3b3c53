import { spanInWords } from "#ui/format.ts";
import type { SpanWords } from "#ui/format.ts";
import type { ScannerTexts } from "#ui/texts/texts.ts";

const many = (unit: string) => (count: number) => `${count} ${unit}${count === 1 ? "" : "s"}`;
const words: SpanWords = {
  day: many("day"),
  hour: many("hour"),
  minute: many("minute"),
  second: many("second"),
};

const MINUTE_MS = 60_000;

/** How every scanner is, in English. */
export const scannersEn: ScannerTexts = {
  title: "THE SCANNERS",
  none: "No scanner is connected yet.",
  lostState: {
    unplugged: "unplugged",
    busy: "in use",
    "no-permission": "not allowed",
    "not-found": "not found",
    failed: "failed",
  },
  silentState: "silent for long",
  waiting: "Opening the scanner",
  aliveSince: (time) => `Good since ${time}`,
  lostSince: (trouble, time) => {
    const what = {
      unplugged: "Unplugged",
      busy: "Used by another program",
      "no-permission": "Not allowed by this computer",
      "not-found": "Not found",
      failed: "Failed",
    }[trouble];
    return `${what} since ${time}`;
  },
  lastRead: (agoMs) =>
    agoMs < MINUTE_MS ? "has just read" : `last read ${spanInWords(agoMs, words)} ago`,
  neverRead: "has not read yet",
  tryCard: "Please try a card.",
  counts: {
    scans: (count) => `read ${count}`,
    repeated: (count) => `repeated ${count}`,
    torn: (count) => `cut off ${count}`,
    oversize: (count) => `too long ${count}`,
    noise: (count) => `noise ${count}`,
    ignored: (count) => `ignored ${count}`,
    commands: (count) => `command keys blocked ${count}`,
    lost: (count) => `lost ${count} times`,
  },
  technician: {
    unplugged: null,
    busy: null,
    "no-permission": "Technician: install the udev rules, or add the user to group dialout.",
    "not-found": "Technician: check the name of the port (COM) in the settings.",
    failed: "Technician: look into the station's log.",
  },
  holder: (program) => `The program ${program} is using the scanner.`,
};
