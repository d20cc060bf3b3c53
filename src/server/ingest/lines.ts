const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of an NDJSON body as views of its bytes; empty lines are none. */
export function splitLines(body: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < body.length) {
    const found = body.indexOf(LINE_FEED, start);
    const next = found === -1 ? body.length : found;
    const end = body[next - 1] === CARRIAGE_RETURN ? next - 1 : next;
    if (end > start) lines.push(body.subarray(start, end));
    start = next + 1;
  }
  return lines;
}
