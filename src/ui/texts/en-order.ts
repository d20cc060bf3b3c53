import type { OrderTexts } from "#ui/texts/texts.ts";

/** What the province ordered, in English. */
export const orderEn: OrderTexts = {
  "upload-only": {
    word: "SCANNING PAUSED",
    lines: [
      "The province has asked this station to record nothing new for now.",
      "Please write on paper and tell the supervisor.",
    ],
  },
  wipe: {
    word: "BEING REMOVED",
    lines: [
      "The province is removing this station. All data is erased once it is sent.",
      "Please keep it on and connected, write on paper, tell the supervisor.",
    ],
  },
  wiped: {
    word: "STATION ERASED",
    lines: [
      "This station was removed by the province. No data is left on it.",
      "To use it again, ask the province for a new enrolment code.",
    ],
  },
  waiting: (count) => `${count} entries are still being sent.`,
  offline: (since, waiting) => `Offline since ${since}. ${waiting} entries wait, none is lost.`,
  allSent: "Everything has been sent to the province.",
};
