import { VIETNAM_OFFSET_MS, localDay } from "#core/dates.ts";
import { checkedQr } from "#print/decode-back.ts";
import type { CheckedQr } from "#print/decode-back.ts";
import type { Pdf } from "#print/pdf.ts";

/** One page: the code of one new station at one gate. */
export type EnrolmentPage = {
  readonly placeName: string;
  readonly gateName: string;
  /** Twenty digits. */
  readonly code: string;
  /** UTC milliseconds. */
  readonly expiresAtMs: number;
};

/** A sheet for whoever sets stations up, one page a gate. */
export type EnrolmentSheet = {
  readonly provinceName: string;
  /** Where stations reach the server: `https://HOST`. */
  readonly serverUrl: string;
  readonly pages: readonly EnrolmentPage[];
  /** When it is made, UTC milliseconds. */
  readonly atMs: number;
};

const QR_MM = 70;
const GREY = "#3b4552";
const LEFT_MM = 20;
const WIDTH_MM = 170;

/** The digits in fours, as they are read aloud and typed. */
export function enrolmentCodeGroups(code: string): string {
  return code.replaceAll(/(\d{4})(?=\d)/g, "$1 ");
}

/**
 * A PDF with one page a code. Each code was drawn and read back first; throws what `checkedQr` throws, and PageOverflow
 * for names that no page holds.
 */
export async function enrolmentSheetPdf(sheet: EnrolmentSheet): Promise<Uint8Array> {
  const codes = await Promise.all(sheet.pages.map(({ code }) => checkedQr(code, "sheet")));
  // Loaded with the first sheet: neither a server's start nor any other command waits for it.
  const { createPdf } = await import("#print/pdf.ts");
  const pdf = createPdf({
    page: "A4",
    title: `Phiếu đăng ký trạm – ${sheet.provinceName}`,
    language: "vi",
    atMs: sheet.atMs,
  });
  for (const [index, page] of sheet.pages.entries()) {
    const qr = codes[index];
    if (qr === undefined) continue;
    if (index > 0) pdf.newPage();
    drawPage(pdf, sheet, page, qr);
  }
  return pdf.finish();
}

function drawPage(pdf: Pdf, sheet: EnrolmentSheet, page: EnrolmentPage, qr: CheckedQr): void {
  const body = { xMm: LEFT_MM, widthMm: WIDTH_MM };
  pdf.text("PHIẾU ĐĂNG KÝ TRẠM", { ...body, yMm: 15, sizePt: 26, role: "H1", isBold: true });
  pdf.text("Enrolment of one station", { ...body, yMm: 28, sizePt: 11, colour: GREY });
  const where = `${page.placeName}\n${page.gateName}`;
  pdf.text(where, { ...body, yMm: 38, sizePt: 16, role: "H2", isBold: true });

  pdf.qr(qr, { xMm: LEFT_MM, yMm: 80, sizeMm: QR_MM, alt: `Mã đăng ký ${page.code}` });
  const beside = { xMm: LEFT_MM + QR_MM + 8, widthMm: WIDTH_MM - QR_MM - 8 };
  pdf.text("Mã đăng ký (20 chữ số)", { ...beside, yMm: 84, sizePt: 11, colour: GREY });
  const groups = enrolmentCodeGroups(page.code);
  pdf.text(groups, { ...beside, yMm: 91, sizePt: 19, isBold: true });
  pdf.text("Dùng được đến · Valid until", { ...beside, yMm: 116, sizePt: 11, colour: GREY });
  pdf.text(localMoment(page.expiresAtMs), { ...beside, yMm: 123, sizePt: 19, isBold: true });

  drawSteps(pdf, sheet, page);
  const day = localMoment(sheet.atMs);
  const foot = `${sheet.provinceName} · In lúc ${day}`;
  pdf.text(foot, { ...body, yMm: 280, sizePt: 9, colour: GREY });
}

function drawSteps(pdf: Pdf, { serverUrl }: EnrolmentSheet, { code }: EnrolmentPage): void {
  const steps = [
    [
      "Trên máy của trạm, chạy lệnh dưới đây (gõ hoặc quét mã ở chỗ 20 chữ số):",
      "On the station's PC, run this; type the 20 digits or scan the code in their place:",
    ],
    [
      "Chờ màn hình “Sẵn sàng”, rồi quét thử một thẻ mẫu.",
      "Wait until the screen says “Sẵn sàng”, then try a sample card.",
    ],
    [
      "Mã chỉ dùng được một lần, cho một trạm. Xong thì hủy phiếu này.",
      "The code is good once, for one station. Destroy this sheet afterwards.",
    ],
  ] as const;
  const text = { xMm: LEFT_MM + 12, widthMm: WIDTH_MM - 12 };
  let yMm = 165;
  for (const [index, [vi, en]] of steps.entries()) {
    pdf.text(String(index + 1), { xMm: LEFT_MM, widthMm: 10, yMm, sizePt: 16, isBold: true });
    yMm = pdf.text(vi, { ...text, yMm, sizePt: 13 });
    yMm = pdf.text(en, { ...text, yMm, sizePt: 9, colour: GREY }) + 2;
    if (index === 0) {
      const command = `npm start -- --server ${serverUrl} --enrol ${code}`;
      yMm = pdf.text(command, { ...text, yMm, sizePt: 11, isBold: true }) + 4;
    }
    yMm += 4;
  }
}

function localMoment(atMs: number): string {
  const day = localDay(atMs).split("-").toReversed().join("/");
  const timeOfDay = new Date(atMs + VIETNAM_OFFSET_MS).toISOString().slice(11, 16);
  return `${timeOfDay} ngày ${day}`;
}
