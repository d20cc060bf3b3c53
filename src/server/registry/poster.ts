import { assertNever } from "#core/assert.ts";
import { localDay } from "#core/dates.ts";
import { checkedQr } from "#print/decode-back.ts";
import type { CheckedQr } from "#print/decode-back.ts";
import type { Pdf } from "#print/pdf.ts";
import { qrPng, qrSvg } from "#print/qr-image.ts";
import { shortCodeGroups } from "#server/registry/short-code.ts";

/** What stands on a place's poster. */
export type Poster = {
  readonly placeName: string;
  readonly provinceName: string;
  /** `https://HOST`, without a path. */
  readonly publicUrl: string;
  readonly shortCode: string;
  /** When it is made, UTC milliseconds. */
  readonly atMs: number;
};

export const posterFormats = ["svg", "png", "pdf-a4", "pdf-a3"] as const;
export type PosterFormat = (typeof posterFormats)[number];

/** A file for people to print. */
export type PosterFile = { readonly contentType: string; readonly bytes: Uint8Array };

/** The printed code, quiet zone included: Hà Nội asked for 15 x 15 cm at doors in 2021. */
const QR_MM = 150;
/** A picture of about 1,200 pixels. */
const PIXELS_PER_MODULE = 32;
/** A3 is A4 made larger by the root of two. */
const A3_SCALE = Math.SQRT2;
const GREY = "#3b4552";

const steps = [
  ["1", "Mở máy ảnh hoặc ứng dụng quét mã trên điện thoại.", "Open your camera or a scanner app."],
  [
    "2",
    "Đưa mã này vào khung hình, rồi mở liên kết hiện ra.",
    "Point it here, then open the link.",
  ],
  ["3", "Điền tờ khai ngắn và cho người trực xem kết quả.", "Fill in the form, show the result."],
] as const;

/** What the code on the poster says. */
export function posterAddress({ publicUrl, shortCode }: Poster): string {
  return `${publicUrl}/c/${shortCode}`;
}

/** The place's code or its poster. The code was drawn and read back first; throws what `checkedQr` throws. */
export async function posterFile(poster: Poster, format: PosterFormat): Promise<PosterFile> {
  const qr = await checkedQr(posterAddress(poster), "poster");
  switch (format) {
    case "svg": {
      const svg = qrSvg(qr, QR_MM, `Mã QR địa điểm: ${poster.placeName}`);
      return { contentType: "image/svg+xml; charset=utf-8", bytes: Buffer.from(svg, "utf8") };
    }
    case "png":
      return { contentType: "image/png", bytes: qrPng(qr, PIXELS_PER_MODULE) };
    case "pdf-a4":
    case "pdf-a3":
      return { contentType: "application/pdf", bytes: await posterPdf(poster, qr, format) };
    default:
      return assertNever(format);
  }
}

async function posterPdf(
  poster: Poster,
  qr: CheckedQr,
  format: "pdf-a4" | "pdf-a3",
): Promise<Uint8Array> {
  // Loaded with the first poster: neither a server's start nor any other command waits for it.
  const { createPdf } = await import("#print/pdf.ts");
  const pdf = createPdf({
    page: format === "pdf-a4" ? "A4" : "A3",
    title: `Mã QR địa điểm – ${poster.placeName}`,
    language: "vi",
    atMs: poster.atMs,
  });
  const scale = format === "pdf-a4" ? 1 : A3_SCALE;
  drawHead(pdf, poster, scale);
  const qrSide = QR_MM * scale;
  pdf.qr(qr, {
    xMm: (pdf.pageMm.width - qrSide) / 2,
    yMm: 52 * scale,
    sizeMm: qrSide,
    alt: `Mã QR của địa điểm này: ${posterAddress(poster)}`,
  });
  drawCode(pdf, poster, scale);
  drawSteps(pdf, scale);
  drawFoot(pdf, poster, scale);
  return pdf.finish();
}

function centred(pdf: Pdf, yMm: number, sizePt: number, scale: number) {
  const xMm = 15 * scale;
  const widthMm = pdf.pageMm.width - 2 * xMm;
  return { xMm, yMm: yMm * scale, widthMm, sizePt: sizePt * scale, align: "center" } as const;
}

function drawHead(pdf: Pdf, poster: Poster, scale: number): void {
  pdf.text("XIN QUÉT MÃ KHI VÀO CỬA", { ...centred(pdf, 8, 34, scale), role: "H1", isBold: true });
  pdf.text("Please scan when you enter", { ...centred(pdf, 24, 14, scale), colour: GREY });
  const nameRoomMm = 19 * scale;
  const sizes = [24, 20, 16, 12, 9, 7];
  const fitting = sizes.find((sizePt) => {
    const style = { ...centred(pdf, 32, sizePt, scale), isBold: true };
    return pdf.textHeightMm(poster.placeName, style) <= nameRoomMm;
  });
  const sizePt = fitting ?? sizes.at(-1) ?? 7;
  const name = { ...centred(pdf, 32, sizePt, scale), role: "H2", isBold: true } as const;
  pdf.text(poster.placeName, name);
}

function drawCode(pdf: Pdf, poster: Poster, scale: number): void {
  const code = shortCodeGroups(poster.shortCode);
  pdf.text(`Mã địa điểm: ${code}`, { ...centred(pdf, 203, 22, scale), isBold: true });
  const host = poster.publicUrl.replace(/^https?:\/\//, "");
  const help = `Không quét được? Mở ${host}/c/ và nhập mã trên, hoặc nhờ người trực giúp.`;
  pdf.text(help, { ...centred(pdf, 214, 11, scale), colour: GREY });
}

function drawSteps(pdf: Pdf, scale: number): void {
  const textMm = pdf.pageMm.width - 50 * scale;
  for (const [index, [number, vi, en]] of steps.entries()) {
    const yMm = (225 + index * 17) * scale;
    const size = { sizePt: 28 * scale, widthMm: 15 * scale };
    pdf.text(number, { xMm: 20 * scale, yMm: yMm - 1.5 * scale, ...size, isBold: true });
    const text = { xMm: 35 * scale, widthMm: textMm };
    pdf.text(vi, { ...text, yMm, sizePt: 15 * scale });
    pdf.text(en, { ...text, yMm: yMm + 7 * scale, sizePt: 10 * scale, colour: GREY });
  }
}

function drawFoot(pdf: Pdf, poster: Poster, scale: number): void {
  const day = localDay(poster.atMs).split("-").toReversed().join("/");
  const text = `${poster.provinceName} · In ngày ${day}`;
  pdf.text(text, { ...centred(pdf, 281, 10, scale), colour: GREY });
}
