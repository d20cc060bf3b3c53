/** What the chain must make of one code: the entry that is due, or none. */
export type Card = {
  readonly payload: string;
  readonly verdict: "in" | "notice" | "unknown";
  /** As the province must hold it; null: nobody enters by this code. */
  readonly person: { readonly document: string | null; readonly name: string | null } | null;
};

const FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLE = ["Văn", "Thị", "Hữu", "Ngọc", "Đức", "Thuỳ", "Quốc"];
const GIVEN = ["Mẫu", "Thử", "Dũng", "Hằng", "Nguyệt", "Uyển", "Vượng", "Ổn", "Ước", "Kỷ", "Lẫm"];
const PLACE = "Thôn Mẫu, Xã Thử, Hà Nội";
const PAYMENT =
  "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F";
/** One code in so many is nobody's card. */
const STRAY_EVERY = 20;

type Maker = (index: number, name: string) => Card;

/**
 * Made-up cards of distinct persons, mixed: citizen cards (every other one with its name in NFD), health-insurance cards
 * (some run out), national codes, badges, and 5 % that nobody can enter by. The last one is always a person's.
 */
export function makeCards(count: number): readonly Card[] {
  return Array.from({ length: count }, (_, index) => {
    const isStray = index % STRAY_EVERY === 7 && index < count - 1;
    const make = isStray ? strayCode : (makers[index % makers.length] ?? citizenCard);
    return make(index, nameOf(index));
  });
}

const makers: readonly Maker[] = [
  citizenCard,
  decomposedCitizenCard,
  insuranceCard,
  nationalCode,
  citizenCard,
  decomposedCitizenCard,
  expiredInsuranceCard,
  citizenCard,
  badge,
];

function nameOf(index: number): string {
  const parts = [FAMILY, MIDDLE, GIVEN].map((names) => names[index % names.length] ?? "");
  return parts.join(" ").normalize("NFC");
}

function citizenCard(index: number, name: string): Card {
  const document = `001085${sixDigits(index)}`;
  const payload = `${document}||${name}|15031985|Nam|${PLACE}|19042021`;
  return { payload, verdict: "in", person: { document, name } };
}

function decomposedCitizenCard(index: number, name: string): Card {
  const card = citizenCard(index, name);
  return { ...card, payload: card.payload.normalize("NFD") };
}

function insuranceCard(index: number, name: string): Card {
  return insuranceUntil(index, name, { verdict: "in", lastDay: "31/12/2099" });
}

function expiredInsuranceCard(index: number, name: string): Card {
  return insuranceUntil(index, name, { verdict: "notice", lastDay: "31/12/2024" });
}

function insuranceUntil(
  index: number,
  name: string,
  end: { readonly verdict: "in" | "notice"; readonly lastDay: string },
): Card {
  const number = `0123${sixDigits(index)}`;
  const document = `DN472${number}`;
  const fields = [document, hex(name), "20/10/1990", "2", hex(PLACE), "72 - 065", "09/01/2018"];
  const rest = [end.lastDay, "10/01/2018", `7209${number}`, "-", "4", "01/08/2019", "7ea4-7102"];
  const payload = [...fields, ...rest, "$"].join("|");
  return { payload, verdict: end.verdict, person: { document, name } };
}

function nationalCode(index: number, name: string): Card {
  const document = `079087${sixDigits(index)}`;
  const payload = `${document}|${name}|1987-01-18|0|1629793885${sixDigits(index)}|`;
  return { payload, verdict: "in", person: { document, name } };
}

function badge(index: number): Card {
  const person = { document: null, name: null };
  return { payload: `THE-NHAN-VIEN-${sixDigits(index)}`, verdict: "notice", person };
}

/** A code for paying, a card cut in half, or a web address; distinct, because a code read twice in a row is swallowed. */
function strayCode(index: number, name: string): Card {
  const whole = citizenCard(index, name).payload;
  const strays = [
    PAYMENT,
    whole.slice(0, whole.indexOf(name) + 4),
    `https://vidu.example.invalid/${index}`,
  ];
  const payload = strays[Math.floor(index / STRAY_EVERY) % strays.length] ?? PAYMENT;
  return { payload, verdict: "unknown", person: null };
}

function sixDigits(index: number): string {
  return String(index + 1).padStart(6, "0");
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
