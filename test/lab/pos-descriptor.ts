/**
 * Report descriptor of a HID POS scanner as Honeywell-like devices have it: USB-IF HID Point of Sale Usage Tables 1.02,
 * page 0x8C. The order of fields is that of layout A in docs/formats/hid-pos.md; the kernel hands on the bytes of every
 * layout alike, so the vectors of all three can be sent through it.
 */
export const posDescriptor: Uint8Array = bytes(
  "05 8c  09 02  a1 01", // page point of sale, usage bar code scanner, application
  "  09 12  a1 02  85 02", // scanned data report, number 2
  "    15 00  26 ff 00  75 08",
  "    95 01  05 01  09 3b  81 02", // byte count
  "    95 03  05 8c  09 fb  09 fc  09 fd  81 02", // AIM identifier
  "    95 38  09 fe  82 02 01", // 56 bytes of decoded data, buffered
  "    06 66 ff  95 02  09 04  09 09  81 02", // the maker's own code identifier
  "    05 8c  25 01  75 01  95 08  09 ff  81 02", // decode data continued
  "  c0",
  "  09 14  a1 02  85 04", // trigger report, number 4
  "    15 00  25 01  75 01  95 08  09 00  09 5f  09 60  09 00  09 00  09 85  09 86  09 00  91 86",
  "  c0",
  "  06 66 ff  75 08  26 ff 00",
  "  09 03  a1 02  85 fe  95 01  09 03  b2 82 01  c0", // feature report 0xfe: send to point of sale
  "c0",
);

/** Report descriptor of a keyboard: HID 1.11, appendix B.1, as scanners in keyboard mode show it. */
export const keyboardDescriptor: Uint8Array = bytes(
  "05 01  09 06  a1 01",
  "  05 07  19 e0  29 e7  15 00  25 01  75 01  95 08  81 02",
  "  95 01  75 08  81 03",
  "  95 05  75 01  05 08  19 01  29 05  91 02",
  "  95 01  75 03  91 03",
  "  95 06  75 08  15 00  25 65  05 07  19 00  29 65  81 00",
  "c0",
);

function bytes(...lines: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(lines.join("").replaceAll(" ", ""), "hex"));
}
