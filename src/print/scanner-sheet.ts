import { checkedCode128 } from "#print/code128.ts";
import { checkedQr } from "#print/decode-back.ts";
import { createPdf } from "#print/pdf.ts";
import type { Pdf, TextStyle } from "#print/pdf.ts";

/** A line in the language that counts, and the same in English. */
export type TwoTongues = { readonly vietnamese: string; readonly english: string };

/** One step of setting a scanner up. */
export type SetUpStep = {
  readonly what: TwoTongues;
  /** Where the maker's manual has its code. */
  readonly manual: string;
  /** Content of the maker's setting code, printed as Code 128 with FNC3; null: scan the manual's. */
  readonly code: string | null;
};

/** One code whose reading the station checks. */
export type SheetTest = { readonly what: TwoTongues; readonly payload: string };

/** Everything that stands on a sheet: one A4 page for one family of scanners. */
export type ScannerSheet = {
  readonly title: TwoTongues;
  readonly steps: readonly SetUpStep[];
  readonly testTitle: TwoTongues;
  readonly tests: readonly SheetTest[];
  readonly notes: readonly TwoTongues[];
  /** Sources and date, small at the end. */
  readonly footer: string;
  readonly atMs: number;
};

const LEFT_MM = 15;
const WIDTH_MM = 180;
const BARS_WIDTH_MM = 68;
const BARS_HEIGHT_MM = 10;
const STEP_TEXT_MM = WIDTH_MM - BARS_WIDTH_MM - 4;
const GREY = "#404040";

/** Lays the sheet out. Every code on it is read back first: throws QrNotReadable, BarsNotReadable, PageOverflow. */
export async function scannerSheetPdf(sheet: ScannerSheet): Promise<Uint8Array> {
  const pdf = createPdf({
    page: "A4",
    title: sheet.title.vietnamese,
    language: "vi",
    atMs: sheet.atMs,
  });
  let yMm = titled(pdf, 12, sheet.title, { sizePt: 19, role: "H1" }) + 2;
  for (const [index, step] of sheet.steps.entries()) {
    yMm = (await printStep(pdf, yMm, index + 1, step)) + 1.6;
  }
  pdf.line({ xMm: LEFT_MM, yMm: yMm + 1 }, { xMm: LEFT_MM + WIDTH_MM, yMm: yMm + 1 });
  yMm = titled(pdf, yMm + 3, sheet.testTitle, { sizePt: 14, role: "H2" }) + 1;
  yMm = await printTests(pdf, yMm, sheet.tests);
  for (const note of sheet.notes) yMm = printNote(pdf, yMm + 1, note);
  const footer = { ...small(WIDTH_MM), sizePt: 6.5, xMm: LEFT_MM, yMm: 0 };
  const footerMm = pdf.textHeightMm(sheet.footer, footer);
  pdf.text(sheet.footer, { ...footer, yMm: Math.max(yMm + 2, pdf.pageMm.height - 8 - footerMm) });
  return pdf.finish();
}

function small(widthMm: number): Omit<TextStyle, "xMm" | "yMm"> {
  return { widthMm, sizePt: 8, colour: GREY };
}

function titled(
  pdf: Pdf,
  yMm: number,
  { vietnamese, english }: TwoTongues,
  style: { readonly sizePt: number; readonly role: "H1" | "H2" },
): number {
  const at = { xMm: LEFT_MM, widthMm: WIDTH_MM };
  const below = pdf.text(vietnamese, { ...at, ...style, yMm, isBold: true });
  return pdf.text(english, { ...at, yMm: below, sizePt: 9, colour: GREY });
}

/** A step and, beside it, its code; returns where the lower of both ends. */
async function printStep(pdf: Pdf, yMm: number, number: number, step: SetUpStep): Promise<number> {
  const widthMm = step.code === null ? WIDTH_MM : STEP_TEXT_MM;
  const at = { xMm: LEFT_MM, widthMm };
  const what = `${number}. ${step.what.vietnamese}`;
  const first = pdf.text(what, { ...at, yMm, sizePt: 11, isBold: true });
  const second = pdf.text(step.what.english, { ...small(widthMm), xMm: LEFT_MM, yMm: first });
  const last = pdf.text(`Sách/Manual: ${step.manual}`, {
    ...small(widthMm),
    xMm: LEFT_MM,
    yMm: second,
  });
  if (step.code === null) return last;
  const place = { xMm: LEFT_MM + WIDTH_MM - BARS_WIDTH_MM, yMm };
  const code = await checkedCode128(step.code, true);
  const alt = `Mã cài đặt ${step.code}`;
  pdf.bars(code, { ...place, widthMm: BARS_WIDTH_MM, heightMm: BARS_HEIGHT_MM, alt });
  const textAt = { ...small(BARS_WIDTH_MM), xMm: place.xMm, yMm: yMm + BARS_HEIGHT_MM + 0.5 };
  return Math.max(last, pdf.text(step.code, { ...textAt, align: "center" }));
}

/** Side by side, the longer payload the larger, all modules about alike. */
async function printTests(pdf: Pdf, yMm: number, tests: readonly SheetTest[]): Promise<number> {
  const codes = await Promise.all(
    tests.map(async ({ payload, what }) => ({ what, qr: await checkedQr(payload, "sheet") })),
  );
  const gapMm = 4;
  const sum = codes.reduce((total, { qr }) => total + qr.size, 0);
  const roomMm = WIDTH_MM - gapMm * (codes.length - 1);
  let xMm = LEFT_MM;
  let endMm = yMm;
  const tallest = Math.max(...codes.map(({ qr }) => (roomMm * qr.size) / sum));
  for (const { what, qr } of codes) {
    const sizeMm = (roomMm * qr.size) / sum;
    pdf.qr(qr, { xMm, yMm: yMm + tallest - sizeMm, sizeMm, alt: what.vietnamese });
    const at = { xMm, widthMm: sizeMm, align: "center" } as const;
    const below = pdf.text(what.vietnamese, {
      ...at,
      yMm: yMm + tallest,
      sizePt: 9.5,
      isBold: true,
    });
    endMm = Math.max(endMm, pdf.text(what.english, { ...small(sizeMm), ...at, yMm: below }));
    xMm += sizeMm + gapMm;
  }
  return endMm;
}

function printNote(pdf: Pdf, yMm: number, { vietnamese, english }: TwoTongues): number {
  const below = pdf.text(vietnamese, { xMm: LEFT_MM, yMm, widthMm: WIDTH_MM, sizePt: 10 });
  return pdf.text(english, { ...small(WIDTH_MM), xMm: LEFT_MM, yMm: below });
}
