/** Made-up names of the usual shape: family, middle, given. Seeded, so that a failure can be looked at again. */
const FAMILY =
  "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đoàn Đinh Lương Trịnh Mạc Tạ Kiều Quách Thái".split(
    " ",
  );
const MIDDLE =
  "Văn Thị Hữu Đức Công Quốc Minh Ngọc Thanh Thùy Xuân Hồng Bảo Gia Kim Như Phương Diệu Tuấn Mỹ Quỳnh Đình Thế Khánh".split(
    " ",
  );
const GIVEN =
  "Ẩn Mẫu Thử Hà Hằng Hạnh Hiếu Hòa Huệ Hùng Hương Khuê Lâm Liên Lộc Lượng Mỹ Nghĩa Nguyệt Nhàn Nhị Phúc Phượng Quý Quyền Sỹ Tâm Tảo Thắm Thìn Thủy Tiễn Trí Trước Tú Tường Uyển Vĩnh Vỹ Xoài Yến Ý Ỷ Đạt Đậu Được Ổn Ửng Ngạn Ngãi Kỵ Lẫm Bưởi Giỏi Chiến Cường Dũng".split(
    " ",
  );

/** `count` different-looking names from a seed. */
export function madeUpNames(count: number, seed: number): readonly string[] {
  let state = seed;
  const pick = (words: readonly string[]): string => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return words[Math.floor((state / 2 ** 31) * words.length)] ?? "";
  };
  return Array.from({ length: count }, (_, index) => {
    const middle = index % 3 === 0 ? `${pick(MIDDLE)} ${pick(MIDDLE)}` : pick(MIDDLE);
    return `${pick(FAMILY)} ${middle} ${pick(GIVEN)}`;
  });
}
