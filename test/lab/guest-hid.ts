import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { runRead } from "#main/read.ts";
import { until } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { driverFor, findAll } from "./guest-ports.ts";
import { readDriver } from "./guest-reading.ts";
import type { Reading } from "./guest-reading.ts";
import { makeHidDevice } from "./guest-uhid.ts";
import type { MadeDevice } from "./guest-uhid.ts";
import { reportsOf } from "../drivers/hid-reports.ts";
import { keyboardDescriptor, posDescriptor } from "./pos-descriptor.ts";

type Vector = {
  readonly name: string;
  readonly text?: string;
  readonly reports: readonly string[];
};

const VENDOR = 0x0c2e;
const PRODUCT = 0x0b61;
const posModel = {
  name: "Lab HID POS scanner",
  vendorId: VENDOR,
  productId: PRODUCT,
  descriptor: posDescriptor,
};
const typingModel = {
  name: "Lab scanner that types",
  vendorId: VENDOR,
  productId: 0x0200,
  descriptor: keyboardDescriptor,
};

/** Longer than the silence after which the driver calls a scan whole or torn, milliseconds. */
const PAUSE_MS = 400;

/** uhid → the kernel's hidraw → udev with our rules → node-hid → the product's driver. */
export async function tryHid(bench: Bench): Promise<void> {
  const found = makeHidDevice(posModel);
  await findsIt(bench);
  await opensOnlyScanners(bench);
  found.unplug();
  await readsVectors(bench);
  const scanner = await openScanner();
  const redirect = scanner.device.received().join(" ");
  bench.check("a Honeywell is told to send here (feature report fe 01)", redirect === "fe01");
  await survivesOverflow(bench, scanner);
  await survivesUnplug(bench, scanner);
  await scanner.reading.stop();
}

async function findsIt(bench: Bench): Promise<void> {
  const typing = makeHidDevice(typingModel);
  const found = await until(async () => {
    const scanners = (await findAll()).filter((scanner) => scanner.kind !== "not-listed");
    return scanners.length >= 2 && scanners;
  }, "both made HID devices are listed");
  const pos = found.find((scanner) => scanner.kind === "ready");
  const isRight = pos?.mode === "hid" && pos.id.vendorId === VENDOR && pos.id.productId === PRODUCT;
  bench.check("discovery finds the scanner by usage page 8c", isRight, pos?.label);
  const wrong = found.find((scanner) => scanner.kind === "wrong-mode");
  bench.check(
    "discovery names the same maker's model that types",
    wrong?.mode === "keyboard",
    wrong?.label,
  );
  typing.unplug();
}

/** The rules in resources/linux: signed-in people and the group get scanners, nobody gets a keyboard. */
async function opensOnlyScanners(bench: Bench): Promise<void> {
  const names = await until(() => {
    const hidraws = readdirSync("/dev").filter((name) => name.startsWith("hidraw"));
    return hidraws.length >= 2 && hidraws;
  }, "hidraw files of the scanner and of the USB keyboard");
  spawnSync("udevadm", ["settle", "-t", "30"]);
  const plugdev = Number(/^plugdev:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1]);
  for (const name of names) {
    const path = `/dev/${name}`;
    const isScanner = idsOf(name) === "0C2E:0B61";
    const { mode, gid } = statSync(path);
    const tags = spawnSync("udevadm", ["info", "-q", "property", path], {
      encoding: "utf8",
    }).stdout;
    const facts = [
      mode & 0o007 ? "open to all" : "",
      gid === plugdev && mode & 0o060 ? "group" : "",
      /^TAGS=.*:uaccess:/m.test(tags) ? "seat" : "",
      canOpen(path, plugdev) ? "plugdev opens" : "",
      canOpen(path, 65_534) ? "nobody opens" : "",
    ].filter((fact) => fact !== "");
    const expected = isScanner ? "group, seat, plugdev opens" : "";
    bench.check(
      `udev: ${isScanner ? "the scanner is for the group and the seat" : "a keyboard stays shut"}`,
      facts.join(", ") === expected,
      `${name} ${idsOf(name)}: ${facts.join(", ") || "root only"}`,
    );
  }
}

function idsOf(name: string): string {
  const event = readFileSync(`/sys/class/hidraw/${name}/device/uevent`, "utf8");
  return /HID_ID=\w+:0000(\w+):0000(\w+)/.exec(event)?.slice(1).join(":") ?? "";
}

/** A person who is not root, with this group alone, tries to open the device for reading and writing. */
function canOpen(path: string, gid: number): boolean {
  const shell = ["sh", "-c", `exec 3<>${path}`];
  return spawnSync("/run/busybox", shell, { uid: 65_534, gid }).status === 0;
}

/** The same byte vectors as in the unit tests, now through the kernel, each from a scanner of its own. */
async function readsVectors(bench: Bench): Promise<void> {
  const file = JSON.parse(readFileSync("test/fixtures/hid-pos.json", "utf8")) as {
    readonly vectors: readonly Vector[];
  };
  for (const vector of file.vectors.filter(({ text }) => text !== undefined)) {
    const scanner = await openScanner();
    await readsVector(bench, scanner, vector);
    await closeScanner(scanner);
  }
}

async function readsVector(bench: Bench, scanner: OpenScanner, vector: Vector): Promise<void> {
  const { device, reading } = scanner;
  const startedMs = performance.now();
  for (const report of vector.reports) device.send(Buffer.from(report, "hex"));
  await until(() => reading.scans.length > 0, `the scan of ${vector.name}`);
  const ms = (performance.now() - startedMs).toFixed(0);
  await wait(PAUSE_MS);
  const isRight = reading.scans.length === 1 && reading.scans[0] === vector.text;
  bench.check(`HID read: ${vector.name}`, isRight, `${vector.reports.length} reports, ${ms} ms`);
}

type OpenScanner = { readonly device: MadeDevice; readonly reading: Reading };

async function openScanner(): Promise<OpenScanner> {
  const device = makeHidDevice(posModel);
  const reading = readDriver(driverFor({ kind: "hid", model: null }));
  await until(() => device.received().length > 0 && reading.isAlive(), "the HID driver is open");
  return { device, reading };
}

async function closeScanner({ device, reading }: OpenScanner): Promise<void> {
  await reading.stop();
  device.unplug();
}

/**
 * Scans that the kernel's ring of 64 reports cannot hold: some are lost, none may be glued to another. The one that the
 * loss cuts may come as it is, since some scanners say "more follows" in a last report that is full; it is no card.
 */
async function survivesOverflow(bench: Bench, { device, reading }: OpenScanner): Promise<void> {
  const before = reading.scans.length;
  const texts = Array.from({ length: 30 }, (_, index) => personNumber(index));
  device.sendUnread(texts.flatMap((text) => reportsOf(text, "A")));
  await wait(3 * PAUSE_MS);
  const after = personNumber(99);
  for (const report of reportsOf(after, "A")) device.send(report);
  await until(() => reading.scans.at(-1) === after, "the scan after the overflow");
  const scans = reading.scans.slice(before, -1);
  const cut = scans.filter((scan) => !texts.includes(scan));
  const isOnlyCut = cut.every((scan) => texts.some((text) => text.startsWith(scan)));
  const isUnique = new Set(scans).size === scans.length;
  const lost = texts.length - scans.length;
  bench.check(
    "more reports at once than the kernel keeps: no scan is glued to another, the next is whole",
    isOnlyCut && isUnique && cut.length <= 1 && scans.length > 0 && lost > 0,
    `${scans.length - cut.length} of ${texts.length} came, ${cut.length} cut, ${lost} lost`,
  );
  const results = await resultsOf(cut);
  const isRefused = results.every((result) => result === "damaged");
  bench.check("a scan cut by the kernel's loss is no card", isRefused, results.join());
}

/** What the station makes of these texts. */
async function resultsOf(scans: readonly string[]): Promise<readonly string[]> {
  const results: string[] = [];
  await runRead([], linesOf(scans), (line) => {
    results.push((JSON.parse(line) as { readonly result: string }).result);
  });
  return results;
}

async function* linesOf(scans: readonly string[]): AsyncIterable<string> {
  yield* await Promise.resolve(scans);
}

function personNumber(index: number): string {
  const number = String(index).padStart(6, "0");
  return `079202${number}||Nguyễn Thị Thuỳ Mẫu|24022002|Nữ|Ấp Mẫu, Xã Thử ${number}, Huyện Thử, Tỉnh Thử, Vùng Thử Nghiệm Máy Quét Không Người Xem, Miền Mẫu|31052021`;
}

async function survivesUnplug(bench: Bench, { device, reading }: OpenScanner): Promise<void> {
  const before = reading.scans.length;
  // Half a scan is on its way when the cable is pulled.
  const [first] = reportsOf(personNumber(1), "A");
  if (first !== undefined) device.send(first);
  device.unplug();
  const startedMs = performance.now();
  await until(() => reading.state()?.state === "lost", "the loss of the scanner");
  const lostMs = performance.now() - startedMs;
  bench.check(
    "HID unplug is told as such",
    reading.state()?.trouble === "unplugged",
    `after ${lostMs.toFixed(0)} ms`,
  );
  const again = makeHidDevice(posModel);
  const replugMs = performance.now();
  await until(() => again.received().length >= 0 && reading.isAlive(), "the scanner is back");
  const backMs = performance.now() - replugMs;
  for (const report of reportsOf(personNumber(2), "A")) again.send(report);
  await until(() => reading.scans.length > before, "the scan after the replug");
  const isClean = reading.scans.slice(before).join() === personNumber(2);
  bench.check(
    "HID replug: the next person is clean",
    isClean,
    `back after ${backMs.toFixed(0)} ms`,
  );
  again.unplug();
}
