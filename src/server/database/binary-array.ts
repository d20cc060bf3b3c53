/**
 * One-dimensional arrays in PostgreSQL's binary form (`array_send` and the elements' own send functions in its source),
 * as parameters of a statement: `pg` sends a Buffer as it is. A batch of 200 events is 25 such arrays; as text it would be
 * escaped here and parsed there, element by element, at three times the cost.
 */

type Element<T> = {
  /** The element type's number in `pg_type`; fixed for ever. */
  readonly oid: number;
  /** Bytes of a value. */
  size(value: T): number;
  /** Writes exactly `size` bytes. */
  write(into: Buffer, at: number, value: T): void;
};

const HEADER_BYTES = 20;
/** Where the header says how many elements there are. */
const COUNT_AT = 12;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const TWO_TO_32 = 2 ** 32;
/** PostgreSQL counts days from 1 January 2000. */
const FIRST_DAY = Date.UTC(2000, 0, 1) / 86_400_000;
const DASHES = /-/g;

/** Whole numbers below 2^53 as `bigint[]`. */
export function bigintArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(bigint, values);
}

/** Texts without zero characters as `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return arrayOf(text, values);
}

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  return arrayOf(bytea, values);
}

/** Bytes in hexadecimal as `bytea[]`. */
export function hexArray(values: readonly (string | null)[]): Buffer {
  return arrayOf(hex, values);
}

/** UUIDs in their usual text as `uuid[]`. */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  return arrayOf(uuid, values);
}

/** Days since 1 January 1970 as `date[]`. */
export function dateArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(date, values);
}

const bigint: Element<number> = {
  oid: 20,
  size: () => 8,
  write(into, at, value) {
    const high = Math.floor(value / TWO_TO_32);
    into.writeInt32BE(high, at);
    into.writeUInt32BE(value - high * TWO_TO_32, at + 4);
  },
};

const text: Element<string> = {
  oid: 25,
  size: (value) => Buffer.byteLength(value),
  write(into, at, value) {
    into.write(value, at, "utf8");
  },
};

const bytea: Element<Uint8Array> = {
  oid: 17,
  size: (value) => value.length,
  write(into, at, value) {
    into.set(value, at);
  },
};

const hex: Element<string> = {
  oid: 17,
  size: (value) => value.length >> 1,
  write(into, at, value) {
    into.write(value, at, "hex");
  },
};

const uuid: Element<string> = {
  oid: 2950,
  size: () => 16,
  write(into, at, value) {
    into.write(value.replace(DASHES, ""), at, "hex");
  },
};

const date: Element<number> = {
  oid: 1082,
  size: () => 4,
  write(into, at, value) {
    into.writeInt32BE(value - FIRST_DAY, at);
  },
};

function arrayOf<T>(element: Element<T>, values: readonly (T | null)[]): Buffer {
  const [first] = values;
  // Half of a batch's columns say the same for all its events.
  const isUniform =
    first !== undefined && values.length > 1 && values.every((one) => one === first);
  return isUniform ? repeated(element, first, values.length) : listed(element, values);
}

function repeated<T>(element: Element<T>, value: T | null, count: number): Buffer {
  const alone = listed(element, [value]);
  const one = alone.subarray(HEADER_BYTES);
  const array = Buffer.allocUnsafe(HEADER_BYTES + one.length * count);
  array.set(alone);
  array.writeInt32BE(count, COUNT_AT);
  array.fill(one, HEADER_BYTES);
  return array;
}

function listed<T>(element: Element<T>, values: readonly (T | null)[]): Buffer {
  const sizes = values.map((value) => (value === null ? NULL_LENGTH : element.size(value)));
  const bytes = sizes.reduce((sum, size) => sum + LENGTH_BYTES + Math.max(size, 0), HEADER_BYTES);
  const array = Buffer.allocUnsafe(bytes);
  // Dimensions, whether there are nulls, type; then the one dimension's length and its first index.
  const header = [1, sizes.includes(NULL_LENGTH) ? 1 : 0, element.oid, values.length, 1];
  let at = 0;
  for (const number of header) at = array.writeInt32BE(number, at);
  for (const [index, value] of values.entries()) {
    const size = sizes[index] ?? NULL_LENGTH;
    at = array.writeInt32BE(size, at);
    if (value === null) continue;
    element.write(array, at, value);
    at += size;
  }
  return array;
}
