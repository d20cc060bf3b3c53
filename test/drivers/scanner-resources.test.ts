import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { knownUsbIds, usbKindOf } from "#drivers/vendors.ts";

type Usb = { readonly vendor: string; readonly product?: string; readonly mode: string };
type Profile = {
  readonly family: string;
  readonly recommended_mode: string;
  readonly hid_pos_layout: string;
  readonly sources: readonly string[];
  readonly usb: readonly Usb[];
};

const FOLDER = "resources/scanners";
const profiles = readdirSync(FOLDER).map(
  (file) => [file, parse(readFileSync(join(FOLDER, file), "utf8")) as unknown as Profile] as const,
);
const usbEntries = profiles.flatMap(([, { usb }]) => usb);
const rules = readFileSync("resources/linux/70-tramqr-scanners.rules", "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const kindOf = ({ vendor, product = "ffff" }: Usb) =>
  usbKindOf(parseInt(vendor, 16), parseInt(product, 16));

describe("the profiles of scanners", () => {
  test.each(profiles)("%s names its sources and agrees with the table of vendors", (_, profile) => {
    expect(profile.sources.length).toBeGreaterThan(0);
    expect(["A", "B", "C", "unknown", "none"]).toContain(profile.hid_pos_layout);
    for (const usb of profile.usb) {
      const wrongMode = usb.mode === "keyboard" || usb.mode === "own-protocol" ? usb.mode : null;
      expect({ ...usb, is: kindOf(usb) }).toMatchObject({
        is: usb.mode === "cable" ? { kind: "bridge" } : { kind: "scanner", wrongMode },
      });
    }
  });

  test("leave out no vendor and no cable that the program knows", () => {
    const described = usbEntries.flatMap(({ vendor, product }) => [vendor, `${vendor}:${product}`]);
    const known = knownUsbIds().map(({ vendor, product }) =>
      product === null ? vendor : `${vendor}:${product}`,
    );

    expect(known.filter((id) => !described.includes(id))).toEqual([]);
    expect(known.length).toBeGreaterThan(20);
  });

  test("hold no addresses", () => {
    for (const [file] of profiles) {
      expect(readFileSync(join(FOLDER, file), "utf8")).not.toMatch(/https?:|www\./);
    }
  });
});

describe("the udev rules", () => {
  test.each(knownUsbIds())(
    "open the tty of $vendor:$product, and its hidraw unless it is a cable",
    (id) => {
      const product = id.product === null ? "" : `, ATTRS{idProduct}=="${id.product}"`;
      const tty = `SUBSYSTEM=="tty", ATTRS{idVendor}=="${id.vendor}"${product}, `;
      const model = id.product === null ? "*" : `${id.product.toUpperCase()}.*`;
      const hidraw = `KERNEL=="hidraw*", KERNELS=="0003:${id.vendor.toUpperCase()}:${model}", MODE="0660"`;

      expect(rules.filter((rule) => rule.startsWith(tty))).toHaveLength(1);
      expect(rules.filter((rule) => rule.startsWith(hidraw))).toHaveLength(id.isCable ? 0 : 1);
    },
  );

  test("keep ModemManager away from every tty, and concern nothing else", () => {
    for (const rule of rules) {
      const isTty = rule.startsWith('SUBSYSTEM=="tty"');
      expect(rule.includes('ENV{ID_MM_DEVICE_IGNORE}="1"')).toBe(isTty);
      expect(isTty || rule.startsWith('KERNEL=="hidraw*"')).toBe(true);
    }
  });

  test("consist of matches and assignments that udev knows, one rule a line", () => {
    const part =
      /^(KERNEL|KERNELS|SUBSYSTEM|ATTRS\{\w+\}|MODE|GROUP|TAG|ENV\{\w+\})(==|=|\+=)"[^"]+"$/;
    for (const rule of rules) {
      for (const one of rule.split(", ")) expect(one).toMatch(part);
    }
  });
});
