import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Dropped, Scan } from "#core/scan.ts";
import { DeviceLost } from "#drivers/driver.ts";
import type { DeviceTrouble, Driver } from "#drivers/driver.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import type { DeviceState, SupervisorPorts } from "#drivers/supervise.ts";
import { createManualClock } from "./manual-clock.ts";

const scanOf = (device: string, text: string): Scan => ({
  bytes: new TextEncoder().encode(text),
  atMs: 0,
  device,
});

/** What a made-up device does in one opening: scans, then an end. */
type Opening = { readonly open: boolean; readonly scans: readonly string[]; readonly end: End };
type End = DeviceTrouble | "waits" | "ends" | "bug";

/** A driver whose openings are written down; after the last one, the last one again. */
function scriptedDriver(device: string, openings: readonly Opening[], endsByItself = false) {
  let opened = 0;
  let released = 0;
  const driver: Driver = {
    device,
    kind: "serial",
    endsByItself,
    async *read(signal, report) {
      const opening = openings[Math.min(opened, openings.length - 1)];
      opened += 1;
      if (opening === undefined) return;
      try {
        if (opening.open) report.onOpen();
        for (const text of opening.scans) yield scanOf(device, text);
        if (opening.end === "bug") throw new TypeError("a bug in the driver");
        if (opening.end === "ends") return;
        if (opening.end !== "waits") throw new DeviceLost(device, opening.end);
        if (!signal.aborted) {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        }
      } finally {
        released += 1;
      }
    },
  };
  return { driver, opened: () => opened, released: () => released };
}

function supervise(
  drivers: readonly Driver[],
  onText: (text: string) => unknown = () => {},
  more: Pick<SupervisorPorts, "joining" | "watchSleep"> = {},
) {
  const clock = createManualClock();
  const abort = new AbortController();
  const states: [string, DeviceState["state"], DeviceTrouble | null, number][] = [];
  const faults: unknown[] = [];
  const dropped: Dropped[] = [];
  const texts: string[] = [];
  let hasEnded = false;
  const ports = {
    clock,
    signal: abort.signal,
    onState: (driver: Driver, { state, trouble, sinceMs }: DeviceState) =>
      states.push([driver.device, state, trouble, sinceMs - 1_000_000]),
    onDropped: (what: Dropped) => dropped.push(what),
    onFault: (_: Driver, cause: unknown) => faults.push(cause),
    ...more,
  };
  const run = async () => {
    for await (const { scan } of superviseDrivers(drivers, ports)) {
      const text = new TextDecoder().decode(scan.bytes);
      texts.push(text);
      if ((await onText(text)) === "break") break;
    }
    hasEnded = true;
  };
  const end = run();
  return { clock, abort, states, faults, dropped, texts, end, hasEnded: () => hasEnded };
}

const waits: Opening = { open: true, scans: [], end: "waits" };
const missing: Opening = { open: false, scans: [], end: "not-found" };

describe("the supervisor", () => {
  test("opens a lost device again after 0.5, 1, 2, 2 … seconds and tells its state once per change", async () => {
    const pulled: Opening = { open: true, scans: ["một"], end: "unplugged" };
    const back: Opening = { open: true, scans: ["hai"], end: "waits" };
    const device = scriptedDriver("serial:a", [pulled, missing, missing, missing, missing, back]);
    const run = supervise([device.driver]);

    const openedAfter: number[] = [];
    for (const ms of [400, 200, 1_000, 2_000, 2_000, 2_000]) {
      await run.clock.advance(ms);
      openedAfter.push(device.opened());
    }
    run.abort.abort();
    await run.end;

    expect(openedAfter).toEqual([1, 2, 3, 4, 5, 6]);
    expect(run.texts).toEqual(["một", "hai"]);
    expect(run.states).toEqual([
      ["serial:a", "waiting", null, 0],
      ["serial:a", "alive", null, 0],
      ["serial:a", "lost", "unplugged", 0],
      ["serial:a", "alive", null, 7_500],
    ]);
  });

  test("says what is wrong with a device that never opened, since when, and when that changes", async () => {
    const locked: Opening = { open: false, scans: [], end: "no-permission" };
    const device = scriptedDriver("serial:a", [missing, locked, waits]);
    const run = supervise([device.driver]);

    await run.clock.advance(5_000);
    run.abort.abort();
    await run.end;

    expect(run.states).toEqual([
      ["serial:a", "waiting", null, 0],
      ["serial:a", "lost", "not-found", 0],
      ["serial:a", "lost", "no-permission", 0],
      ["serial:a", "alive", null, 1_500],
    ]);
  });

  test("begins with short pauses again after a device was alive", async () => {
    const flapping: Opening = { open: true, scans: [], end: "unplugged" };
    const device = scriptedDriver("serial:a", [flapping]);
    const run = supervise([device.driver]);

    await run.clock.advance(2_100);
    run.abort.abort();
    await run.end;

    expect(device.opened()).toBe(5);
  });

  test("merges many devices; one that is lost does not hold the others", async () => {
    const one = scriptedDriver("serial:a", [{ open: true, scans: ["a1", "a2"], end: "waits" }]);
    const two = scriptedDriver("serial:b", [missing]);
    const three = scriptedDriver("serial:c", [{ open: true, scans: ["c1", "c2"], end: "waits" }]);
    const run = supervise([one.driver, two.driver, three.driver]);

    await run.clock.advance(100);
    run.abort.abort();
    await run.end;

    expect(run.texts.filter((text) => text.startsWith("a"))).toEqual(["a1", "a2"]);
    expect(run.texts.filter((text) => text.startsWith("c"))).toEqual(["c1", "c2"]);
    expect(run.texts).toHaveLength(4);
  });

  test("reports a driver's bug and opens it again; the other drivers read on", async () => {
    const broken = scriptedDriver("serial:a", [
      { open: true, scans: ["a1"], end: "bug" },
      { open: true, scans: ["a2"], end: "ends" },
      { open: true, scans: ["a3"], end: "waits" },
    ]);
    const good = scriptedDriver("serial:b", [{ open: true, scans: ["b1"], end: "waits" }]);
    const run = supervise([broken.driver, good.driver]);

    await run.clock.advance(2_000);
    run.abort.abort();
    await run.end;

    expect(run.texts.toSorted()).toEqual(["a1", "a2", "a3", "b1"]);
    expect(run.faults).toEqual([
      expect.objectContaining({ message: "a bug in the driver" }),
      expect.objectContaining({ message: "serial:a ended without being stopped" }),
    ]);
  });

  test("reads a device that joins later, and lets it go at the end", async () => {
    const first = scriptedDriver("serial:a", [{ open: true, scans: ["a1"], end: "waits" }]);
    const later = scriptedDriver("serial:b", [{ open: true, scans: ["b1"], end: "waits" }]);
    const clock = createManualClock();
    async function* joining(signal: AbortSignal) {
      await clock.sleep(5_000, signal);
      yield later.driver;
      while (!signal.aborted) await clock.sleep(1_000, signal);
    }
    const run = supervise([first.driver], undefined, { joining });

    await run.clock.advance(100);
    expect(run.texts).toEqual(["a1"]);
    await clock.advance(5_000);
    run.abort.abort();
    await run.end;

    expect(run.texts).toEqual(["a1", "b1"]);
    expect([first.released(), later.released()]).toEqual([1, 1]);
  });

  test("opens scanners anew after the machine slept, without calling them lost, and input not", async () => {
    const scanner = scriptedDriver("serial:a", [waits]);
    const input = scriptedDriver("stdin", [waits], true);
    let awake = () => {};
    const watchSleep = (_: AbortSignal, onAwake: () => void) => {
      awake = onAwake;
    };
    const run = supervise([scanner.driver, input.driver], undefined, { watchSleep });

    await run.clock.advance(10);
    awake();
    await run.clock.advance(10);
    awake();
    await run.clock.advance(10);
    run.abort.abort();
    await run.end;

    expect([scanner.opened(), scanner.released(), input.opened()]).toEqual([3, 3, 1]);
    expect(run.states.map(([, state]) => state)).not.toContain("lost");
  });

  test("ends when the only source ends by itself, after its last scan", async () => {
    const input = scriptedDriver("stdin", [{ open: true, scans: ["1", "2"], end: "ends" }], true);
    const run = supervise([input.driver]);

    await run.end;

    expect(run.texts).toEqual(["1", "2"]);
    expect(run.states.map(([, state]) => state)).toEqual(["waiting", "alive", "waiting"]);
    expect(input.opened()).toBe(1);
  });

  test("goes on after the end of input while a real scanner is there, and does not open the input again", async () => {
    const input = scriptedDriver("stdin", [{ open: true, scans: ["1"], end: "ends" }], true);
    const scanner = scriptedDriver("serial:a", [waits]);
    const run = supervise([input.driver, scanner.driver]);

    await run.clock.advance(60_000);
    const hadEnded = run.hasEnded();
    run.abort.abort();
    await run.end;

    expect(hadEnded).toBe(false);
    expect(input.opened()).toBe(1);
  });

  test("ends when a source that ends by itself breaks, and says so", async () => {
    const input = scriptedDriver("stdin", [{ open: true, scans: ["1"], end: "failed" }], true);
    const run = supervise([input.driver]);

    await run.end;

    expect(run.states.at(-1)).toEqual(["stdin", "lost", "failed", 0]);
  });

  test("releases every device when it is aborted and when its consumer leaves", async () => {
    const devices = ["a", "b"].map((name) =>
      scriptedDriver(name, [{ open: true, scans: [name], end: "waits" }]),
    );
    const drivers = devices.map(({ driver }) => driver);

    const aborted = supervise(drivers);
    await aborted.clock.advance(10);
    aborted.abort.abort();
    await aborted.end;
    expect(devices.map(({ released }) => released())).toEqual([1, 1]);

    const left = supervise(drivers, () => "break");
    await left.end;
    expect(devices.map(({ released }) => released())).toEqual([2, 2]);
  });

  test("with a slow consumer holds about 1,000 scans and lets the devices wait", async () => {
    let made = 0;
    const endless: Driver = {
      device: "demo",
      kind: "demo",
      endsByItself: false,
      async *read(signal) {
        while (!signal.aborted) {
          made += 1;
          yield scanOf("demo", String(made));
        }
      },
    };
    let goOn: (() => void) | null = null;
    const run = supervise([endless], async (text) => {
      if (text === "1") await new Promise<void>((resolve) => (goOn = resolve));
      return text === "5000" ? "break" : "";
    });

    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    const madeMeanwhile = made;
    (goOn as (() => void) | null)?.();
    await run.end;

    expect(madeMeanwhile).toBeGreaterThanOrEqual(1_000);
    expect(madeMeanwhile).toBeLessThan(1_010);
    expect(run.texts).toEqual(Array.from({ length: 5_000 }, (_, index) => String(index + 1)));
  });

  test("aborted before the start, opens nothing", async () => {
    const device = scriptedDriver("serial:a", [waits]);
    const scans: unknown[] = [];
    const ports = {
      clock: createManualClock(),
      signal: AbortSignal.abort(),
      onState: () => {},
      onDropped: () => {},
      onFault: () => {},
    };

    for await (const scan of superviseDrivers([device.driver], ports)) scans.push(scan);

    expect(device.opened()).toBe(0);
  });
});
