/** BER-TLV as chips and certificates write it (ISO/IEC 8825-1, ISO/IEC 7816-4 annex E): definite lengths only. */

/** One data object. `value` and `raw` look into the bytes that were parsed. */
export type Tlv = {
  /** All bytes of the tag as one number: `0x30`, `0x7f49`. */
  readonly tag: number;
  readonly value: Uint8Array;
  /** Tag, length and value. */
  readonly raw: Uint8Array;
};

const MANY_BYTE_TAG = 0x1f;
const MORE_TAG_BYTES = 0x80;
const MOST_LENGTH_BYTES = 3;

/** Every object in the bytes, in order; null when they are not whole objects. */
export function parseTlvs(bytes: Uint8Array): readonly Tlv[] | null {
  const found: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = tlvAt(bytes, at);
    if (next === null) return null;
    found.push(next);
    at += next.raw.length;
  }
  return found;
}

/** The objects in the one object that the bytes are; null when they are not one, or its tag is another. */
export function childrenOf(bytes: Uint8Array, tag: number): readonly Tlv[] | null {
  const only = onlyTlv(bytes);
  return only?.tag === tag ? parseTlvs(only.value) : null;
}

/** The one object that the bytes are. */
export function onlyTlv(bytes: Uint8Array): Tlv | null {
  const first = tlvAt(bytes, 0);
  return first !== null && first.raw.length === bytes.length ? first : null;
}

/** Bytes of the object that begins the bytes, tag and length included, as far as its header says; null: no header. */
export function announcedLength(start: Uint8Array): number | null {
  const header = headerAt(start, 0);
  return header === null ? null : header.valueAt + header.length;
}

/** One object with these parts as its value. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = concat(...parts);
  return concat(bigEndian(tag), lengthBytes(value.length), value);
}

/** All of them, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tlvAt(bytes: Uint8Array, at: number): Tlv | null {
  const header = headerAt(bytes, at);
  if (header === null) return null;
  const end = header.valueAt + header.length;
  if (end > bytes.length) return null;
  return {
    tag: header.tag,
    value: bytes.subarray(header.valueAt, end),
    raw: bytes.subarray(at, end),
  };
}

type Header = { readonly tag: number; readonly valueAt: number; readonly length: number };

function headerAt(bytes: Uint8Array, at: number): Header | null {
  const first = bytes[at];
  if (first === undefined) return null;
  let tag = first;
  let next = at + 1;
  if ((first & MANY_BYTE_TAG) === MANY_BYTE_TAG) {
    const second = bytes[next];
    // Longer tags exist in the standard and in no document that is read here.
    if (second === undefined || (second & MORE_TAG_BYTES) !== 0) return null;
    tag = tag * 256 + second;
    next += 1;
  }
  return withLength(bytes, tag, next);
}

function withLength(bytes: Uint8Array, tag: number, at: number): Header | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 0x80) return { tag, valueAt: at + 1, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > MOST_LENGTH_BYTES || at + 1 + count > bytes.length) return null;
  const length = bytes.subarray(at + 1, at + 1 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return { tag, valueAt: at + 1 + count, length };
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes = bigEndian(length);
  return Uint8Array.of(0x80 + bytes.length, ...bytes);
}

function bigEndian(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes.length === 0 ? [0] : bytes);
}
