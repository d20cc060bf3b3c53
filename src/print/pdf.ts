import PdfKitDocument from "pdfkit";
import { BARS_QUIET_ZONE } from "#print/code128.ts";
import type { CheckedCode128 } from "#print/code128.ts";
import { darkRuns, sideWithQuietZone } from "#print/qr-image.ts";
import type { CheckedQr } from "#print/decode-back.ts";
import { readPrintFonts } from "#print/fonts.ts";

/** Everything is measured in millimetres from the page's upper left corner; type sizes in points. */
export type Place = { readonly xMm: number; readonly yMm: number };

/** What a text is for a screen reader: the PDF is tagged. */
export type TextRole = "H1" | "H2" | "P";

export type TextStyle = Place & {
  readonly widthMm: number;
  readonly sizePt: number;
  /** Absent: a paragraph. */
  readonly role?: TextRole;
  readonly isBold?: boolean;
  readonly align?: "left" | "center" | "right";
  /** `#rrggbb`; absent: black. */
  readonly colour?: string;
};

export type PdfOptions = {
  readonly page: "A4" | "A3" | "A6";
  readonly orientation?: "portrait" | "landscape";
  readonly title: string;
  readonly language: "vi" | "en";
  /** Written into the file as its date, UTC milliseconds. The same content at the same time gives the same bytes. */
  readonly atMs: number;
};

/** A PDF in the making. */
export type Pdf = {
  readonly pageMm: { readonly width: number; readonly height: number };
  /**
   * Prints a text, broken into lines; returns where it ends, millimetres. A character that the fonts lack becomes "?".
   * Throws {@link PageOverflow}.
   */
  text(text: string, style: TextStyle): number;
  /** Height that the text would take, millimetres. */
  textHeightMm(text: string, style: TextStyle): number;
  /** Draws a code as vectors, quiet zone included. `alt` says in words what it is. */
  qr(qr: CheckedQr, place: Place & { readonly sizeMm: number; readonly alt: string }): void;
  /** Draws a bar code as vectors, its light margins included, `widthMm` in all. */
  bars(
    code: CheckedCode128,
    place: Place & { readonly widthMm: number; readonly heightMm: number; readonly alt: string },
  ): void;
  /** A thin line; decoration only. */
  line(from: Place, to: Place): void;
  /** A frame; decoration only. */
  box(place: Place & { readonly widthMm: number; readonly heightMm: number }): void;
  newPage(): void;
  /** The finished file. Nothing may be added afterwards. */
  finish(): Promise<Uint8Array>;
};

/** A text runs off its page: nothing is ever cut off in silence. */
export class PageOverflow extends Error {
  override readonly name = "PageOverflow";
}

/** What the fonts have no glyph for. It would vanish from the paper without a word. */
const UNPRINTABLE =
  /[^\n\u0020-\u007e\u00a0-\u017f\u01a0\u01a1\u01af\u01b0\u1e00-\u1eff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u20ab\u2116\u2122\u2212]/gu;

const POINTS_PER_MM = 72 / 25.4;
const LINE_GREY = "#767676";

/** Begins a PDF with one page: tagged, in Noto Sans, which is embedded. */
export function createPdf(options: PdfOptions): Pdf {
  const doc = newDocument(options);
  const finished = collect(doc);
  const pageMm = {
    width: doc.page.width / POINTS_PER_MM,
    height: doc.page.height / POINTS_PER_MM,
  };
  const textHeightMm = (text: string, style: TextStyle) =>
    fontFor(doc, style).heightOfString(printable(text), textOptions(style)) / POINTS_PER_MM;

  return {
    pageMm,
    textHeightMm,
    text(text, style) {
      const endMm = style.yMm + textHeightMm(text, style);
      if (endMm > pageMm.height) throw new PageOverflow(`a text ends at ${Math.ceil(endMm)} mm`);
      printText(doc, printable(text), style);
      return endMm;
    },
    qr: (qr, place) => drawQr(doc, qr, place),
    bars: (code, place) => drawBars(doc, code, place),
    line(from, to) {
      const decorate = () =>
        doc
          .moveTo(from.xMm * POINTS_PER_MM, from.yMm * POINTS_PER_MM)
          .lineTo(to.xMm * POINTS_PER_MM, to.yMm * POINTS_PER_MM)
          .lineWidth(0.5)
          .stroke(LINE_GREY);
      asDecoration(doc, decorate);
    },
    box({ xMm, yMm, widthMm, heightMm }) {
      const [x, y, width, height] = [xMm, yMm, widthMm, heightMm].map((mm) => mm * POINTS_PER_MM);
      const decorate = () =>
        doc
          .rect(x ?? 0, y ?? 0, width ?? 0, height ?? 0)
          .lineWidth(0.75)
          .stroke(LINE_GREY);
      asDecoration(doc, decorate);
    },
    newPage: () => void doc.addPage(),
    finish() {
      doc.end();
      return finished;
    },
  };
}

function printable(text: string): string {
  return text.normalize("NFC").replaceAll(UNPRINTABLE, "?");
}

function newDocument(options: PdfOptions): PDFKit.PDFDocument {
  const doc = new PdfKitDocument({
    size: options.page,
    layout: options.orientation ?? "portrait",
    margin: 0,
    lang: options.language === "vi" ? "vi-VN" : "en-GB",
    tagged: true,
    displayTitle: true,
    pdfVersion: "1.7",
    info: { Title: options.title, Producer: "TramQR", CreationDate: new Date(options.atMs) },
  });
  const fonts = readPrintFonts();
  doc.registerFont("regular", Buffer.from(fonts.regular));
  doc.registerFont("bold", Buffer.from(fonts.bold));
  return doc;
}

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", () => resolve(Buffer.concat(parts)));
    doc.on("error", reject);
  });
}

function fontFor(doc: PDFKit.PDFDocument, style: TextStyle): PDFKit.PDFDocument {
  return doc.font(style.isBold === true ? "bold" : "regular").fontSize(style.sizePt);
}

function textOptions(style: TextStyle) {
  return { width: style.widthMm * POINTS_PER_MM, align: style.align ?? "left" } as const;
}

function printText(doc: PDFKit.PDFDocument, text: string, style: TextStyle): void {
  const print = () =>
    void fontFor(doc, style)
      .fillColor(style.colour ?? "#000000")
      .text(text, style.xMm * POINTS_PER_MM, style.yMm * POINTS_PER_MM, textOptions(style));
  doc.addStructure(doc.struct(style.role ?? "P", {}, print));
}

function drawQr(
  doc: PDFKit.PDFDocument,
  qr: CheckedQr,
  { xMm, yMm, sizeMm, alt }: Place & { readonly sizeMm: number; readonly alt: string },
): void {
  const module = (sizeMm * POINTS_PER_MM) / sideWithQuietZone(qr);
  const [x, y] = [xMm * POINTS_PER_MM, yMm * POINTS_PER_MM];
  const draw = () => {
    for (const { column, row, length } of darkRuns(qr)) {
      doc.rect(x + column * module, y + row * module, length * module, module);
    }
    doc.fill("#000000");
  };
  doc.addStructure(doc.struct("Figure", { alt }, draw));
}

function drawBars(
  doc: PDFKit.PDFDocument,
  code: CheckedCode128,
  place: Place & { readonly widthMm: number; readonly heightMm: number; readonly alt: string },
): void {
  const module = (place.widthMm * POINTS_PER_MM) / (code.modules.length + 2 * BARS_QUIET_ZONE);
  const [x, y] = [place.xMm * POINTS_PER_MM, place.yMm * POINTS_PER_MM];
  const draw = () => {
    code.modules.forEach((dark, index) => {
      const left = x + (BARS_QUIET_ZONE + index) * module;
      if (dark === 1) doc.rect(left, y, module, place.heightMm * POINTS_PER_MM);
    });
    doc.fill("#000000");
  };
  doc.addStructure(doc.struct("Figure", { alt: place.alt }, draw));
}

/** A screen reader passes over it. */
function asDecoration(doc: PDFKit.PDFDocument, draw: () => void): void {
  doc.markContent("Artifact", { type: "Layout" });
  draw();
  doc.endMarkedContent();
}
