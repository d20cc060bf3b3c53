/** Bytes of a subject: a keyed hash, so that any four of them are as good as a hash of it. */
export const SUBJECT_BYTES = 16;

/** Of one person. */
export type RowsOfSubject = { readonly subject: string; readonly rows: readonly number[] };

const NONE = -1;
/** At most half of the slots are taken. */
const SLOTS_PER_ROW = 2;

/**
 * The rows of each subject, in any order, where rows of `rowBytes` begin with their subject; `subjectAt` tells a row's
 * subject in hex, once for each subject. By hand, because a map of a hundred thousand strings takes several times as long.
 */
export function rowsBySubject(
  bytes: Buffer,
  rowBytes: number,
  subjectAt: (row: number) => string,
): readonly RowsOfSubject[] {
  const rows = bytes.length / rowBytes;
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(SLOTS_PER_ROW * rows + 1))).fill(NONE);
  // A slot has the last row of its subject; from there it goes back row by row.
  const rowBefore = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const slot = slotOf(bytes, row * rowBytes, slots, rowBytes);
    rowBefore[row] = slots[slot] ?? NONE;
    slots[slot] = row;
  }
  const subjects: RowsOfSubject[] = [];
  for (const last of slots) {
    if (last === NONE) continue;
    const own = [last];
    for (let row = rowBefore[last] ?? NONE; row !== NONE; row = rowBefore[row] ?? NONE) {
      own.push(row);
    }
    subjects.push({ subject: subjectAt(last), rows: own });
  }
  return subjects;
}

/** The slot of the subject at `start`, or the free one where it belongs. */
function slotOf(bytes: Buffer, start: number, slots: Int32Array, rowBytes: number): number {
  const mask = slots.length - 1;
  let slot = bytes.readUInt32LE(start) & mask;
  for (;;) {
    const row = slots[slot] ?? NONE;
    if (row === NONE || isSameSubject(bytes, start, row * rowBytes)) return slot;
    slot = (slot + 1) & mask;
  }
}

function isSameSubject(bytes: Buffer, one: number, other: number): boolean {
  for (let at = 0; at < SUBJECT_BYTES; at += 1) {
    if (bytes[one + at] !== bytes[other + at]) return false;
  }
  return true;
}
