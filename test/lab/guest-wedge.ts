import { spawn } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { KeyPress } from "#core/wedge-run.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import { systemClock } from "#main/system-ports.ts";
import { parseEvents } from "./evdev.ts";
import { spread, until } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { readDriver } from "./guest-reading.ts";

/** Digits, capitals, marks of the cards; short, so that a busy host lets some runs pass without a pause. */
const PERSON = "079202000123||Mau/Thu,1-2.3";

/** Every character, Shift before some of them, and Enter. */
const PRESSES = PERSON.length + PERSON.replaceAll(/[^A-Z|]/g, "").length + 1;
/** QEMU's keyboard keeps 16 events: while the guest stands still longer than that, keys are lost before the kernel. */
const LONGEST_RUN_MS = 6_000;

/** Longer than the silence that ends a scan, milliseconds. */
const SILENCE_MS = 300;

/** Runs that count, and the most that are tried: QEMU's own pauses on a busy host look like the end of a scan. */
const RUNS = 5;
const MOST_TRIES = 40;
const LONGEST_GAP_MS = 45;

/** QEMU's USB keyboard → usbhid → evdev → physical keys → the product's decoder. */
export async function tryWedge(bench: Bench): Promise<void> {
  const path = `/dev/input/${keyboard()}`;
  const gaps: number[] = [];
  let [counted, right, tries] = [0, 0, 0];
  while (counted < RUNS && tries < MOST_TRIES) {
    tries += 1;
    const run = await typeOnce(bench, path);
    if (run.gaps.length + 1 !== PRESSES || Math.max(...run.gaps) > LONGEST_GAP_MS) continue;
    counted += 1;
    gaps.push(...run.gaps);
    if (run.scans.length === 1 && run.scans[0] === PERSON) right += 1;
  }
  bench.check(
    "wedge: a card typed on the USB keyboard becomes one scan",
    counted > 0 && right === counted,
    `${right} of ${counted} runs right, ${tries - counted} left out for QEMU's own pauses and lost keys; ` +
      `${PERSON.length} characters, gap ${spread(gaps, "ms")}`,
  );
}

type Run = { readonly scans: readonly string[]; readonly gaps: readonly number[] };

/** Types the card once, and waits for the last key and for silence. */
async function typeOnce(bench: Bench, path: string): Promise<Run> {
  const wedge = createWedge(systemClock);
  const reading = readDriver(wedge.driver);
  await until(reading.isAlive, "the wedge is read");
  // Through a program of its own: a read that waits in this process could not be given up.
  const source = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
  const keys: KeyPress[] = [];
  const take = parseEvents((key) => {
    keys.push(key);
    wedge.pressKey(key);
  });
  source.stdout.on("data", take);
  await until(() => isOpenedBy(source.pid ?? 0, path), "the keyboard is read");
  bench.order({ do: "type", text: PERSON });
  const isThrough = () => keys.length >= PRESSES;
  for (let waitedMs = 0; waitedMs < LONGEST_RUN_MS && !isThrough(); waitedMs += SILENCE_MS) {
    await wait(SILENCE_MS);
  }
  await wait(SILENCE_MS);
  source.kill("SIGKILL");
  await reading.stop();
  const gaps = keys.slice(1).map((key, index) => key.timeMs - (keys[index]?.timeMs ?? 0));
  return { scans: reading.scans, gaps };
}

function keyboard(): string {
  const name = readdirSync("/sys/class/input").find(
    (event) =>
      event.startsWith("event") &&
      readFileSync(`/sys/class/input/${event}/device/name`, "utf8").includes("USB Keyboard"),
  );
  if (name === undefined) throw new Error("there is no USB keyboard");
  return name;
}

/** True once the other program holds the file: keys typed before would be typed to nobody. */
function isOpenedBy(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((handle) => linkOf(`${folder}/${handle}`) === path);
}

/** A program that starts opens and closes what it is made of: what is gone leads nowhere. */
function linkOf(handle: string): string | null {
  try {
    return readlinkSync(handle);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw cause;
  }
}
