import { assertNever } from "#core/assert.ts";
import type { Receipt } from "#server/citizens/desk.ts";
import { html, trustedHtml } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";

const clockTime = new Intl.DateTimeFormat("vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const calendarDay = new Intl.DateTimeFormat("vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
});

/** What stands on the page after a form was taken, and its title. */
export function receiptContent(
  receipt: Receipt,
  codeImage: string | null,
): { readonly title: string; readonly content: Html } {
  switch (receipt.kind) {
    case "check-in":
      return checkInReceipt(receipt);
    case "declaration":
      return declarationReceipt(receipt);
    case "personal-code":
      return codeReceipt(receipt, codeImage);
    case "feedback":
      return feedbackReceipt(receipt);
    default:
      return assertNever(receipt);
  }
}

/** `14:05 ngày 24/11/2026`, local. */
export function spokenTime(atMs: number): string {
  return `${clockTime.format(atMs)} ngày ${calendarDay.format(atMs)}`;
}

type Kind<K extends Receipt["kind"]> = Extract<Receipt, { kind: K }>;
type Content = { readonly title: string; readonly content: Html };

function checkInReceipt(receipt: Kind<"check-in">): Content {
  const title = receipt.direction === "in" ? "Đã ghi nhận lượt vào" : "Đã ghi nhận lượt ra";
  const place = receipt.placeName ?? `Địa điểm có mã ${receipt.placeCode} (sẽ được kiểm tra)`;
  return done(
    title,
    html`<p class="number">${spokenTime(receipt.atMs)}</p>
      <p><strong>${place}</strong></p>
      ${receipt.isRepeat ? html`<p>Lượt này đã được gửi trước đó và chỉ tính một lần.</p>` : null}
      <p>Lượt do quý vị tự ghi nhận. Xin đưa màn hình này cho nhân viên ở cửa nếu được hỏi.</p>`,
  );
}

function declarationReceipt(receipt: Kind<"declaration">): Content {
  const title = receipt.form === "health" ? "Đã nhận tờ khai y tế" : "Đã nhận tờ khai di chuyển";
  return done(
    title,
    html`<p>Nhận lúc ${spokenTime(receipt.declaredAtMs)}.</p>
      <p>Có hiệu lực đến:</p>
      <p class="number">${spokenTime(receipt.expiresAtMs)}</p>`,
  );
}

function codeReceipt(receipt: Kind<"personal-code">, codeImage: string | null): Content {
  return done(
    "Mã QR cá nhân của quý vị",
    html`<div class="card">
        ${codeImage === null ? null : trustedHtml(codeImage)}
        <p><strong>${receipt.name}</strong></p>
        <p>Mã cá nhân của tỉnh, cấp ngày ${calendarDay.format(receipt.issuedAtMs)}</p>
      </div>
      <div class="screen">
        <p>
          Xin in trang này rồi cắt theo khung, hoặc chụp lại màn hình, và đưa cho nhân viên ở cửa
          quét.
        </p>
        <p>Nếu làm mất mã, xin điền lại đúng họ tên, ngày sinh và số giấy tờ: mã cũ sẽ hiện ra.</p>
      </div>`,
  );
}

function feedbackReceipt(receipt: Kind<"feedback">): Content {
  return done(
    "Đã nhận góp ý",
    html`<p>Số phiếu của quý vị:</p>
      <p class="number">${receipt.ticket}</p>
      <p>Xin giữ số này khi hỏi về kết quả. Xin cảm ơn quý vị.</p>`,
  );
}

function done(title: string, content: Html): Content {
  return {
    title,
    content: html`<div class="done" role="status">
      <h1>${title}</h1>
      ${content}
    </div>`,
  };
}
