import type { Random } from "#core/ports.ts";

const FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLE_OF_MEN = ["Văn", "Hữu", "Đức", "Công", "Quang"];
const MIDDLE_OF_WOMEN = ["Thị", "Ngọc", "Thuỳ", "Kim", "Mỹ"];
const GIVEN_OF_MEN = ["Mẫu", "Thử", "Dũng", "Hùng", "Sơn", "Tùng", "Vượng"];
const GIVEN_OF_WOMEN = ["Mẫu", "Thử", "Hằng", "Nguyệt", "Trang", "Uyển", "Yến"];
const PLACES = ["Thôn Mẫu, Xã Thử", "Ấp Mẫu, Xã Thử", "Tổ 5, Phường Thử", "12, Đường Số Một"];

/** How many of the people seen last may come again. */
const REMEMBERED_PEOPLE = 50;

/** Draws payloads of made-up citizen cards: about one in four is somebody who was here before. */
export type DemoCards = { next(): string };

/** Every name, number and place is invented; the numbers have the shape that Circular 59/2021/TT-BCA gives. */
export function createDemoCards(random: Random, nowMs: () => number): DemoCards {
  const people: string[] = [];
  return {
    next() {
      const isReturning = people.length > 0 && random.fraction() < 0.25;
      if (isReturning) return pick(people, random);
      const card = newCard(random, new Date(nowMs()).getUTCFullYear());
      people.push(card);
      if (people.length > REMEMBERED_PEOPLE) people.shift();
      return card;
    },
  };
}

function newCard(random: Random, thisYear: number): string {
  const isWoman = random.fraction() < 0.5;
  const birthYear = thisYear - 16 - whole(random, 60);
  const century = birthYear < 2000 ? 0 : 2;
  const sexDigit = century + (isWoman ? 1 : 0);
  const number = `${digits(random, 96, 3)}${sexDigit}${String(birthYear).slice(2)}${digits(random, 999_999, 6)}`;
  const name = [
    pick(FAMILY, random),
    pick(isWoman ? MIDDLE_OF_WOMEN : MIDDLE_OF_MEN, random),
    pick(isWoman ? GIVEN_OF_WOMEN : GIVEN_OF_MEN, random),
  ].join(" ");
  const birthDate = `${digits(random, 28, 2)}${digits(random, 12, 2)}${birthYear}`;
  const fields = [number, "", name, birthDate, isWoman ? "Nữ" : "Nam", pick(PLACES, random)];
  return [...fields, `${digits(random, 28, 2)}${digits(random, 12, 2)}2021`].join("|");
}

/** A number from 1 to `last`, with leading zeros. */
function digits(random: Random, last: number, width: number): string {
  return String(1 + whole(random, last)).padStart(width, "0");
}

function whole(random: Random, count: number): number {
  return Math.floor(random.fraction() * count);
}

function pick(choices: readonly string[], random: Random): string {
  return choices[whole(random, choices.length)] ?? "";
}
