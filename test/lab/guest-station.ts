import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { PATIENCE_MS, until } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { findAll } from "./guest-ports.ts";
import { makeHidDevice } from "./guest-uhid.ts";
import type { MadeDevice } from "./guest-uhid.ts";
import { reportsOf } from "../drivers/hid-reports.ts";
import { posDescriptor } from "./pos-descriptor.ts";

/** Where the station keeps its data: in memory, gone with the guest. */
const DATA = "/run/tramqr";
const ATTEMPTS = 10;

/** initdb, two Nodes and PostgreSQL under emulation, milliseconds. */
const START_MS = 16 * PATIENCE_MS;

type Outcome = { readonly verdict: string; readonly event_id: string | null };

/** The whole product, headless, with its embedded server: what both scanners read must lie in the province's database. */
export async function tryStation(bench: Bench): Promise<void> {
  bench.order({ do: "plug" });
  const cable = await until(async () => {
    const found = (await findAll()).find((scanner) => scanner.kind === "cable");
    return found?.spec.kind === "serial" && found.spec.path;
  }, "the cable");
  const scanner = makeHidDevice({
    name: "Lab HID POS scanner",
    vendorId: 0x0c2e,
    productId: 0x0b61,
    descriptor: posDescriptor,
  });
  const answering = setInterval(() => void scanner.received(), 20);
  const startedMs = performance.now();
  const station = startStation(cable);
  await until(
    () => station.lines.some((line) => line.startsWith("TramQR ready")),
    "ready",
    START_MS,
  );
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  bench.check("the whole station is ready in the guest", true, `${seconds} s from nothing`);
  const ids = await checksIn(bench, station, scanner);
  const code = await stop(station);
  const isOrderly = code === 0 && station.lines.at(-1) === "TramQR stopped";
  bench.check("the station stops in order", isOrderly, `code ${code}`);
  const stored = await storedIds();
  const isSame = stored.toSorted().join() === ids.toSorted().join();
  bench.check(
    "every scan is one entry in the province's database",
    isSame,
    `${stored.length} entries`,
  );
  clearInterval(answering);
  scanner.unplug();
  bench.order({ do: "unplug" });
}

/** Three people through two scanners, with the cable pulled between; returns the ids of their entries. */
async function checksIn(
  bench: Bench,
  station: RunningStation,
  scanner: MadeDevice,
): Promise<readonly string[]> {
  bench.order({ do: "scan", text: cardOf(1) });
  const first = await outcome(station, 1);
  bench.check("station: a serial scan becomes an entry", first.event_id !== null, first.verdict);
  for (const report of reportsOf(cardOf(2), "A")) scanner.send(report);
  const second = await outcome(station, 2);
  bench.check("station: a HID scan becomes an entry", second.event_id !== null, second.verdict);
  bench.order({ do: "unplug" });
  bench.order({ do: "plug" });
  const third = await scannedAgain(bench, station);
  bench.check(
    "station: the cable pulled and put back, the next serial scan becomes an entry",
    third.event_id !== null,
    third.verdict,
  );
  return [first, second, third].flatMap(({ event_id: id }) => (id === null ? [] : [id]));
}

/** The station tells nobody outside when it has the cable back, so the person scans until something is said. */
async function scannedAgain(bench: Bench, station: RunningStation): Promise<Outcome> {
  for (let attempt = 1; attempt < ATTEMPTS && outcomes(station).length < 3; attempt += 1) {
    bench.order({ do: "scan", text: cardOf(3) });
    await wait(3_000);
  }
  return outcome(station, 3);
}

type RunningStation = { readonly process: ChildProcess; readonly lines: readonly string[] };

function startStation(cable: string): RunningStation {
  const scanners = ["--scanner", `serial:${cable}`, "--scanner", "hid"];
  const flags = ["start", "--headless", "--json", "--data", DATA, ...scanners];
  const child = spawn(process.execPath, ["src/cli.ts", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return { process: child, lines };
}

function outcomes(station: RunningStation): readonly Outcome[] {
  const told = station.lines.filter((line) => line.startsWith("{"));
  return told.map((line) => JSON.parse(line) as Outcome);
}

/** The outcome of the n-th scan. */
function outcome(station: RunningStation, count: number): Promise<Outcome> {
  return until(() => outcomes(station)[count - 1] ?? null, `outcome ${count} of the station`);
}

async function stop({ process: child }: RunningStation): Promise<number | null> {
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
  return child.exitCode;
}

async function storedIds(): Promise<readonly string[]> {
  const command = ["src/cli.ts", "admin", "entries", "--ndjson", "--data", DATA];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const ids: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    ids.push((JSON.parse(line) as { readonly event_id: string }).event_id);
  });
  await once(child, "close");
  return ids;
}

/** Made-up people. */
function cardOf(index: number): string {
  return `07920200012${index}||Trần Lê Minh Mẫu|24022002|Nam|Cẩm Mẫu, Cẩm Thử, Thạch Mẫu|31052021`;
}
