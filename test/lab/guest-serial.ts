import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { spread, until } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { driverFor, findAll } from "./guest-ports.ts";
import { readDriver } from "./guest-reading.ts";
import type { Reading } from "./guest-reading.ts";

const PERSON = "079202000123||Trần Lê Minh Mẫu|24022002|Nam|Cẩm Mẫu, Cẩm Thử, Thạch Mẫu|31052021";
const FLOOD = /^flood-\d{6}-x{40}$/;
const NODE = "/dev/ttyUSB0";

/** So long after a pull the process is watched: serialport's own fault would keep it at 99 %, milliseconds. */
const WATCH_MS = 1_000;
const MOST_CPU = 0.8;

/** QEMU's FTDI cable → ftdi_sio → udev with our rules → serialport → the product's driver. */
export async function trySerial(bench: Bench, cycles: number): Promise<void> {
  bench.order({ do: "plug" });
  const path = await findsIt(bench);
  const handlesBefore = openHandles();
  const reading = readDriver(driverFor({ kind: "serial", path, baudRate: 9_600 }));
  await until(reading.isAlive, "the serial driver is open");
  const readMs = await scans(bench, reading);
  bench.check("serial read", true, `${readMs.toFixed(0)} ms`);
  await pullsAgainAndAgain(bench, reading, cycles);
  await reading.stop();
  await wait(100);
  const left = openHandles().length - handlesBefore.length;
  bench.check(
    "no handle is left over",
    left === 0,
    `${handlesBefore.length} before, ${left} more after`,
  );
  bench.order({ do: "unplug" });
  await until(() => !existsSync(NODE), "the cable is out");
}

async function findsIt(bench: Bench): Promise<string> {
  const cable = await until(async () => {
    const found = (await findAll()).find((scanner) => scanner.kind === "cable");
    return found?.spec.kind === "serial" && found.spec.path.includes("by-id")
      ? { label: found.label, path: found.spec.path }
      : null;
  }, "the cable under its stable name");
  bench.check("discovery finds the cable, and does not take it for a scanner", true, cable.label);
  const query = ["info", "-q", "property", NODE];
  const properties = spawnSync("udevadm", query, { encoding: "utf8" }).stdout;
  const isIgnored = /^ID_MM_DEVICE_IGNORE=1$/m.test(properties);
  bench.check("udev: ModemManager is kept away from the cable", isIgnored);
  return cable.path;
}

/** One card over the wire. Returns milliseconds from the order to the scan. */
async function scans(bench: Bench, reading: Reading): Promise<number> {
  const before = reading.scans.length;
  const startedMs = performance.now();
  bench.order({ do: "scan", text: PERSON });
  await until(() => reading.scans.length > before, "the scan");
  const scan = reading.scans.slice(before).join();
  if (scan !== PERSON) throw new Error(`one card was scanned, and ${scan.length} characters read`);
  return performance.now() - startedMs;
}

type Pull = { readonly lostMs: number; readonly backMs: number; readonly cpu: number };

/** Every second time while scans pour in: the case in which serialport kept a dead port open at full speed. */
async function pullsAgainAndAgain(bench: Bench, reading: Reading, cycles: number): Promise<void> {
  const pulls: Pull[] = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    pulls.push(await pullOnce(bench, reading, cycle % 2 === 1));
    if ((cycle + 1) % 10 === 0) bench.note(`unplugged and replugged ${cycle + 1} times`);
  }
  const scanned = reading.scans.filter((scan) => scan === PERSON).length;
  const flooded = reading.scans.filter((scan) => FLOOD.test(scan)).length;
  const strange = reading.scans.length - scanned - flooded;
  bench.check(
    `unplug and replug ${cycles} times: each is noticed, each next card is read`,
    pulls.length === cycles && scanned === cycles + 1,
    `lost ${spread(
      pulls.map((pull) => pull.lostMs),
      "ms",
    )}; back ${spread(
      pulls.map((pull) => pull.backMs),
      "ms",
    )}`,
  );
  bench.check(
    "no scan was cut or glued to another",
    strange === 0 && reading.faults.length === 0,
    `${flooded} scans in floods, ${strange} strange, ${reading.dropped.length} torn pieces dropped`,
  );
  const cpus = pulls.map((pull) => pull.cpu * 100);
  bench.check(
    "after a pull the process rests",
    Math.max(...cpus) < MOST_CPU * 100,
    `CPU in the next second: ${spread(cpus, "%")}`,
  );
}

async function pullOnce(bench: Bench, reading: Reading, isFlooded: boolean): Promise<Pull> {
  const before = reading.scans.length;
  if (isFlooded) {
    bench.order({ do: "flood" });
    await until(() => reading.scans.length > before + 20, "scans pour in");
  }
  bench.order({ do: "unplug" });
  await until(() => !existsSync(NODE), "the kernel took the port away");
  const [startedMs, cpuBefore] = [performance.now(), process.cpuUsage()];
  await until(() => reading.state()?.state === "lost", "the loss of the cable");
  const lostMs = performance.now() - startedMs;
  await wait(Math.max(0, WATCH_MS - lostMs));
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpu = (user + system) / 1_000 / (performance.now() - startedMs);
  bench.order({ do: "plug" });
  await until(() => existsSync(NODE), "the kernel has the port again");
  const pluggedMs = performance.now();
  await until(reading.isAlive, "the cable is back");
  const backMs = performance.now() - pluggedMs;
  await scans(bench, reading);
  return { lostMs, backMs, cpu };
}

/** This process's handles on files, without those that looking takes. */
function openHandles(): readonly string[] {
  return readdirSync("/proc/self/fd");
}
