const DATA_BYTES = 56;

/** The input reports of a scan in layout A (docs/formats/hid-pos.md). */
export function layoutAReports(text: string): readonly Uint8Array[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / DATA_BYTES) }, (_, index) => {
    const end = (index + 1) * DATA_BYTES;
    const data = bytes.subarray(index * DATA_BYTES, end);
    const report = Buffer.alloc(64);
    report.set([2, data.length, 0x5d, 0x51, 0x31]);
    report.set(data, 5);
    report[61] = 0x73;
    report[63] = end < bytes.length ? 1 : 0;
    return report;
  });
}
