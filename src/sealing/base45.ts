const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const values = new Map(Array.from(ALPHABET, (sign, value) => [sign, value]));

/** Base45 (RFC 9285) → bytes; null for a foreign sign, a lost sign or a group that no bytes give. */
export function decodeBase45(text: string): Uint8Array | null {
  if (text.length % 3 === 1) return null;
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 3) {
    const group = text.slice(index, index + 3);
    const value = groupValue(group);
    if (value === null || value > (group.length === 3 ? 0xffff : 0xff)) return null;
    if (group.length === 3) bytes.push(value >> 8);
    bytes.push(value & 0xff);
  }
  return Uint8Array.from(bytes);
}

/** Signs of a group, the least significant first. */
function groupValue(group: string): number | null {
  let value = 0;
  for (let index = group.length - 1; index >= 0; index -= 1) {
    const digit = values.get(group.charAt(index));
    if (digit === undefined) return null;
    value = value * 45 + digit;
  }
  return value;
}
