import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScannerSpec } from "#drivers/scanner-spec.ts";

describe("a --scanner value", () => {
  test.each([
    ["serial:/dev/ttyUSB0", { kind: "serial", path: "/dev/ttyUSB0", baudRate: 9600 }],
    ["serial:COM3?baud=115200", { kind: "serial", path: "COM3", baudRate: 115_200 }],
    [
      "serial:/dev/serial/by-id/usb-Made_Up:1-if00",
      { kind: "serial", path: "/dev/serial/by-id/usb-Made_Up:1-if00", baudRate: 9600 },
    ],
    ["serial:COM3?baud=auto", { kind: "serial-auto", path: "COM3" }],
    ["hid", { kind: "hid", model: null }],
    ["hid:0c2e:0B6A", { kind: "hid", model: { vendorId: 0x0c2e, productId: 0x0b6a } }],
    ["hid:0x5e0:0x1", { kind: "hid", model: { vendorId: 0x05e0, productId: 1 } }],
    [
      "usb:1eab:1A10",
      { kind: "usb", id: { vendorId: 0x1eab, productId: 0x1a10, serialNumber: null } },
    ],
    [
      "usb:1eab:1a10:A01:x",
      { kind: "usb", id: { vendorId: 0x1eab, productId: 0x1a10, serialNumber: "A01:x" } },
    ],
    ["wedge", { kind: "wedge" }],
    ["stdin", { kind: "stdin" }],
    ["demo", { kind: "demo", perSecond: 1 }],
    ["demo:2.5", { kind: "demo", perSecond: 2.5 }],
    ["demo:1000", { kind: "demo", perSecond: 1000 }],
  ])("%s is understood", (text, spec) => {
    expect(parseScannerSpec(text)).toEqual({ kind: "spec", spec });
  });

  test.each([
    ["", "there is no such kind"],
    ["usb", "two hexadecimal numbers"],
    ["usb:1eab:1a10:", "two hexadecimal numbers"],
    ["serial", "the port is missing"],
    ["serial:", "the port is missing"],
    ["serial:?baud=9600", "the port is missing"],
    ["serial:/dev/ttyUSB0?baud=fast", "only a speed"],
    ["serial:/dev/ttyUSB0?baud=0010", "only a speed"],
    ["serial:/dev/ttyUSB0?parity=even", "only a speed"],
    ["serial:/dev/ttyUSB0?baud=9600?baud=9600", "only a speed"],
    ["serial:/dev/ttyUSB0?baud=9999999", "only a speed"],
    ["hid:", "two hexadecimal numbers"],
    ["hid:0c2e", "two hexadecimal numbers"],
    ["hid:0c2e:00b6a", "two hexadecimal numbers"],
    ["wedge:1", "takes no more"],
    ["stdin:", "takes no more"],
    ["demo:", "cards a second"],
    ["demo:0", "cards a second"],
    ["demo:-1", "cards a second"],
    ["demo:1001", "cards a second"],
    ["constructor", "there is no such kind"],
  ])("%j is refused in a sentence that says why", (text, why) => {
    const parsed = parseScannerSpec(text);

    expect(parsed).toMatchObject({ kind: "refused", english: expect.stringContaining(why) });
    expect(parsed).toMatchObject({
      vietnamese: expect.stringContaining("Có thể dùng: serial:PATH"),
    });
  });

  test("of any text never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const kind of ["serial", "hid", "wedge", "stdin", "demo", ""]) {
          expect(["spec", "refused"]).toContain(parseScannerSpec(`${kind}:${text}`).kind);
        }
      }),
    );
  });
});
