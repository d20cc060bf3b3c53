import { describe, expect, test } from "vitest";
import { testCodeNames, testCodePayload } from "#core/scanner-test-codes.ts";
import type { Scan } from "#core/scan.ts";
import { COMMON_BAUD_RATES, createAutoBaudDriver, isPlausible } from "#drivers/auto-baud.ts";
import type { BaudMemory } from "#drivers/auto-baud.ts";
import { createChannel } from "#drivers/channel.ts";
import { DeviceLost } from "#drivers/driver.ts";
import type { Driver, DriverReport } from "#drivers/driver.ts";
import { createFramePump } from "#drivers/frame-pump.ts";
import { createFramer } from "#drivers/framing.ts";
import { createSerialDriver } from "#drivers/serial.ts";
import { createManualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";
import { startReading } from "./reading.ts";
import { realClock, until } from "./real-clock.ts";
import { receivedAt } from "./uart.ts";
import { isSerialTestable, openVirtualSerial } from "./virtual-serial.ts";

const CARD = "079085012345||Nguyễn Văn Thử|15031985|Nam|Phường Mẫu, Bình Thuận|19042021";
const CARDS = [CARD, "8412345678901234567890", ...testCodeNames.map(testCodePayload)];

function remembering(baudRate: number | null = null) {
  const kept: number[] = [];
  const memory: BaudMemory = {
    known: () => kept.at(-1) ?? baudRate,
    keep: (_path, rate) => void kept.push(rate),
  };
  return { memory, kept };
}

/** A port whose scanner sends at one speed, whatever speed it is opened at. */
function openWire(clock: ManualClock, sentBaud: number) {
  const opened: number[] = [];
  let receive: ((bytes: Uint8Array) => void) | null = null;
  let pull: (() => void) | null = null;
  const driverAt = (baudRate: number): Driver => ({
    device: "serial:wire",
    kind: "serial",
    endsByItself: false,
    async *read(signal, report: DriverReport) {
      const channel = createChannel<Scan>(10);
      const pump = createFramePump<Uint8Array>({
        device: "serial:wire",
        assembler: createFramer("scanner"),
        gapMs: () => 300,
        clock,
        onScan: (scan) => channel.push(scan),
        onDropped: (dropped) => report.onDropped(dropped),
      });
      opened.push(baudRate);
      receive = (bytes) => pump.take(receivedAt(bytes, sentBaud, baudRate));
      pull = () => channel.end(new DeviceLost("serial:wire", "unplugged"));
      report.onOpen();
      signal.addEventListener("abort", () => channel.cancel(), { once: true });
      try {
        yield* channel.items;
      } finally {
        receive = null;
        pump.stop();
      }
    },
  });
  return {
    driverAt,
    opened,
    pull: () => pull?.(),
    /** A part of a scan; no time passes. */
    piece: (text: string) => receive?.(new TextEncoder().encode(text)),
    async scan(text: string, end = "\r") {
      receive?.(new TextEncoder().encode(text + end));
      await clock.advance(2_000);
    },
  };
}

function startSearch(sentBaud: number, known: number | null = null) {
  const clock = createManualClock();
  const wire = openWire(clock, sentBaud);
  const { memory, kept } = remembering(known);
  const driver = createAutoBaudDriver({
    path: "wire",
    memory,
    driverAt: (baudRate) => wire.driverAt(baudRate),
    clock,
  });
  return { clock, wire, kept, driver, reading: startReading(driver) };
}

describe("what tells a right speed from a wrong one", () => {
  test.each(COMMON_BAUD_RATES)("no card sent at %i is a card at any other speed", (sentBaud) => {
    const wrong = COMMON_BAUD_RATES.filter((readBaud) => readBaud !== sentBaud);
    for (const end of ["\r", "\r\n", ""]) {
      for (const bytes of CARDS.map((card) => new TextEncoder().encode(card + end))) {
        const frames = (readBaud: number) => {
          const framer = createFramer("scanner");
          return [...framer.push(receivedAt(bytes, sentBaud, readBaud)), ...framer.silence()];
        };
        const isRead = (readBaud: number) =>
          frames(readBaud).some((frame) => frame.kind === "scan" && isPlausible(frame.bytes));

        expect(wrong.filter(isRead)).toEqual([]);
        expect(isRead(sentBaud)).toBe(true);
      }
    }
  });

  test("the wire of these tests gives back at the right speed what was sent", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

    expect(receivedAt(bytes, 9_600, 9_600)).toEqual(bytes);
    expect(receivedAt(bytes, 9_600, 19_200)).not.toEqual(bytes);
  });

  test("digits at half their speed are letters, and prove nothing", () => {
    const digits = new TextEncoder().encode("8412345678901234567890");
    const half = new TextDecoder("latin1").decode(receivedAt(digits, 9_600, 4_800));

    expect(half).toMatch(/^[ -~]{8,}/);
    expect(isPlausible(new TextEncoder().encode(half))).toBe(false);
  });

  test("a card of an old code page is a card", () => {
    expect(isPlausible(Buffer.from("079085012345||Nguy\xean|15031985|Nam|Mau", "latin1"))).toBe(
      true,
    );
  });
});

describe("a serial scanner of unknown speed", () => {
  test.each(COMMON_BAUD_RATES)(
    "is found at %i within three scans for each speed",
    async (sentBaud) => {
      const { wire, kept, reading } = startSearch(sentBaud);
      const scansNeeded = 3 * COMMON_BAUD_RATES.length;
      await reading.opened();

      for (let scan = 0; scan < scansNeeded; scan += 1) await wire.scan(CARD);
      await wire.scan(CARD, "");
      await reading.stop();

      expect(kept).toEqual([sentBaud]);
      expect(wire.opened.at(-1)).toBe(sentBaud);
      expect(new Set(reading.texts())).toEqual(new Set([CARD]));
      expect(reading.scans.length).toBeGreaterThanOrEqual(2);
    },
  );

  test("that was found before is read from the first scan on", async () => {
    const { wire, kept, reading } = startSearch(57_600, 57_600);
    await reading.opened();

    await wire.scan(CARD);
    await reading.stop();

    expect([wire.opened, kept, reading.texts()]).toEqual([[57_600], [], [CARD]]);
  });

  test("is searched while nothing comes, and not any more once it was found", async () => {
    const { clock, wire, reading } = startSearch(115_200);
    await reading.opened();
    await clock.advance(5_100);
    const whileSilent = [...wire.opened];
    await wire.scan(CARD);
    await clock.advance(3_600_000);
    await wire.scan("no digits, and nothing that is a card");
    await clock.advance(60_000);
    await reading.stop();

    expect(whileSilent).toEqual([9_600, 115_200]);
    expect(wire.opened).toEqual([9_600, 115_200]);
    expect(reading.scans).toHaveLength(2);
  });

  test("drops as noise what it cannot read", async () => {
    const { wire, reading } = startSearch(115_200);
    await reading.opened();

    await wire.scan(CARD);
    await wire.scan(CARD);
    await reading.stop();

    expect(reading.dropped.length).toBeGreaterThan(0);
    expect(reading.dropped.every(({ reason }) => reason === "noise")).toBe(true);
    expect(reading.texts()).toEqual([CARD]);
  });

  test("opens once for the guard, however many speeds are tried", async () => {
    const { clock, wire, driver, reading } = startSearch(115_200);
    await reading.stop();
    const abort = new AbortController();
    let openings = 0;
    const report = { onOpen: () => void (openings += 1), onDropped() {} };
    const first = driver.read(abort.signal, report)[Symbol.asyncIterator]().next();
    await clock.advance(21_000);
    abort.abort();
    await first;

    expect(wire.opened.length).toBeGreaterThan(4);
    expect(openings).toBe(1);
  });

  test("does not read the tail of a garbled card at the next speed", async () => {
    const { clock, wire, reading } = startSearch(115_200);
    await reading.opened();

    // At 9,600 the first half is noise, which is known before the second half comes.
    wire.piece(`${CARD.slice(0, 30)}\r`);
    await clock.advance(350);
    const opened = [...wire.opened];
    wire.piece(`${CARD.slice(30)}\r`);
    await clock.advance(2_000);
    await wire.scan(CARD);
    await reading.stop();

    expect(opened).toEqual([9_600]);
    expect(reading.texts()).toEqual([CARD]);
  });

  test("that is pulled out is lost, as every other", async () => {
    const { wire, reading } = startSearch(9_600);
    await reading.opened();

    wire.pull();

    expect(await reading.end).toMatchObject({ trouble: "unplugged" });
  });
});

describe.skipIf(!isSerialTestable)("on a pseudo terminal", () => {
  test("ports are opened again and again until a card is whole, and then are read on", async () => {
    const port = await openVirtualSerial();
    const { memory, kept } = remembering();
    const tried: number[] = [];
    const driver = createAutoBaudDriver({
      path: port.path,
      memory,
      driverAt(baudRate) {
        tried.push(baudRate);
        return createSerialDriver({ path: port.path, baudRate }, realClock);
      },
      clock: realClock,
    });
    const reading = startReading(driver);
    await reading.opened();

    // A pseudo terminal has no speed: the wrong one is played by what it would give.
    await port.send(receivedAt(new TextEncoder().encode(`${CARD}\r`), 115_200, 9_600));
    await until(() => tried.length === 2, "the next speed");
    await realClock.sleep(300, new AbortController().signal);
    await port.send(`${CARD}\r`);
    await reading.scansReach(1);
    await port.send(`${CARD}\r`);
    await reading.scansReach(2);
    await reading.stop();

    expect(tried).toEqual([9_600, 115_200]);
    expect(kept).toEqual([115_200]);
    expect(reading.texts()).toEqual([CARD, CARD]);
  });
});
